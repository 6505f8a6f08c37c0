"""Rendered data sets on disk: formats, levels, resuming, full disks, interrupts."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from synthgen_tf.cli.commands import app
from synthgen_tf.config import load_config
from synthgen_tf.data import prepare
from synthgen_tf.data.store import active_seconds, read_store
from synthgen_tf.errors import InputError, OutputError
from synthgen_tf.render import render_songs
from synthgen_tf.render.levels import levels_below_full_scale, stereo_correlation
from synthgen_tf.render.score import STEMS
from synthgen_tf.tracks import read_tracks

SECONDS, SEED = 2.0, 38  # song 3 is free of synth
NAMES = ("mixture", *STEMS)


@pytest.fixture(scope="module")
def sets(tmp_path_factory) -> dict[str, Path]:
    """The same four songs in both formats."""
    root = tmp_path_factory.mktemp("formats")
    for format in ("wav", "flac"):
        render_songs(root / format, 4, seconds=SECONDS, seed=SEED, format=format)
    return {format: root / format for format in ("wav", "flac")}


def test_flac_has_the_samples_of_wav_and_sums_exactly(sets):
    folders = sorted(sets["flac"].glob("*/song_*"))
    assert len(folders) == 4
    for folder in folders:
        twin = sets["wav"] / folder.parent.name / folder.name
        sounds = {}
        for name in NAMES:
            assert soundfile.info(folder / f"{name}.flac").subtype == "PCM_16"
            sounds[name], _ = soundfile.read(folder / f"{name}.flac", dtype="int16")
            wave, _ = soundfile.read(twin / f"{name}.wav", dtype="int16")
            assert np.array_equal(sounds[name], wave)
        total = sum(sounds[stem].astype(np.int32) for stem in STEMS)
        assert np.array_equal(total, sounds["mixture"])
        assert (folder / "song.json").read_bytes() == (twin / "song.json").read_bytes()
        size, other = (sum(f.stat().st_size for f in each.iterdir()) for each in (folder, twin))
        assert size < 0.8 * other


def test_the_other_format_is_refused_and_this_one_resumed(sets):
    before = {path: path.stat().st_mtime_ns for path in sets["flac"].glob("*/*/*")}
    with pytest.raises(InputError, match="rendered with format flac; expected wav: give another"):
        render_songs(sets["flac"], 4, seconds=SECONDS, seed=SEED)
    with pytest.raises(InputError, match="rendered with format wav; expected flac"):
        render_songs(sets["wav"], 4, seconds=SECONDS, seed=SEED, format="flac")
    with pytest.raises(InputError, match="format is 'mp3'; expected wav or flac"):
        render_songs(sets["flac"], 4, seconds=SECONDS, seed=SEED, format="mp3")
    (sets["flac"] / "describe.html").write_text("a page")
    assert len(render_songs(sets["flac"], 4, seconds=SECONDS, seed=SEED, format="flac")) == 4
    assert before == {path: path.stat().st_mtime_ns for path in sets["flac"].glob("*/*/*")}


def test_songs_are_read_and_prepared_alike_in_both_formats(sets, tmp_path):
    config = load_config("tiny", None, ["data.target=synth"])
    stores = {}
    for format, root in sets.items():
        report = prepare(root, tmp_path / format, config, None, 1)
        assert not report.problems
        stores[format] = read_store(tmp_path / format)
    for plain, wave, flac in zip(
        read_tracks(sets["flac"]), stores["wav"], stores["flac"], strict=True
    ):
        assert (plain.name, plain.subtype, plain.channels) == (wave.name, "PCM_16", 2)
        for stem in NAMES:
            assert np.array_equal(plain.read(stem), wave.read(stem))
            assert wave.stems[stem][0].read_bytes() == flac.stems[stem][0].read_bytes()
            # a song knows its levels without `prepare`, and they are what `prepare` finds
            assert plain.levels[stem].tolist() == wave.levels[stem].tolist()
        assert np.array_equal(active_seconds(plain, "synth"), active_seconds(wave, "synth"))


def test_levels_are_the_ones_worked_out_by_hand():
    sound = np.zeros((250, 2), np.int16)
    sound[:100] = -32768  # a square wave at full scale
    sound[100:200, 0] = 328  # -40 dB on one side: -43 dB over both
    assert levels_below_full_scale(sound, 100) == [0, 43, 100]
    sound[249, 1] = 1  # one step in a hundred samples: 90.3 + 20 dB
    assert levels_below_full_scale(sound, 100) == [0, 43, 100]


def test_correlation_of_left_and_right():
    rng = np.random.default_rng(0)
    left, other = rng.normal(size=(2, 100_000)).astype(np.float32)
    assert stereo_correlation(np.stack([left, 0.3 * left], 1)) == 1.0
    assert stereo_correlation(np.stack([left, -left], 1)) == -1.0
    # two parts in common and one each of their own: 4 of 5 of the power
    assert stereo_correlation(np.stack([2 * left + other, 2 * left - other], 1)) == pytest.approx(
        0.6, abs=0.01
    )
    assert stereo_correlation(np.stack([left, 0 * left], 1)) is None


def test_songs_of_earlier_versions_have_no_levels_and_wrong_ones_are_refused(tmp_path):
    (folder,) = render_songs(tmp_path, 1, seconds=1, seed=SEED)
    facts = json.loads((folder / "song.json").read_text())
    levels = facts.pop("levels")
    (folder / "song.json").write_text(json.dumps(facts))
    (track,) = read_tracks(tmp_path)
    assert not active_seconds(track, "synth").any()
    for wrong, line in (
        (levels | {"synth": [1, 2]}, "levels of 2 seconds of synth"),
        (7, "no des"),
    ):
        (folder / "song.json").write_text(json.dumps(facts | {"levels": wrong}))
        with pytest.raises(InputError, match=line):
            read_tracks(tmp_path)


def test_a_full_disk_is_one_line_and_leaves_no_half_song(tmp_path, monkeypatch):
    render_songs(tmp_path, 1, seconds=1, seed=SEED)
    write = Path.write_bytes

    def full(path, content):
        if path.name == "vocals.wav":
            write(path, content[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"cannot write .*\(No space left on device\): check"):
        render_songs(tmp_path, 4, seconds=1, seed=SEED)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.glob("*/*")] == ["song_0038_000000"]
    assert len(render_songs(tmp_path, 2, seconds=1, seed=SEED)) == 2


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match=r"cannot be made \(Permission denied\)"):
        render_songs(tmp_path / "songs", 1, seconds=1)


def test_more_jobs_than_cores_are_capped_aloud(tmp_path):
    result = CliRunner().invoke(
        app, ["render", str(tmp_path), "--songs", "1", "--seconds", "1", "--jobs", "1000"]
    )
    cores = os.cpu_count()
    assert result.exit_code == 0
    assert f"1000 jobs asked for, {cores} cores: {cores} are used" in result.stderr


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_is_one_line_and_leaves_no_half_song(tmp_path, jobs):
    out = tmp_path / "songs"
    code = "from synthgen_tf.cli import main; main()"
    arguments = ["render", out, "--songs", "200", "--seconds", "2", "--jobs", str(jobs)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not any(out.glob("train/song_*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all processes
    _, stderr = process.communicate(timeout=60)
    lines = [line for line in stderr.splitlines() if not line.startswith("rendering songs")]
    assert (process.returncode, lines[-1]) == (130, "synthgen: interrupted")
    assert "Traceback" not in stderr
    assert not list(out.glob("*/.*"))
    for folder in out.glob("*/*"):
        assert len(list(folder.iterdir())) == 7
