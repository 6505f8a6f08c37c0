"""Pages and cards say what the numbers say, and need no other file."""

import base64
import io
import json
import re
import shutil

import jinja2
import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
from typer.testing import CliRunner

from synthgen_tf.cli.commands import app
from synthgen_tf.errors import InputError
from synthgen_tf.report import Example, Table, write_model_card, write_page, write_report
from synthgen_tf.report.figures import loudest_db, spectrogram
from synthgen_tf.report.model_card import findings
from synthgen_tf.report.page import loudest_excerpt
from synthgen_tf.report.report import best_and_worst
from synthgen_tf.report.score_tables import format_db, genre_table, score_table
from synthgen_tf.report.templating import open_templates
from synthgen_tf.runs import MONITOR
from synthgen_tf.train import train

RATE = 44_100


def tone(frequency_hz, seconds=1.0, gain=0.5):
    time = np.arange(round(seconds * RATE)) / RATE
    return np.stack([gain * np.sin(2 * np.pi * frequency_hz * time)] * 2, axis=1)


def picture_of(address):
    from matplotlib import image

    content = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return image.imread(io.BytesIO(content), format="png")


def test_page_is_self_contained(tmp_path):
    signals = {"mixture": tone(440) + tone(880), "synth": tone(440)}
    rows = [{"epoch": 0, "loss": 1.0, "val_loss": 0.9, "val_snr": 1.0, MONITOR: 0.5}]
    table = Table("Scores <1>", ["", "SNR"], [["the model", "3.21"]], "note & more")
    example = Example("Song", "a note", RATE, signals)
    write_page(tmp_path / "page.html", "Title", "Lead", [table], [example], rows)
    html = (tmp_path / "page.html").read_text()
    assert "Scores &lt;1&gt;" in html
    assert "3.21" in html
    assert not re.findall(r'(?:src|href)="(?!data:)', html)
    sounds = re.findall(r"data:audio/mpeg;base64,([^\"]+)", html)
    assert len(sounds) == 2
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sounds[1])))
    assert rate == RATE
    spectrum = np.abs(np.fft.rfft(samples[:RATE, 0]))
    assert np.argmax(spectrum) * RATE / len(samples[:RATE]) == pytest.approx(440, abs=2)
    assert html.count("data:image/png") == 3


def test_templates_escape_in_html_alone_and_miss_no_value(tmp_path):
    for name in ("a.html", "a.md"):
        (tmp_path / name).write_text("{{ title }}")
    templates = open_templates(tmp_path)
    assert templates.get_template("a.html").render(title="<R&B>") == "&lt;R&amp;B&gt;"
    assert templates.get_template("a.md").render(title="<R&B>") == "<R&B>"
    with pytest.raises(jinja2.UndefinedError, match="title"):
        templates.get_template("a.html").render()


def test_spectrogram_is_bright_where_the_tone_is():
    low, high = (
        picture_of(spectrogram(tone(f), RATE, loudest_db(tone(f), RATE))) for f in (200, 8000)
    )
    rows = slice(20, -60)  # inside the frame
    brightest = [int(np.argmax(image[rows, 200:400, 0].mean(axis=1))) for image in (low, high)]
    assert brightest[0] > brightest[1] + 50  # row 0 is on top


def test_loudest_excerpt():
    signal = np.zeros((1000, 1))
    signal[600:700] = 1.0
    first, last = loudest_excerpt(signal, 200)
    assert last - first == 200
    assert first <= 600
    assert last >= 700
    assert loudest_excerpt(signal[:50], 200) == (0, 50)


def scores_of(genres):
    """Scores as `evaluate` gives them, of genres to the SNR of their tracks."""
    from synthgen_tf.evaluate.scores import TrackScore, summarise

    tracks = [
        TrackScore(
            f"{genre} {i}",
            genre,
            10.0,
            {
                "estimate": {"snr": snr, "level_error": -2.0, "si_sdr_improvement": snr / 2},
                "mixture": {"snr": -3.0, "si_sdr_improvement": 0.0},
                "best_gain": {"snr": 1.76, "si_sdr_improvement": 0.0},
                "silence": {"snr": 0.0},
                "oracle_irm": {"snr": 9.0, "si_sdr_improvement": 5.0},
            },
        )
        for genre, values in genres.items()
        for i, snr in enumerate(values)
    ]
    about = {"data": "songs", "kind": None, "split": "test", "model": "m", "estimates": None}
    about |= {"judged": "m", "stem": None, "format": 2, "target": "synth"}
    return about | summarise(tracks)


GENRES = {"pop": [1.0, 1.234, 5.0], "rock": [-1.0], "house": [6.0] * 5}


def test_score_table():
    table = score_table(scores_of(GENRES))
    assert table.columns == ["", "SNR", "95 % interval", "SI-SDR improvement", "level error"]
    assert [row[0] for row in table.rows][1:] == [
        *("mixture as it is", "mixture at its best gain", "silence", "oracle: ideal ratio mask"),
    ]
    low, high = scores_of(GENRES)["interval"]["estimate"]["snr"]
    assert table.rows[0][1:] == ["6.00", f"{low:.2f} to {high:.2f}", "3.00", "-2.00"]
    assert [row[1] for row in table.rows[1:]] == ["-3.00", "1.76", "0.00", "9.00"]
    assert table.rows[1][2:] == [format_db(None), "0.00", "–"]
    assert "9 tracks" in table.note
    assert format_db(-0.001) == "0.00"


def test_genre_table_has_the_best_first():
    rows = genre_table(scores_of(GENRES)).rows
    assert [row[:3] for row in rows] == [
        *(["house", "5", "6.00"], ["pop", "3", "1.23"], ["rock", "1", "-1.00"]),
    ]
    assert rows[1][3:] == ["1.00 to 5.00", "0.62", "-3.00", "1.76", "9.00"]


def test_findings_say_only_what_the_numbers_say():
    found = " ".join(findings(scores_of(GENRES)))
    assert "too quiet, by 2.0 dB" in found
    assert "No better than silence, by median SNR, on: rock." in found
    assert "6.0 dB on house and -1.0 dB on rock" in found
    assert "little is known of: pop, rock." in found
    assert "left" not in found
    good = scores_of({"house": [9.0] * 5})
    good["median"]["estimate"]["level_error"] = 0.2
    assert findings(good) == []


def test_findings_say_how_little_is_separated():
    """An SNR of 2 dB where a gain earns 1.76; SI-SDR rises by 1 dB, the oracle's by 5."""
    found = " ".join(findings(scores_of({"house": [2.0] * 5})))
    assert "median SNR of 2.00 dB is mostly what a gain earns" in found
    assert "has 1.76 dB" in found
    assert "SI-SDR, which no gain can raise, is 1.0 dB above the mixture's" in found
    assert "oracle 5.0 dB" in found


def test_scores_of_earlier_versions_are_shown():
    """They know of no best gain, no SI-SDR improvement and no splits."""
    old = scores_of(GENRES)
    parts = [old, *old["by_genre"].values()]
    summaries = [part[key] for part in parts for key in ("median", "interval")]
    for systems in [*old["tracks"], *summaries]:
        systems.pop("best_gain")
        systems.pop("split", None)
        for kinds in systems.values():
            if isinstance(kinds, dict):
                kinds.pop("si_sdr_improvement", None)
    assert score_table(old).columns == ["", "SNR", "95 % interval", "level error"]
    assert genre_table(old).rows[1][3:] == ["1.00 to 5.00", "–", "-3.00", "–", "9.00"]
    assert "gain" not in " ".join(findings(old))
    assert [track["name"] for track, _ in best_and_worst(old["tracks"])][-1] == "rock 0"


def test_best_and_worst():
    chosen = best_and_worst(scores_of(GENRES)["tracks"])
    assert [track["name"] for track, _ in chosen] == ["house 0", "house 1", "pop 0", "rock 0"]
    expected = "One of the worst: rock, SNR -1.00 dB, SI-SDR improvement -0.50 dB"
    assert chosen[-1][1] == expected
    assert len(best_and_worst(scores_of({"a": [1.0]})["tracks"])) == 1


def test_model_card_is_written_from_the_run(songs, tmp_path):
    from synthgen_tf.config import load_config
    from synthgen_tf.evaluate import write_scores
    from synthgen_tf.runs import read_history

    settings = ["data.segment_seconds=0.25", "training.epochs=1", "training.steps_per_epoch=1"]
    run = tmp_path / "run"
    train(load_config("tiny", settings=settings), songs, run)
    card = write_model_card(run).read_text()
    assert f"{read_history(run)[0]['val_snr']:.2f}" in card
    assert f"over the mixture was 1, with {read_history(run)[0][MONITOR]:.2f} dB" in card
    assert "Not yet scored" in card
    assert str(songs) in card
    assert "training.epochs" not in card
    assert "epochs: 1" in card
    assert f"on TensorFlow {tf.__version__} and Keras {keras.__version__}." in card

    record = json.loads((run / "environment.json").read_text())
    assert "--weights" not in card
    record["packages"] |= {"synthgen_tf": None, "tensorflow": None, "jax": "0.11.2"}
    record["weights"] = "runs/before"
    (run / "environment.json").write_text(json.dumps(record))
    card = write_model_card(run).read_text()
    assert f"--config config.yaml --weights runs/before --data {songs} --run RUN`" in card
    assert re.search(r"made with SynthGen( \(commit \S+\))? on JAX 0\.11\.2 and Keras", card)

    write_scores(run / "scores.json", scores_of(GENRES))
    card = write_model_card(run).read_text()
    low, high = scores_of(GENRES)["interval"]["estimate"]["snr"]
    assert f"| the model | 6.00 | {low:.2f} to {high:.2f} | 3.00 | – | – | -2.00 | – |" in card
    assert "| mixture at its best gain | 1.76 | – | 0.00 |" in card
    assert "| pop | 3 | 1.23 | 1.00 to 5.00 | 0.62 | -3.00 | 1.76 |" in card
    assert "Not yet scored" not in card
    sections = re.findall(r"^## (.+)$", card, re.MULTILINE)
    assert sections == [
        "Model details",
        "Intended use",
        "Training data",
        "Evaluation data",
        "Metrics",
        "Results",
        "Ethical considerations",
        "Limitations and biases",
        "Licence",
        "Reproduce",
    ]
    assert not re.findall(r"\n\n\n", card)


def test_report_of_a_run_shows_its_best_and_worst(songs, tmp_path):
    """A run is trained, scored and reported on; then its data vanish."""
    from synthgen_tf.config import load_config

    settings = ["data.segment_seconds=0.25", "training.epochs=1", "training.steps_per_epoch=1"]
    run, data = tmp_path / "run", tmp_path / "songs"
    shutil.copytree(songs, data)
    train(load_config("tiny", settings=settings), data, run)
    score = ["evaluate", "--data", data, "--model", run, "--out", run / "scores.json"]
    result = CliRunner().invoke(app, list(map(str, score)))
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(app, ["report", str(run)])
    assert result.exit_code == 0, result.output
    assert result.output.split() == [str(run / "report.html"), str(run / "MODEL_CARD.md")]
    html = (run / "report.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!data:)', html)
    assert html.count("data:audio/mpeg") == 4  # one test song: mixture, truth, estimate, rest
    assert "One of the best" in html
    assert "Box plots of SNR by genre" in html
    assert "Loss and the score on validation over the epochs" in html
    shutil.rmtree(data)
    moved = tmp_path / "elsewhere"
    (run / "scores.json").rename(tmp_path / "mine.json")
    write_report(tmp_path / "mine.json", moved)
    html = (moved / "report.html").read_text()
    assert "No sounds are shown" in html
    assert html.count("data:audio/mpeg") == 0
    assert sorted(file.name for file in moved.iterdir()) == ["report.html"]


def test_report_of_a_run_without_an_epoch_writes_nothing(tmp_path):
    from synthgen_tf.config import load_config
    from synthgen_tf.runs import create_run

    create_run(tmp_path / "run", load_config("tiny"), tmp_path)
    before = sorted((tmp_path / "run").iterdir())
    for write in (write_report, write_model_card):
        with pytest.raises(InputError, match="has no whole epoch yet"):
            write(tmp_path / "run")
    with pytest.raises(InputError, match="has no whole epoch yet"):
        write_report(tmp_path / "run", tmp_path / "out")
    assert sorted((tmp_path / "run").iterdir()) == before
    assert not (tmp_path / "out").exists()


def test_report_on_something_else(tmp_path):
    with pytest.raises(InputError, match="holds no run"):
        write_report(tmp_path)
    with pytest.raises(InputError, match="holds no scores"):
        write_report(tmp_path / "missing.json")
