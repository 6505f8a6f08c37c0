"""Stems at the level of the true ones: a gain fitted on validation songs, off unless asked for."""

import json

import numpy as np
import pytest
import soundfile
import tensorflow as tf
from separating import FakePredictor, half, noise
from typer.testing import CliRunner

from synthgen_tf.cli.commands import app
from synthgen_tf.config import config_to_yaml, load_config
from synthgen_tf.errors import InputError
from synthgen_tf.export import export_run
from synthgen_tf.model import build_model
from synthgen_tf.separate import Separator

HALF_DB = 20 * np.log10(0.5)


def test_matched_estimates_have_their_level_and_still_add_up():
    predictor = FakePredictor(half)
    predictor.level_error = HALF_DB
    mixture = noise(10_000)
    stems = Separator(predictor, level="match").separate(mixture, 44_100)
    np.testing.assert_allclose(stems["synth"], mixture, atol=1e-6)
    np.testing.assert_array_equal(stems["rest"], mixture - stems["synth"])
    np.testing.assert_allclose(
        Separator(predictor).separate(mixture, 44_100)["synth"], mixture / 2, atol=1e-6
    )


def test_level_is_among_the_settings_that_a_manifest_remembers():
    predictor = FakePredictor(half)
    predictor.level_error = HALF_DB
    usual = Separator(predictor).settings
    assert Separator(predictor, level="match").settings == f"{usual} gain=2.0000"


def test_levels_that_cannot_be_given():
    with pytest.raises(InputError, match="unknown level 'loud': choose as_is or match"):
        Separator(FakePredictor(), level="loud")
    with pytest.raises(InputError, match="nobody measured how quiet model fake is"):
        Separator(FakePredictor(), level="match")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run before its first step: its mask turns the music down to 0.4."""
    path = tmp_path_factory.mktemp("runs") / "quiet"
    path.mkdir()
    config = load_config("tiny", settings=["data.segment_seconds=0.5"])
    tf.keras.utils.set_random_seed(3)
    build_model(config).save(path / "best.keras")
    (path / "config.yaml").write_text(config_to_yaml(config))
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Songs that are nothing but synth."""
    root = tmp_path_factory.mktemp("data")
    for split in ("valid", "test"):
        for song in range(3):
            folder = root / split / f"{split} {song}"
            folder.mkdir(parents=True)
            samples = noise(30_000, seed=song, level=0.05 * (1 + song))
            soundfile.write(folder / "synth.wav", samples, 44_100, subtype="FLOAT")
            soundfile.write(folder / "drums.wav", 0 * samples, 44_100, subtype="FLOAT")
    return root


def evaluate(*arguments):
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    assert result.exit_code == 0, (result.output, result.exception)


def test_gain_of_validation_songs_travels_with_the_model(run, data, tmp_path):
    valid, test, matched = (tmp_path / f"{name}.json" for name in ("valid", "test", "matched"))
    evaluate("--model", run, "--data", data, "--split", "valid", "--out", valid)
    evaluate("--model", run, "--data", data, "--split", "test", "--out", test)
    with pytest.raises(InputError, match="is of split test at level as_is: expected"):
        export_run(run, tmp_path / "model", level=test)
    assert not (tmp_path / "model").exists()
    export_run(run, tmp_path / "model", level=valid)
    found = json.loads(valid.read_text())["median"]["estimate"]["level_error"]
    assert found < -3.0
    assert json.loads((tmp_path / "model" / "card.json").read_text())["level_error"] == found
    exported = ("--model", tmp_path / "model", "--engine", "tflite", "--level", "match")
    evaluate(*exported, "--data", data, "--split", "valid", "--out", matched)
    scores = json.loads(matched.read_text())
    assert scores["level"] == "match"
    assert scores["median"]["estimate"]["level_error"] == pytest.approx(0.0, abs=0.02)


def test_scores_of_another_model_are_refused(run, data, tmp_path):
    scores = tmp_path / "scores.json"
    evaluate("--model", run, "--data", data, "--split", "valid", "--out", scores)
    content = json.loads(scores.read_text())
    scores.write_text(json.dumps(content | {"judged": "other-0123 keras synth"}))
    with pytest.raises(InputError, match=r"scores other-0123: expected quiet-\w+"):
        export_run(run, tmp_path / "model", level=scores)


def test_estimates_have_their_own_level(data, tmp_path):
    arguments = ["--data", data, "--estimates", tmp_path, "--level", "match", "--out", tmp_path]
    result = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    assert isinstance(result.exception, InputError)
    assert "leave it out with --estimates" in str(result.exception)
