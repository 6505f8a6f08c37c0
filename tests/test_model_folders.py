"""Finding models by name and path, reading their cards, loading them from Python."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import synthgen_tf
from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.separate import model_folders
from synthgen_tf.separate.predictors import load_predictor, quick_engine

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
    monkeypatch.setattr(model_folders, "SHIPPED", (tmp_path / "missing", folder.parent))
    return folder


def test_by_name_and_by_path(shipped, tmp_path):
    assert model_folders.find_model("good") == shipped
    assert model_folders.find_model(str(shipped)) == shipped
    assert model_folders.find_model(tmp_path) == tmp_path
    assert [card.name for card in model_folders.shipped_models()] == ["good"]
    card = model_folders.read_card(shipped)
    assert card.savedmodel == shipped / "3"
    assert card.segment == 1000


def test_unknown_model_names_the_shipped_ones(shipped):
    with pytest.raises(InputError, match=r"'other'.*\(good\)"):
        model_folders.find_model("other")
    with pytest.raises(InputError, match="'synthgen'"):
        model_folders.find_model(None)


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
        model_folders.read_card(shipped)


def test_tflite_prefers_fp32_and_says_when_there_is_none(shipped):
    names = ("good.tflite", "good_fp16.tflite")
    card = replace(model_folders.read_card(shipped), sha256=dict.fromkeys(names, ""))
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

    folder = model_folders.find_model(None)
    card = json.loads((folder / "card.json").read_text())
    for name, expected in card["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    assert (folder / "MODEL_CARD.md").is_file()


def resummed(folder):
    """The card, after a file has changed."""
    card = json.loads((folder / "card.json").read_text())
    card["sha256"] = {name: model_folders.sha256_of(folder / name) for name in card["sha256"]}
    (folder / "card.json").write_text(json.dumps(card))


def test_identity_follows_the_weights(tmp_path, monkeypatch):
    """Other weights of the same graph are another model, and so is another file of TFLite's."""
    folder = tmp_path / "synthgen"
    shutil.copytree(model_folders.find_model(None), folder)
    engines = ("savedmodel", "tflite")
    before = {engine: load_predictor(folder, engine).identity for engine in engines}
    assert before == {engine: load_predictor(None, engine).identity for engine in engines}
    weights = next(folder.glob("1/variables/*.data*"))
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    resummed(folder)
    graph = SimpleNamespace(signatures={"serving_default": None})
    # TensorFlow has sums of its own, which are not those of the changed weights
    monkeypatch.setattr("tensorflow.saved_model.load", lambda path: graph)
    assert load_predictor(folder, "savedmodel").identity != before["savedmodel"]
    assert load_predictor(folder, "tflite").identity == before["tflite"]


def test_identity_of_a_run_follows_weights_and_configuration(tmp_path):
    import keras

    from synthgen_tf.config import config_to_yaml, load_config
    from synthgen_tf.model import build_model

    identities = set()
    for change in ("none", "seed", "config"):
        blocks = 1.0 if change == "config" else 0.5
        config = load_config("tiny", settings=[f"model.block_seconds={blocks}"])
        if change != "config":  # else with the weights of before
            keras.utils.set_random_seed(1 if change == "none" else 2)
            build_model(config).save(tmp_path / "best.keras")
        (tmp_path / "config.yaml").write_text(config_to_yaml(config))
        identities.add(load_predictor(tmp_path).identity)
        assert load_predictor(tmp_path).identity in identities
    assert len(identities) == 3


def test_shipped_models_run_by_tflite_whose_stems_are_the_same(songs):
    """The rule of `quick_engine` holds while this does: 40 dB between engines, scores as good."""
    assert quick_engine() == quick_engine("synthgen") == "tflite"
    assert "tflite" in synthgen_tf.load().settings
    song = next((songs / "test").iterdir())
    mixture, rate = audio.read(song / "mixture.wav")
    target, _ = audio.read(song / "synth.wav")
    stems = {
        engine: synthgen_tf.load(engine=engine).separate(mixture, rate)["synth"]
        for engine in ("savedmodel", "tflite")
    }
    assert snr_db(stems["savedmodel"], stems["tflite"]) > 40
    scores = [snr_db(target, stem) for stem in stems.values()]
    assert scores[0] == pytest.approx(scores[1], abs=0.02)


def snr_db(target, estimate):
    error = np.square(target - estimate, dtype=np.float64).sum()
    return 10 * np.log10(np.square(target, dtype=np.float64).sum() / error)


def test_other_models_keep_their_engine(exported):
    assert quick_engine(exported) is None


def test_a_separator_of_tflite_takes_turns_between_threads():
    separator = synthgen_tf.load(engine="tflite", segment_seconds=0.5)
    songs = [
        np.random.default_rng(seed).standard_normal((30_000 * (1 + seed), 2)).astype(np.float32)
        for seed in range(4)
    ]
    alone = [separator.separate(song, 44_100)["synth"] for song in songs]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda song: separator.separate(song, 44_100)["synth"], songs))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
