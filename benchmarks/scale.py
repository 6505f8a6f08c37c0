"""A catalogue on two workers against one, and with a worker killed at a random moment.

    python benchmarks/scale.py [--model NAME_OR_PATH]

Songs are noise. Speed is that of songs after each worker's first, so that the start of Ray and the
loading of models do not count. Needs `pip install '.[ray]'` and two idle cores.
"""

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import soundfile

from synthgen_tf.cli.terminal import print_table
from synthgen_tf.report import Table
from synthgen_tf.separate.manifest import DONE, MANIFEST

RATE = 44_100
SONGS, SECONDS = 16, 120
TRIES = 5


def main() -> None:
    """Separate the catalogue again and again, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="exported model; the shipped one by default")
    model = parser.parse_args().model
    with tempfile.TemporaryDirectory() as folder:
        songs = Path(folder) / "songs"
        write_songs(songs)
        one, two = (speed(songs, Path(folder) / f"by {n}", n, model) for n in (1, 2))
        dice = random.Random(0)
        killed = [lost_or_double(songs, Path(folder) / f"{n}", model, dice) for n in range(TRIES)]
    rows = [
        ["one worker, times real time", f"{one:.0f}"],
        ["two workers, times real time", f"{two:.0f}"],
        ["two over one", f"{two / one:.2f}"],
        [f"songs lost or done twice, a worker killed, {TRIES} tries", f"{sum(killed)}"],
    ]
    note = f"{SONGS} songs of {SECONDS} s, a thread for each worker."
    print_table(Table("A catalogue on Ray", ["what", "measured"], rows, note))


def write_songs(folder: Path) -> None:
    """Write stereo noise."""
    folder.mkdir()
    noise = np.random.default_rng(0)
    for number in range(SONGS):
        samples = 0.1 * noise.standard_normal((SECONDS * RATE, 2))
        soundfile.write(folder / f"{number:02}.flac", samples, RATE)


def start(songs: Path, out: Path, workers: int, model: str | None) -> subprocess.Popen:
    """Start the job in a process of its own, as its user does."""
    command = [sys.executable, "-m", "synthgen_tf.scale", str(songs), "--out", str(out)]
    command += ["--workers", str(workers), *(["--model", model] if model else [])]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def done(out: Path) -> list[str]:
    """Return the songs that the manifest says are done so far, as often as each stands there."""
    if not (out / MANIFEST).is_file():
        return []
    with (out / MANIFEST).open(encoding="utf-8", newline="") as file:
        return [row["input"] for row in csv.DictReader(file) if row["state"] == DONE]


def speed(songs: Path, out: Path, workers: int, model: str | None) -> float:
    """Return the seconds of music that are separated in a second, once all workers are at work."""
    job, begun = start(songs, out, workers, model), None
    while job.poll() is None:
        count = len(done(out))
        if begun is None and count >= workers:
            begun, first = time.monotonic(), count
        if count == SONGS:
            break
        time.sleep(0.05)
    ended = time.monotonic()
    if job.wait() or begun is None:
        raise RuntimeError(f"the job ended with {job.returncode}")
    return (SONGS - first) * SECONDS / (ended - begun)


def lost_or_double(songs: Path, out: Path, model: str | None, dice: random.Random) -> int:
    """Kill one of two workers while songs are left, and count songs that are not done just once."""
    job = start(songs, out, 2, model)
    wanted = dice.randrange(1, SONGS - 2)
    while len(done(out)) < wanted:
        if job.poll() is not None:
            raise RuntimeError(f"the job ended with {job.returncode}")
        time.sleep(0.05)
    time.sleep(2.0 * dice.random())
    found = subprocess.run(["pgrep", "-f", "ray::MapWorker"], capture_output=True, text=True)
    os.kill(int(dice.choice(found.stdout.split())), signal.SIGKILL)
    job.wait()
    times = Counter(done(out))
    return sum(times[song.name] != 1 for song in songs.iterdir())


if __name__ == "__main__":
    main()
