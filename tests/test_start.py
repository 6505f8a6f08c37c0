"""Exported models go on learning: what was folded comes apart again, and training begins there."""

import json
import shutil

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from synthgen_tf.cli.commands import app
from synthgen_tf.config import config_to_yaml, load_config
from synthgen_tf.errors import InputError
from synthgen_tf.export import export_run
from synthgen_tf.export.fold import folded, norm_weights, unfold
from synthgen_tf.export.start import NORMS, write_start
from synthgen_tf.model import build_model
from synthgen_tf.runs import load_run

SHORT = ["--set", "data.segment_seconds=0.25", "--set", "training.epochs=1"]
ONE_STEP = [*SHORT, "--set", "training.steps_per_epoch=1", "--set", "data.batch_size=2"]


def with_norms(config, seed=1):
    """A network whose norms scale and shift, as those of a trained one do."""
    keras.utils.set_random_seed(seed)
    model = build_model(config)
    random = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run directory with all that export and training read of it."""
    path = tmp_path_factory.mktemp("runs") / "run"
    path.mkdir()
    config = load_config("tiny")
    with_norms(config).save(path / "best.keras")
    (path / "config.yaml").write_text(config_to_yaml(config))
    record = {"licences": ["CC-BY-4.0", "MIT"]}
    (path / "environment.json").write_text(json.dumps(record))
    return path


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("savedmodels") / "mine"
    export_run(run, out, tflite=(), half=True)
    return out


@pytest.mark.parametrize("kind", ["spectral", "band_mixer", "unet"])
def test_unfold_undoes_folded(kind):
    config = load_config("tiny", settings=[f"model.kind={kind}", "model.dilations=[1]"])
    before = with_norms(config)
    after = build_model(config)
    unfold(after, folded(before).get_weights(), norm_weights(before))
    for one, other in zip(before.weights, after.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5, atol=1e-7)


def test_a_unit_that_its_norm_silences_stays_silent():
    config = load_config("tiny", settings=["model.dilations=[1]"])
    before = with_norms(config)
    norm = next(each for each in before.layers if each.name.endswith("norm"))
    gamma, *others = norm.get_weights()
    norm.set_weights([gamma * 0.0, *others])
    after = build_model(config)
    unfold(after, folded(before).get_weights(), norm_weights(before))
    mixture = np.random.default_rng(0).standard_normal((1, 5000, 2)).astype(np.float32)
    estimates = [model.predict_on_batch(mixture) for model in (before, after)]
    np.testing.assert_allclose(*estimates, atol=1e-5)


def test_the_start_of_a_half_stored_model_is_nearly_its_run(run, exported, tmp_path):
    write_start(exported, tmp_path / "start")
    (whole, config), (start, same) = load_run(run), load_run(tmp_path / "start")
    assert config == same
    for one, other in zip(whole.weights, start.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=2e-3, atol=1e-6)


def train(songs, weights, run, *more):
    arguments = ["train", "--data", songs, "--weights", weights, "--run", run, *ONE_STEP, *more]
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_training_begins_with_an_exported_model(run, exported, songs, tmp_path):
    done = train(songs, exported, tmp_path / "run", "--preset", "tiny",
                 "--set", "training.learning_rate=1e-9")  # fmt: skip
    assert done.exit_code == 0, done.output
    before, after = (load_run(path)[0] for path in (run, tmp_path / "run"))
    for one, other in zip(before.trainable_weights, after.trainable_weights, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=2e-3, atol=1e-6)
    record = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert record["weights"] == "mine"
    assert "CC-BY-4.0" in record["licences"]
    assert "--weights mine " in (tmp_path / "run" / "MODEL_CARD.md").read_text()


def test_what_cannot_be_a_start_is_told_in_one_line(exported, songs, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(exported, old)
    (old / "1" / NORMS).unlink()
    card = json.loads((old / "card.json").read_text())
    del card["sha256"][f"1/{NORMS.as_posix()}"]
    (old / "card.json").write_text(json.dumps(card))
    (tmp_path / "empty").mkdir()
    refused = {
        "old": (old, "has no norms.npz; export it anew"),
        "empty": (tmp_path / "empty", "holds no model: expected card.json"),
        "none": (tmp_path / "none", "expected a run directory, an exported model's folder"),
        "network": (exported, "weights of mine are of another network: its model.window is"),
    }
    for name, (weights, words) in refused.items():
        done = train(songs, weights, tmp_path / name / "run", "--preset", "small")
        assert isinstance(done.exception, InputError), (name, done.output)
        assert words in str(done.exception)
        assert not (tmp_path / name / "run").exists()
