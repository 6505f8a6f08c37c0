"""A catalogue on a Ray cluster: storage, workers that die, songs that cannot be separated."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

import synthgen_tf
from synthgen_tf.errors import InputError
from synthgen_tf.separate import OutputFormat, separate_paths
from synthgen_tf.separate.manifest import MANIFEST

pytest.importorskip("ray")
from synthgen_tf.scale import separate_catalogue, storage
from synthgen_tf.scale.cluster import Storage
from synthgen_tf.scale.storage import modified
from synthgen_tf.scale.worker import Work, Worker

RATE = 44_100
SONGS = (
    "one.wav",
    "two.flac",
    "disc/two.wav",
    "disc/two.flac",
    "disc 2/été.wav",
    "disc 2/four.wav",
)


def write_songs(folder, names=SONGS, seconds=1.0):
    for seed, name in enumerate(names):
        samples = np.random.default_rng(seed).standard_normal((round(seconds * RATE), 2))
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, 0.1 * samples, RATE)
    return folder


def rows_of(folder):
    with (folder / MANIFEST).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def bucket():
    """An object store in memory, with three songs and a text."""
    import fsspec

    files = fsspec.filesystem("memory")
    for name in ("a.wav", "deep/b.MP3", "deep/.c.wav", "notes.txt"):
        files.pipe(f"/bucket/songs/{name}", b"music")
    yield Storage("memory://bucket/songs")
    files.rm("/bucket", recursive=True)


def test_storage_lists_fetches_and_puts(bucket, tmp_path):
    songs = bucket.songs()
    assert list(songs) == ["a.wav", "deep/b.MP3"]
    assert songs["a.wav"]["size"] == 5
    assert modified(songs["a.wav"])
    bucket.fetch("a.wav", tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes() == b"music"
    stems = Storage("memory://bucket/stems")
    stems.put(tmp_path / "a.wav", "a/synth.wav")
    assert list(stems.find()) == ["a/synth.wav"]  # and nothing under a temporary name


def test_storage_waits_while_a_network_is_away(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "FIRST_PAUSE_SECONDS", 0.001)
    refusals = [TimeoutError("away"), ConnectionError("away")]

    def get_file(*names):
        if refusals:
            raise refusals.pop()

    monkeypatch.setattr(bucket.files, "get_file", get_file)
    bucket.fetch("a.wav", tmp_path / "a.wav")
    assert not refusals
    refusals.extend(TimeoutError("away") for _ in range(storage.TRIES))
    with pytest.raises(TimeoutError):
        bucket.fetch("a.wav", tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"source": "nowhere"}, "nowhere holds no audio, or is not there"),
        ({"source": "carrier-pigeon://songs"}, "carrier-pigeon://songs cannot be opened"),
        ({"out": "."}, "stems would lie among the songs"),
        ({"out": "memory://stems"}, "--manifest FOLDER says where"),
        ({"output": {"stems": ["bass"]}}, "no stem 'bass'"),
        ({"output": {"format": "xm"}}, "unknown format 'xm'"),
        ({"threads": 0}, "0 CPUs: expected 1 or more"),
        ({"output": {"clip": "soft"}}, "unknown clip policy 'soft'"),
        ({"model": "missing"}, "missing"),
    ],
)
def test_what_cannot_be_done_is_said_before_a_cluster_starts(
    change, problem, exported, tmp_path, monkeypatch
):
    monkeypatch.chdir(write_songs(tmp_path / "songs", SONGS[:1]))
    work = {"source": ".", "out": str(tmp_path / "stems"), "model": str(exported), **change}
    with pytest.raises(InputError, match=problem):
        separate_catalogue(Work(**work | {"output": OutputFormat(**work.get("output", {}))}))
    assert not (tmp_path / "stems").exists()


def test_cluster_that_does_not_answer(exported, tmp_path):
    work = Work(str(write_songs(tmp_path / "songs", SONGS[:1])), str(tmp_path / "stems"))
    with pytest.raises(InputError, match=r"no Ray cluster answers at 127.0.0.1:1 .*ray start"):
        separate_catalogue(work, address="127.0.0.1:1")
    assert not (tmp_path / "stems").exists()


def test_worker_survives_any_song(exported, tmp_path, monkeypatch):
    songs = write_songs(tmp_path / "songs", SONGS[:2])
    (songs / "bad.wav").write_bytes(b"RIFF")
    begun = SimpleNamespace(begin=SimpleNamespace(remote=lambda song: 4 if "two" in song else 1))
    monkeypatch.setattr("ray.get", lambda value: value)
    output = OutputFormat(["synth", "rest"])
    work = Work(str(songs), str(tmp_path / "stems"), str(exported), threads=None, output=output)
    worker = Worker(work, begun)

    def separated(song):
        order = {"row": json.dumps({"input": song, "output": Path(song).stem})}
        return json.loads(worker(order)["row"])

    one = separated("one.wav")
    assert (one["state"], one["seconds"], one["sample_rate"], one["channels"]) == (
        "done", 1.0, RATE, 2,
    )  # fmt: skip
    parts = [soundfile.read(tmp_path / f"stems/one/{stem}.wav")[0] for stem in output.stems]
    np.testing.assert_allclose(sum(parts), soundfile.read(songs / "one.wav")[0], atol=1e-6)
    assert separated("two.flac")["message"] == "two.flac ended its worker 3 times: look at it"
    assert separated("bad.wav")["message"].startswith("bad.wav is not audio")
    assert "gone.wav" in separated("gone.wav")["message"]
    monkeypatch.setattr(worker.separator, "write_stems", lambda *a, **k: 1 / 0)
    assert separated("one.wav")["message"] == "one.wav: ZeroDivisionError: division by zero"


def workers_below(parent):
    """Process numbers of Ray's workers that a process has started, by way of others."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True)
    lines = [line.split(None, 2) for line in listed.stdout.splitlines()]
    known, grown = {str(parent)}, True
    while grown:
        children = {pid for pid, above, _ in lines if above in known} - known
        known, grown = known | children, bool(children)
    return [int(pid) for pid, _, name in lines if pid in known and "MapWorker" in name]


@pytest.mark.slow
def test_every_song_is_done_once_though_a_worker_is_killed(tmp_path):
    songs = write_songs(tmp_path / "songs", [f"{n % 3}/{n}.wav" for n in range(12)], seconds=40)
    (songs / "bad.mp3").write_bytes(b"noise")
    stems = tmp_path / "stems"
    command = [sys.executable, "-m", "synthgen_tf.scale", str(songs), "--out", str(stems)]
    command += ["--workers", "2"]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (stems / MANIFEST).is_file() or len(rows_of(stems)) < 3:
        assert job.poll() is None, job.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed = workers_below(job.pid)[0]
    os.kill(killed, signal.SIGKILL)
    assert len(rows_of(stems)) < 12  # half-way
    said, problems = job.communicate(timeout=300)
    assert job.returncode == 1
    assert said.endswith("12 songs separated, 0 stood there already\n")  # after Ray's own words
    assert problems.startswith("synthgen: failed: bad.mp3 is not audio")
    assert len(problems.splitlines()) == 1
    rows = rows_of(stems)
    assert sorted(row["input"] for row in rows) == sorted(
        [f"{n % 3}/{n}.wav" for n in range(12)] + ["bad.mp3"]
    )
    assert not list(stems.rglob(".*.part"))

    separator = synthgen_tf.load(engine="tflite")
    alone = separate_paths(separator, [songs / "0"], tmp_path / "alone")
    for path, files in alone.done.items():
        for stem, file in files.items():
            expected, _ = soundfile.read(file)
            found, _ = soundfile.read(stems / "0" / path.stem / f"{stem}.wav")
            np.testing.assert_allclose(found, expected, atol=1e-6)

    again = subprocess.run(command, capture_output=True, text=True)
    assert again.stdout == "0 songs separated, 12 stood there already\n"
    assert len(rows_of(stems)) == len(rows) + 1  # the bad one, tried once more
