"""An exported model as a run directory, so that a training can begin with its weights."""

import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import yaml

from synthgen_tf.errors import InputError
from synthgen_tf.export.fold import norm_weights, unfold
from synthgen_tf.files import write_text
from synthgen_tf.model import build_model
from synthgen_tf.runs import BEST, CONFIG, ENVIRONMENT, read_run_config
from synthgen_tf.separate.model_folders import CARD, read_card

NORMS = Path("assets.extra") / "norms.npz"
"""In a SavedModel's folder: what was folded away, which serving does without."""


def write_norms(model: keras.Model, savedmodel: Path) -> None:
    """Write beside a folded network the norms that it had, of the network before."""
    (savedmodel / NORMS).parent.mkdir(exist_ok=True)
    np.savez(savedmodel / NORMS, *norm_weights(model))


def write_start(folder: Path, run: Path) -> None:
    """Make a run directory of the newest SavedModel of an exported model.

    Args:
        folder: of the model.
        run: directory to make, with `config.yaml`, `best.keras` and what is known of the weights.

    Raises:
        InputError: when the folder holds no exported model, its files are not those of the card,
            or it was exported without its norms.
    """
    card = read_card(folder)
    card.check(card.savedmodel)
    if not (card.savedmodel / NORMS).is_file():
        raise InputError(
            f"model {folder} cannot be trained on: its SavedModel has no {NORMS.name}; export it "
            "anew, or start from the run that it was made of"
        )
    run.mkdir(parents=True)
    settings = json.loads((folder / CARD).read_text(encoding="utf-8"))["config"]
    write_text(run / CONFIG, yaml.safe_dump(settings, sort_keys=False))
    record = {"model": card.name, "licences": card.license.split("; ")}
    write_text(run / ENVIRONMENT, json.dumps(record, indent=2) + "\n")
    model = build_model(read_run_config(run))
    with np.load(card.savedmodel / NORMS) as file:
        norms = [file[name] for name in file.files]
    unfold(model, _weights(card.savedmodel), norms)
    model.compile()  # as the models of runs are, which training reads
    model.save(run / BEST)


def _weights(savedmodel: Path) -> list[np.ndarray]:
    """Read the weights that `write_savedmodel` stores, in its order, in single precision."""
    reader = tf.train.load_checkpoint(str(savedmodel / "variables" / "variables"))
    count = sum(name.startswith("weights/") for name in reader.get_variable_to_shape_map())
    names = [f"weights/{number}/.ATTRIBUTES/VARIABLE_VALUE" for number in range(count)]
    return [reader.get_tensor(name).astype(np.float32) for name in names]
