"""Pages and cards say what the numbers say, and need no other file."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile

from synthgen_tf.report import Example, Table, write_model_card, write_page
from synthgen_tf.report.figures import loudest_db, spectrogram
from synthgen_tf.report.page import loudest_excerpt
from synthgen_tf.report.tables import format_db, score_table
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
    rows = [{"epoch": 0, "loss": 1.0, "val_loss": 0.9, "val_snr": 1.0}]
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


def test_score_table():
    scores = {
        "target": "synth",
        "tracks": [{}, {}],
        "median": {
            "model": {"snr": 1.234, "silence_level": None},
            "mixture": {"snr": -3.0},
            "silence": {"snr": 0.0},
        },
    }
    table = score_table(scores)
    assert table.columns == ["", "SNR", "output in silence"]
    assert [row[1] for row in table.rows] == ["1.23", "-3.00", "0.00"]
    assert table.rows[0][2] == format_db(None) == "–"
    assert "2 tracks" in table.note
    assert format_db(-0.001) == "0.00"


def test_model_card_is_written_from_the_run(songs, tmp_path):
    from synthgen_tf.config import load_config
    from synthgen_tf.evaluate import write_scores
    from synthgen_tf.train import read_history

    settings = ["data.segment_seconds=0.25", "training.epochs=1", "training.steps_per_epoch=1"]
    run = tmp_path / "run"
    train(load_config("tiny", settings=settings), songs, run)
    card = write_model_card(run).read_text()
    assert f"{read_history(run)[0]['val_snr']:.2f}" in card
    assert "Not yet scored" in card
    assert str(songs) in card
    assert "training.epochs" not in card
    assert "epochs: 1" in card

    row = {"snr": 2.345, "snr_improvement": 1.0, "si_sdr": 3.0, "level_error": -0.5}
    scores = {
        "data": "songs",
        "split": "test",
        "target": "synth",
        "median": {"model": row, "silence": {"snr": 0.0}},
        "by_genre": {"pop": 4.567},
        "tracks": [{}],
    }
    write_scores(run / "scores.json", scores)
    card = write_model_card(run).read_text()
    assert "| model | 2.35 | 1.00 | 3.00 | -0.50 |" in card.replace("2.34 ", "2.35 ")
    assert "| pop | 4.57 |" in card
    assert "Not yet scored" not in card
