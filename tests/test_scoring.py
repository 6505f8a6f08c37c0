"""The command `evaluate`: what it scores, by which labels, and where the scores go."""

import json

import numpy as np
import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from synthgen_tf.cli.commands import app
from synthgen_tf.cli.evaluate import scoring_config
from synthgen_tf.config import config_to_yaml, load_config
from synthgen_tf.report import write_report

RATE = 44_100


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def write_song(folder, *stems, frames=5_000):
    """Stems of noise, each like no other."""
    folder.mkdir(parents=True)
    noises = np.random.default_rng(len(folder.name)).standard_normal((len(stems), frames, 2)) / 10
    for stem, noise in zip(stems, noises, strict=True):
        soundfile.write(folder / f"{stem}.wav", noise, RATE, subtype="FLOAT")
    return noises


@pytest.fixture
def data(tmp_path):
    """A song in each of `test`, `far` and `hard`, with half of each synth as its estimate."""
    for split in ("test", "far", "hard"):
        synth, _ = write_song(tmp_path / "data" / split / f"{split} song", "synth", "drums")
        folder = tmp_path / "estimates" / f"{split} song"
        folder.mkdir(parents=True)
        soundfile.write(folder / "synth.wav", synth / 2, RATE, subtype="FLOAT")
    return tmp_path / "data"


def score(data, out, *options):
    estimates = ["--estimates", data.parent / "estimates"]
    return invoke("evaluate", "--data", data, *estimates, "--out", out, *options)


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("test", ["test song"]),
        ("far", ["far song"]),
        ("hard", ["hard song"]),
        ("all", ["test song", "far song", "hard song"]),
    ],
)
def test_any_split_or_all_of_them(data, tmp_path, split, names):
    result = score(data, tmp_path / "new" / "s.json", "--split", split)
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "new" / "s.json").read_text())
    assert [track["name"] for track in scores["tracks"]] == names
    assert scores["median"]["estimate"]["snr"] == pytest.approx(6.02, abs=0.01)
    assert "mixture at its best gain" in result.output
    write_report(tmp_path / "new" / "s.json")
    page = (tmp_path / "new" / "report.html").read_text()
    assert "No sounds are shown" not in page
    assert page.count("<audio") == 4 * len(names)


def test_out_is_checked_before_anything_is_scored(data, tmp_path):
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "s.json", tmp_path):
        result = score(data, out)
        assert result.exit_code != 0
        assert "cannot make folder" in str(result.exception) or "is a folder" in str(
            result.exception
        )
    missing = score(data / "gone", tmp_path / "new" / "s.json")
    assert missing.exit_code != 0
    assert not (tmp_path / "new").exists()


def test_estimates_of_another_length_are_counted_in_a_line(data, tmp_path):
    file = data.parent / "estimates" / "far song" / "synth.wav"
    samples, _ = soundfile.read(file)
    soundfile.write(file, samples[:-1], RATE, subtype="FLOAT")
    result = score(data, tmp_path / "s.json", "--split", "all")
    assert result.exit_code == 0, result.output
    told = "1 of 3 estimates had another length than their tracks, by up to 1 frame:"
    assert told in result.stderr
    assert told in json.loads((tmp_path / "s.json").read_text())["judged"]


@pytest.fixture
def slakh(tmp_path):
    """A song of Slakh whose pads are a stem only for who asks for it, and their estimate."""
    song = tmp_path / "slakh" / "test" / "Track00001"
    names, classes = ("S00", "S01"), ("Synth Pad", "Bass")
    pads, bass = write_song(song / "stems", *names)
    soundfile.write(song / "mix.wav", pads + bass, RATE, subtype="FLOAT")
    entries = {
        name: {"audio_rendered": True, "inst_class": label, "is_drum": False}
        for name, label in zip(names, classes, strict=True)
    }
    (song / "metadata.yaml").write_text(yaml.safe_dump({"stems": entries}))
    folder = tmp_path / "estimates" / "Track00001"
    folder.mkdir(parents=True)
    soundfile.write(folder / "pads.wav", pads / 2, RATE, subtype="FLOAT")
    return tmp_path / "slakh"


def test_targets_of_labels_of_ones_own_are_scored_unprepared(slakh, tmp_path):
    labels = ["--set", "data.labels.slakh.pads=[Synth Pad]"]
    out = tmp_path / "s.json"
    result = score(slakh, out, "--set", "data.target=pads", *labels)
    assert result.exit_code == 0, (result.output, result.exception)
    scores = json.loads(out.read_text())
    assert scores["target"] == "pads"
    assert scores["median"]["estimate"]["snr"] == pytest.approx(6.02, abs=0.01)
    write_report(out)
    assert "true pads" in (tmp_path / "report.html").read_text()


def test_a_model_brings_its_own_labels(exported, tmp_path):
    setting = "data.labels={slakh: {pads: [Synth Pad]}}"
    config = load_config("tiny", settings=[setting])
    (tmp_path / "config.yaml").write_text(config_to_yaml(config))
    assert scoring_config(str(tmp_path), None, ()).data.labels == config.data.labels
    card = json.loads((exported / "card.json").read_text())
    model = tmp_path / "model"
    model.mkdir()
    card["config"]["data"]["labels"] = config.model_dump(mode="json")["data"]["labels"]
    (model / "card.json").write_text(json.dumps(card))
    assert scoring_config(str(model), None, ()).data.labels == config.data.labels
    other = scoring_config(str(model), None, ["data.labels.slakh.pads=[Synth Lead]"])
    assert other.data.labels["slakh"]["pads"] == ("Synth Lead",)
    unrelated = scoring_config(str(model), None, ["data.target_holds=synthesizer"])
    assert unrelated.data.labels == config.data.labels
    assert scoring_config(None, None, ()) == load_config()
