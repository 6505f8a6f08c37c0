"""The whole story, as `make demo` tells it."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synthgen_tf.demo import run_demo
from synthgen_tf.separate.model_folders import PACKAGE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "demo"
    return run_demo(out, jobs=2), out


def test_model_beats_silence_and_the_mixture(demo):
    _, out = demo
    median = json.loads((out / "run" / "scores.json").read_text())["median"]
    assert median["estimate"]["snr"] > 0
    assert median["estimate"]["snr"] > median["mixture"]["snr"]


def test_tables_tell_scores_recording_and_exports(demo):
    result, _ = demo
    scores, recording, exports = result.tables
    assert [row[0] for row in scores.rows] == [
        "the model",
        "shipped model",
        "mixture as it is",
        "mixture at its best gain",
        "silence",
        "oracle: ideal ratio mask",
    ]
    assert scores.columns[1:4] == ["SNR", "95 % interval", "SI-SDR improvement"]
    assert "other" in recording.note or "ffmpeg" in recording.rows[0][1]
    assert [row[0] for row in exports.rows] == ["savedmodel", "tflite"]
    assert all(float(row[1]) < 1e-3 for row in exports.rows)


def test_everything_is_written(demo):
    result, out = demo
    assert all(path.exists() for path in result.files)
    html = (out / "report.html").read_text()
    assert html.count("<audio") == html.count('alt="Spectrogram') >= 12
    assert (out / "savedmodels" / "demo" / "1" / "saved_model.pb").is_file()
    assert "Not yet scored" not in (out / "run" / "MODEL_CARD.md").read_text()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="musdb needs ffmpeg")
def test_recording_is_separated_exactly(demo):
    from synthgen_tf.tracks import read_tracks

    _, out = demo
    track = read_tracks(out / "musdb", "musdb18")[0]
    folder = out / "separated" / track.name
    parts = [
        soundfile.read(folder / f"{stem}.wav", dtype="float32")[0] for stem in ("synth", "rest")
    ]
    np.testing.assert_allclose(sum(parts), track.read("mixture"), atol=1e-6)


def test_again_in_the_same_folder(demo):
    _, out = demo
    run_demo(out, songs=3, seconds=3.0, minutes=0.02, preset="tiny", jobs=1)
    assert len(list((out / "songs").glob("*/*"))) == 3


def test_wheel_holds_all_that_a_user_needs(tmp_path):
    import subprocess
    import sys

    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, "."]
    subprocess.run(command, check=True, cwd=PACKAGE.parent)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for file in PACKAGE.rglob("*"):
        if file.suffix in (".py", ".yaml", ".html", ".md"):
            assert file.relative_to(PACKAGE.parent).as_posix() in names
    for file in (PACKAGE.parent / "savedmodels").rglob("*"):
        if file.is_file():
            inside = Path("synthgen_tf/savedmodels") / file.relative_to(
                PACKAGE.parent / "savedmodels"
            )
            assert inside.as_posix() in names
