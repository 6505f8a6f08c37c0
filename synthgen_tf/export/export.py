"""From a run to a folder that serves: SavedModel versions, TFLite files, `card.json`."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from synthgen_tf.config import Config
from synthgen_tf.errors import InputError
from synthgen_tf.evaluate import read_scores
from synthgen_tf.export.examples import write_examples
from synthgen_tf.export.fold import folded
from synthgen_tf.export.half import half_stored
from synthgen_tf.export.savedmodel import write_savedmodel
from synthgen_tf.export.start import write_norms
from synthgen_tf.export.tflite import VARIANTS, check_variants, write_tflite
from synthgen_tf.export.warmup import write_warmup
from synthgen_tf.files import draft_beside, sweep, write_text
from synthgen_tf.runs import MODEL_CARD, environment, load_run, weights_licence
from synthgen_tf.separate import hop_of
from synthgen_tf.separate.model_folders import CARD, CARD_FORMAT, sha256_of
from synthgen_tf.separate.predictors import run_identity


def export_run(
    run: Path,
    out: Path,
    version: int | None = None,
    tflite: Sequence[str] = ("fp32",),
    half: bool = False,
    level: Path | None = None,
) -> Path:
    """Export the best model of a run.

    Writes `out/<version>/` (SavedModel), `out/<name>.tflite` (fp32), `<name>_<variant>.tflite`,
    `out/card.json` with what a user of the model must know and SHA-256 sums, and the run's
    `MODEL_CARD.md` where it has one. The name is the folder's. TFLite files and `MODEL_CARD.md` of
    an older version leave the folder: they have no version of their own. Its SavedModel stays.

    Args:
        run: directory of a trained run.
        out: folder of this model, which may hold older versions.
        version: positive integer; None takes the one after the highest.
        tflite: variants to convert, of `tflite.VARIANTS`.
        half: store the SavedModel's weights in half precision; TFLite files are made of the whole
            ones all the same.
        level: scores of the run on validation songs, from which the card's `level_error` is taken.

    Returns:
        The folder of the SavedModel.

    Raises:
        InputError: for an unknown variant, a version that exists, a run without a model or scores
            that are not of its validation songs.
    """
    check_variants(tflite)
    version = _free_version(out, version)
    error = None if level is None else _level_error(level, run)
    trained, config = load_run(run)
    model = folded(trained)
    out.mkdir(parents=True, exist_ok=True)
    sweep(out)
    with draft_beside(out / "export", folder=True) as temporary:
        whole, draft = temporary / "whole", temporary / "draft"
        draft.mkdir()
        write_savedmodel(model, config, version, whole)
        _write_variants(tflite, config, whole, draft / out.name)
        if half:
            write_savedmodel(half_stored(model), config, version, draft / str(version))
        else:
            whole.rename(draft / str(version))
        write_warmup(config, out.name, draft / str(version))
        write_norms(trained, draft / str(version))
        if (run / MODEL_CARD).is_file():
            shutil.copy(run / MODEL_CARD, draft / MODEL_CARD)
        files = sorted(file for file in draft.rglob("*") if file.is_file())
        sums = {file.relative_to(draft).as_posix(): sha256_of(file) for file in files}
        for name in (MODEL_CARD, *(_file_name(out.name, variant) for variant in VARIANTS)):
            (out / name).unlink(missing_ok=True)  # of an older version
        for entry in sorted(draft.iterdir()):
            entry.replace(out / entry.name)
    card = {
        "format": CARD_FORMAT,
        "name": out.name,
        "version": version,
        "stem": config.data.target,
        "sample_rate": config.model.sample_rate,
        "channels": config.model.channels,
        "segment": config.block,
        "hop": hop_of(config.block),
        "parameters": trained.count_params(),
        "license": weights_licence(run),
        "level_error": error,
        **environment(),
        "config": config.model_dump(mode="json"),
        "sha256": sums,
    }
    write_text(out / CARD, json.dumps(card, indent=2) + "\n")
    return out / str(version)


def _level_error(file: Path, run: Path) -> float:
    """The median level error of a run's estimates of validation songs, dB, from its scores."""
    scores = read_scores(file)
    identity = run_identity(run)
    if not scores["judged"].startswith(f"{identity} "):
        raise InputError(f"{file} scores {scores['judged'].split()[0]}: expected {identity}")
    level = scores.get("level", "as_is")
    if scores["split"] != "valid" or level != "as_is":
        raise InputError(
            f"{file} is of split {scores['split']} at level {level}: expected what "
            "synthgen evaluate --split valid writes; a gain fitted on test songs would flatter"
        )
    return scores["median"]["estimate"]["level_error"]


def _file_name(name: str, variant: str) -> str:
    return f"{name}.tflite" if variant == "fp32" else f"{name}_{variant}.tflite"


def _write_variants(variants: Sequence[str], config: Config, savedmodel: Path, stem: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        examples = Path(folder) / "examples.npy"
        if "int8" in variants:
            write_examples(config, examples)
        for variant in variants:
            file = stem.with_name(_file_name(stem.name, variant))
            write_tflite(savedmodel, variant, file, examples)


def _free_version(out: Path, version: int | None) -> int:
    taken = {int(entry.name) for entry in out.glob("*/") if entry.name.isdigit()}
    if version is None:
        return max(taken, default=0) + 1
    if version < 1:
        raise InputError(f"version is {version}: expected a positive integer")
    if version in taken:
        raise InputError(f"version {version} exists in {out}: choose another or leave it out")
    return version
