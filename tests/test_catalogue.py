"""Finding models by name and path, reading their cards, loading them from Python."""

import json
from dataclasses import replace

import numpy as np
import pytest

import synthgen_tf
from synthgen_tf.errors import InputError
from synthgen_tf.separate import catalogue
from synthgen_tf.separate.predictors import load_predictor

CARD = {
    "format": 1,
    "version": 3,
    "stem": "synth",
    "sample_rate": 44_100,
    "channels": 2,
    "segment": 1000,
    "parameters": 5,
    "license": "MIT",
    "sha256": {},
}


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A catalogue with one model called good."""
    folder = tmp_path / "savedmodels" / "good"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps(CARD))
    monkeypatch.setattr(catalogue, "SHIPPED", (tmp_path / "missing", folder.parent))
    return folder


def test_by_name_and_by_path(shipped, tmp_path):
    assert catalogue.find_model("good") == shipped
    assert catalogue.find_model(str(shipped)) == shipped
    assert catalogue.find_model(tmp_path) == tmp_path
    assert [card.name for card in catalogue.shipped_models()] == ["good"]
    card = catalogue.read_card(shipped)
    assert card.savedmodel == shipped / "3"
    assert card.segment == 1000


def test_unknown_model_names_the_shipped_ones(shipped):
    with pytest.raises(InputError, match=r"'other'.*\(good\)"):
        catalogue.find_model("other")
    with pytest.raises(InputError, match="'synthgen'"):
        catalogue.find_model(None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read"),
        (json.dumps({**CARD, "format": 2}), "format 2.*update SynthGen"),
    ],
)
def test_bad_cards(shipped, content, words):
    (shipped / "card.json").write_text(content)
    with pytest.raises(InputError, match=words):
        catalogue.read_card(shipped)


def test_tflite_prefers_fp32_and_says_when_there_is_none(shipped):
    names = ("good.tflite", "good_fp16.tflite")
    card = replace(catalogue.read_card(shipped), sha256=dict.fromkeys(names, ""))
    (shipped / "good_dynamic.tflite").touch()  # of an older version: the card does not know it
    with pytest.raises(InputError, match=r"no \.tflite"):
        card.tflite()
    (shipped / "good_fp16.tflite").touch()
    assert card.tflite().name == "good_fp16.tflite"
    (shipped / "good.tflite").touch()
    assert card.tflite().name == "good.tflite"


def test_engines_that_a_model_does_not_have(shipped):
    with pytest.raises(InputError, match=r"'onnx'.*tflite"):
        load_predictor("good", "onnx")
    with pytest.raises(InputError, match="needs the run"):
        load_predictor("good", "keras")


@pytest.mark.parametrize("engine", ["savedmodel", "tflite"])
def test_shipped_model_works_from_python(engine):
    mixture = np.random.default_rng(0).standard_normal((60_000, 2)).astype(np.float32) * 0.1
    stems = synthgen_tf.load(engine=engine).separate(mixture, 44_100)
    assert stems.keys() == {"synth", "rest"}
    assert np.isfinite(stems["synth"]).all()
    assert stems["synth"].any()
    np.testing.assert_allclose(stems["synth"] + stems["rest"], mixture, atol=1e-6)


def test_shipped_model_is_what_its_card_says():
    import hashlib

    folder = catalogue.find_model(None)
    facts = json.loads((folder / "card.json").read_text())
    for name, expected in facts["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    assert (folder / "MODEL_CARD.md").is_file()
