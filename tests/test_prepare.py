"""The store: what is in it, what is refused, and what a kill or a full disk leaves."""

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from synthgen_tf.config import load_config
from synthgen_tf.data import open_tracks, prepare
from synthgen_tf.data.store import SILENT, active_seconds
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import read_tracks

RATE = 44_100
SYNTHGEN = Path(sys.executable).with_name("synthgen")


def tree(root):
    """Every file below a folder, to its bytes."""
    return {
        str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()
    }


def noise(seconds=1.0, channels=2, level=0.2, rate=RATE):
    random = np.random.default_rng(round(1000 * seconds * level) + channels)
    return random.uniform(-level, level, (round(seconds * rate), channels))


def write_track(root, name, stems, rate=RATE, subtype="PCM_16"):
    for stem, samples in stems.items():
        path = root / name / f"{stem}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, rate, subtype=subtype)


@pytest.fixture
def source(tmp_path):
    """A folder of three sound tracks, one in each split."""
    for split in ("train", "valid", "test"):
        stems = {"synth": noise(), "bass": noise(1, 2, 0.1)}
        write_track(tmp_path / "source", f"{split}/song", stems)
    return tmp_path / "source"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "store"


def test_store_holds_the_samples_of_the_source(songs, out):
    report = prepare(songs, out, load_config())
    assert report.made == len(report.tracks) == 6
    assert not report.problems
    sources, stored = read_tracks(songs), open_tracks(out, load_config())
    for before, after in zip(sources, stored, strict=True):
        assert (after.name, after.split, after.genre) == (before.name, before.split, before.genre)
        assert (after.frames, after.channels, after.subtype) == (before.frames, 2, "PCM_16")
        for stem in before.stems:
            np.testing.assert_array_equal(after.read(stem), before.read(stem))
            np.testing.assert_array_equal(after.read(stem, 7000, 99), before.read(stem, 7000, 99))


def test_index_tells_levels_second_by_second(tmp_path, out):
    loud, silence = noise(1, 2, 0.5), np.zeros((RATE, 2))
    quiet = noise(1, 2, 0.0005)  # -71 dB: uniform noise has a third of the square of its peak
    synth = np.concatenate([loud, silence, quiet, loud[: RATE // 2]])
    write_track(tmp_path / "in", "train/a", {"synth": synth, "drums": np.zeros_like(synth)})
    prepare(tmp_path / "in", out, load_config())
    (track,) = open_tracks(out, load_config())
    expected = round(-10 * np.log10(0.5**2 / 3))
    assert list(track.levels["synth"]) == [expected, SILENT, 71, expected]
    assert list(track.levels["drums"]) == [SILENT] * 4
    assert list(active_seconds(track, "synth")) == [True, False, False, True]
    assert not active_seconds(track, "organ").size
    facts = json.loads((out / "index.json").read_text())["tracks"][0]["stems"]["synth"]
    assert facts["rms_db"] == pytest.approx(10 * np.log10(np.square(synth).mean()), abs=0.02)
    assert facts["peak_db"] == pytest.approx(20 * np.log10(np.abs(synth).max()), abs=0.02)


def test_other_rates_are_resampled_once_and_mono_stays_mono(tmp_path, out):
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    write_track(tmp_path / "in", "train/a", {"synth": wave, "bass": wave * 0.0}, rate=48_000)
    prepare(tmp_path / "in", out, load_config())
    (track,) = open_tracks(out, load_config())
    assert (track.sample_rate, track.frames, track.channels) == (RATE, RATE, 1)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    np.testing.assert_allclose(track.read("synth")[500:-500, 0], expected[500:-500], atol=1e-3)


def test_overs_are_clamped_and_a_track_full_of_them_turned_down(tmp_path, out):
    few, many = noise(1, 2, 0.9), noise(1, 2, 2.0)
    few[100] = 1.5
    write_track(tmp_path / "in", "train/few", {"synth": few, "bass": few * 0.1}, subtype="FLOAT")
    write_track(tmp_path / "in", "train/many", {"synth": many, "bass": many * 0.1}, subtype="FLOAT")
    report = prepare(tmp_path / "in", out, load_config())
    assert report.scaled == 1
    clamped, scaled = open_tracks(out, load_config())
    np.testing.assert_allclose(clamped.read("synth"), np.clip(few, -1, 1), atol=2**-15)
    gain = 0.99 / np.abs(many).max()
    np.testing.assert_allclose(scaled.read("synth"), many * gain, rtol=1e-2, atol=2**-14)
    ratio = scaled.read("synth").std() / scaled.read("bass").std()
    assert ratio == pytest.approx(10.0, rel=1e-3)


BAD = {
    "miss its mixture by": {"synth": noise(), "bass": noise(), "mixture": noise(1, 2, 0.3)},
    "frames": {"synth": noise(), "bass": noise(0.5)},
    "6 channels": {"synth": noise(1, 6), "bass": noise(1, 6)},
    "not finite": {"synth": np.where(noise() > 0.1999, np.inf, 0.1), "bass": noise()},
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_track_is_left_out_with_its_reason(source, out, reason):
    write_track(source, "train/bad", BAD[reason], subtype="FLOAT")
    report = prepare(source, out, load_config())
    assert list(report.problems) == ["train/bad"]
    assert reason in report.problems["train/bad"]
    assert [track.name for track in open_tracks(out, load_config())] == ["song"] * 3
    assert not (out / "train" / "bad").exists()


def test_stems_one_sample_late_do_not_sum(songs, tmp_path, out):
    track = read_tracks(songs)[0]
    stems = {stem: track.read(stem) for stem in track.stems}
    write_track(tmp_path / "in", "train/right", stems)
    stems |= {stem: np.roll(stems[stem], 3, axis=0) for stem in track.parts()}
    write_track(tmp_path / "in", "train/late", stems)
    report = prepare(tmp_path / "in", out, load_config())
    assert list(report.problems) == ["train/late"]


def test_cut_off_files_are_left_out_and_all_bad_is_an_error(source, out):
    file = source / "train/song/bass.wav"
    file.write_bytes(file.read_bytes()[:5000])
    report = prepare(source, out, load_config())
    assert "cut off" in report.problems["train/song"]
    assert len(report.tracks) == 2
    for file in source.rglob("*.wav"):
        file.write_bytes(b"no sound")
    with pytest.raises(InputError, match=r"none of the 3 tracks"):
        prepare(source, out.with_name("other"), load_config())
    assert not out.with_name("other").exists()


def test_processes_do_not_change_the_bytes(source, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    prepare(source, one, load_config(), jobs=1)
    prepare(source, two, load_config(), jobs=2)
    assert tree(one) == tree(two)


def test_a_killed_call_is_finished_by_the_next(songs, tmp_path, out):
    whole = tmp_path / "whole"
    prepare(songs, whole, load_config())
    command = [SYNTHGEN, "prepare", str(songs), str(out), "--jobs", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(out.glob("*/*/track.json")) and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert tree(out) == tree(whole)


def test_a_finished_store_is_left_alone_and_changes_are_taken_up(source, out):
    prepare(source, out, load_config())
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*.wav")}
    assert prepare(source, out, load_config()).made == 0
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*.wav")} == before
    write_track(source, "valid/song", {"synth": noise(2), "bass": noise(2)})
    write_track(source, "valid/more", {"synth": noise(), "bass": noise()})
    report = prepare(source, out, load_config())
    assert report.made == 2
    assert [track.frames for track in report.tracks if track.split == "valid"] == [RATE, 2 * RATE]


def test_full_disk_is_one_line_and_leaves_nothing_half_written(source, out):
    """A limit on the size of files is what a full disk is: writing fails in the middle."""

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    command = [SYNTHGEN, "prepare", str(source), str(out), "--jobs", "1"]
    done = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=small_files, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot write" in done.stderr
    assert not list(out.rglob("*.wav"))
    assert not [file for file in out.rglob(".*") if file.is_dir()]


def test_exit_codes_of_the_command(source, out):
    def run():
        command = [SYNTHGEN, "prepare", str(source), str(out)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    good = run()
    assert good.returncode == 0
    assert "3 tracks prepared" in good.stdout
    (source / "train/song/bass.wav").unlink()
    write_track(source, "train/odd", {"synth": noise(), "bass": noise(2)})
    bad = run()
    assert bad.returncode == 1
    assert bad.stderr.startswith("synthgen: left out train/odd: frames of")
    (out / "index.json").write_text('{"format": "synthgen store", "version": 99}')
    other = run()
    assert other.returncode == 2
    assert "version 99" in other.stderr


def test_refused_folders(source, out, tmp_path):
    with pytest.raises(InputError, match="lies in the data set"):
        prepare(source, source / "store", load_config())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not touch")
    with pytest.raises(InputError, match=r"thesis\.txt and is no store"):
        prepare(source, tmp_path / "mine", load_config())
    prepare(source, out, load_config())
    with pytest.raises(InputError, match="sample_rate 44100, not 22050"):
        prepare(source, out, load_config(settings=["model.sample_rate=22050"]))
    with pytest.raises(InputError, match="does not exist"):
        prepare(source / "no", out, load_config())


def test_stores_that_changed_are_refused_when_opened(source, out):
    prepare(source, out, load_config())
    file = out / "train/song/synth.wav"
    content = file.read_bytes()
    file.write_bytes(content[:1000])
    with pytest.raises(InputError, match=r"synth\.wav has 1000 bytes.*prepare"):
        open_tracks(out, load_config())
    file.unlink()
    with pytest.raises(InputError, match=r"synth\.wav is in the store's index.*prepare"):
        open_tracks(out, load_config())
    (out / "index.json").write_text("{")
    with pytest.raises(InputError, match="no index of a store"):
        open_tracks(out, load_config())
