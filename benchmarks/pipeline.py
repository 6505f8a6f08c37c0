"""What the data chain costs, beside a plain reader, musdb's own loader and what it was meant to be.

    python benchmarks/pipeline.py
    python benchmarks/pipeline.py --augmentation SONGS   # each augmentation's cost alone

Everything is made in a temporary folder (3 GB, most of it holes) and measured in one process, in
rounds that take turns, so that other work on the machine slows all of them alike.
"""

import argparse
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import musdb
import numpy as np
import soundfile
import stempeg
import tensorflow as tf

from synthgen_tf.audio import stem_file
from synthgen_tf.cli.tables import print_table
from synthgen_tf.config import Config, load_config
from synthgen_tf.data import open_tracks, prepare, select_tracks
from synthgen_tf.data.chain import chain_options, training_examples
from synthgen_tf.data.mix import at_gain
from synthgen_tf.data.reader import segment_reader
from synthgen_tf.data.store import INDEX, read_index, write_json
from synthgen_tf.render import render_songs
from synthgen_tf.table import Table
from synthgen_tf.tracks import Track, read_tracks

SECONDS = 6.0
ROUNDS = 7
STEM_FILES = "stem_files"
NO_AUGMENTATION = {
    "remix": 0.0,
    "gain_db": 0.0,
    "swap_channels": 0.0,
    "flip_polarity": 0.0,
    "mono": 0.0,
    "silent_target": 0.0,
    "target_only": 0.0,
    "target_crops": 0.0,
    "leave_out": 0.0,
    "loud_target": 0.0,
    "saturate": 0.0,
    "equalize": 0.0,
    "width": 0.0,
    "equalize_mix": 0.0,
    "speed": 0.0,
    "limit": 0.0,
}
EACH = ("remix", "swap_channels", "mono", "saturate", "equalize", "width", "speed", "equalize_mix",
        "limit", "code")  # fmt: skip


def main() -> None:
    """Make the data, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", type=Path, help="only print the peak memory of this store")
    parser.add_argument("--augmentation", type=Path, help="only what each costs, on these songs")
    arguments = parser.parse_args()
    if arguments.memory:
        print(peak_memory(arguments.memory))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if arguments.augmentation:
            prepare(arguments.augmentation, root / "store", configuration())
            print_table(augmentation(root / "store"))
            return
        songs = root / "songs"
        render_songs(songs, 20, seconds=30.0, seed=0, jobs=os.cpu_count() or 1)
        store = root / "store"
        prepare(songs, store, configuration(), jobs=os.cpu_count() or 1)
        ways, ratios = throughput(root, store)
        print_table(ways)
        rows = [
            *ratios,
            length_row(root),
            memory_row(root, store),
            preparation_row(root, root / STEM_FILES),
            decoding_row(root / STEM_FILES),
        ]
        print_table(Table("Aims", ["what", "measured", "aim"], rows))


def configuration(**data: float | str) -> Config:
    """Six-second stereo examples, eight a batch, with changes to section `data`."""
    settings = {"segment_seconds": SECONDS, "batch_size": 8, **data}
    return load_config("tiny", settings=[f"data.{key}={value}" for key, value in settings.items()])


def throughput(root: Path, store: Path) -> tuple[Table, list[list[str]]]:
    """Examples per second and CPU milliseconds per example of every way to get them."""
    config = configuration()
    tracks = select_tracks(open_tracks(store, config), "train", config)
    plain, full = "chain, plain", "chain, full augmentation"
    raw, stem_files, waves = "raw reader", "musdb, .stem.mp4", "musdb, WAV"
    coded = configuration(code=0.02)
    ways: dict[str, tuple[Iterator, int, int]] = {
        # name: iterator, examples each pull gives, pulls in a round
        raw: (raw_reader(tracks, config), 1, 160),
        plain: (iter(training_examples(tracks, configuration(**NO_AUGMENTATION))), 8, 16),
        full: (iter(training_examples(tracks, config)), 8, 16),
        "chain, full, 2 % coded": (
            iter(training_examples(tracks, coded)),
            8,
            16,
        ),
        "soundfile in a loop": (soundfile_loop(tracks, config), 1, 40),
        waves: (musdb_loop(musdb_layout(root / "hq", tracks), is_wav=True), 1, 3),
        stem_files: (musdb_loop(stem_file_song(root / STEM_FILES, tracks), is_wav=False), 1, 3),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (iterator, batch, pulls) in ways.items():
            list(itertools.islice(iterator, max(2, pulls // 2)))  # what stood ready
            seconds, cpu = timed(lambda: list(map(len, itertools.islice(iterator, pulls))))  # noqa: B023
            speeds[name].append(batch * pulls / seconds)
            costs[name].append(1000.0 * cpu / (batch * pulls))
    rows = [
        [name, f"{statistics.median(speeds[name]):.1f}", f"{statistics.median(costs[name]):.1f}"]
        for name in ways
    ]
    note = f"{SECONDS:g}-second stereo examples of five stems; medians of {ROUNDS} rounds."
    table = Table("Ways to get examples", ["way", "examples/s", "CPU ms/example"], rows, note)

    def ratio(one: str, other: str) -> float:
        pairs = zip(speeds[one], speeds[other], strict=True)
        return statistics.median(a / b for a, b in pairs)

    return table, [
        ["full chain over the raw reader", f"{ratio(full, raw):.2f}", "at least 0.6"],
        ["full chain over musdb, .stem.mp4", f"{ratio(full, stem_files):.0f}", "at least 50"],
        ["full chain over musdb, WAV", f"{ratio(full, waves):.0f}", "at least 50"],
    ]


def augmentation(store: Path) -> Table:
    """CPU time of the chain of preset `base` with each augmentation alone, at every example.

    Examples per second and core are of CPU time, so that other work on the machine counts little.
    """
    none = [f"data.{key}={value}" for key, value in NO_AUGMENTATION.items()]
    base = load_config("base")
    ways = {"nothing": load_config("base", settings=none)}
    for name in EACH:
        ways[name] = load_config("base", settings=[*none, f"data.{name}=1"])
    ways["all, as base has them"] = base
    tracks = select_tracks(open_tracks(store, base), "train", base)
    iterators = {name: iter(training_examples(tracks, config)) for name, config in ways.items()}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for iterator in iterators.values():
        next(iterator)
    settle()
    for _ in range(ROUNDS):
        for name, iterator in iterators.items():
            pulls = 1 if name == "code" else 8
            start = time.process_time()
            list(itertools.islice(iterator, pulls))
            settle()  # with as much made ahead as at the start
            cpu = time.process_time() - start
            costs[name].append(1000.0 * cpu / (pulls * base.data.batch_size))
    rows = []
    for name, values in costs.items():
        speed = statistics.median(a / b for a, b in zip(costs["nothing"], values, strict=True))
        cost = statistics.median(values)
        share = f"{getattr(base.data, name):g}" if name in EACH else ""
        rows.append([name, share, f"{1000.0 / cost:.0f}", f"{cost:.1f}", f"{speed:.2f}"])
    columns = ["at every example", "share in base", "examples/s a core", "CPU ms each", "speed"]
    note = f"{base.data.segment_seconds:g}-second stereo examples; medians of {ROUNDS} rounds."
    return Table("What each augmentation costs", columns, rows, note)


def settle() -> None:
    """Wait until every chain of this process has made ahead what it may."""
    used = -1.0
    while time.process_time() - used > 0.002:
        used = time.process_time()
        time.sleep(0.2)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall clock and of CPU, processes started by it included."""

    def cpu() -> float:
        usages = [
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    start, cpu_start = time.perf_counter(), cpu()
    work()
    return time.perf_counter() - start, cpu() - cpu_start


def raw_reader(tracks: list[Track], config: Config) -> Iterator:
    """The chain's reader and nothing else: float32 stereo cuts of all stems, at random places."""
    stems = tracks[0].parts()
    read, calls = segment_reader(tracks, stems)
    room = min(track.frames for track in tracks) - config.segment

    def cut(number):
        chance = tf.random.stateless_uniform((2, len(stems)), (config.seed, number))
        songs = tf.cast(chance[0] * len(tracks), tf.int64)
        starts = tf.cast(chance[1] * room, tf.int64)
        frames = tf.constant(config.segment, tf.int64)
        cuts = [read(songs[i], i, starts[i], frames) for i in range(len(stems))]
        return tuple(at_gain(cut, 1.0, tf.constant(False), frames, 2) for cut in cuts)

    numbers = tf.data.Dataset.range(1 << 62)
    cuts = numbers.map(cut, num_parallel_calls=calls).prefetch(16)
    return iter(cuts.with_options(chain_options()))


def soundfile_loop(tracks: list[Track], config: Config) -> Iterator:
    """What one writes in an hour: soundfile, random places, a sum."""
    random = np.random.default_rng(0)
    while True:
        track = tracks[random.integers(len(tracks))]
        start = random.integers(track.frames - config.segment)
        stems = [
            soundfile.read(track.stems[stem][0], config.segment, start, dtype="float32")[0]
            for stem in track.parts()
        ]
        yield sum(stems), stems[-1]


def musdb_loop(root: Path, is_wav: bool) -> Iterator:
    """musdb as its documentation shows it: chunks of mixture and one target."""
    random = np.random.default_rng(0)
    songs = list(musdb.DB(root=str(root), is_wav=is_wav, subsets=["train"]))
    while True:
        song = songs[random.integers(len(songs))]
        song.chunk_duration = SECONDS
        song.chunk_start = random.uniform(0.0, song.duration - SECONDS)
        yield song.audio, song.targets["other"].audio


def musdb_layout(root: Path, tracks: list[Track]) -> Path:
    """Links to the store's files, named as MUSDB18-HQ names them."""
    for track in tracks:
        folder = root / "train" / track.name
        folder.mkdir(parents=True)
        for stem in ("mixture", "drums", "bass", "other", "vocals"):
            (folder / f"{stem}.wav").symlink_to(track.stems[stem][0].resolve())
    return root


def stem_file_song(root: Path, tracks: list[Track]) -> Path:
    """MUSDB18 with one song of four minutes, written by stempeg from eight rendered ones."""
    stems = [
        np.concatenate([track.read(stem) for track in tracks[:8]])
        for stem in ("mixture", "drums", "bass", "other", "vocals")
    ]
    song = root / "train" / "Band - Song.stem.mp4"
    song.parent.mkdir(parents=True)
    stempeg.write_stems(str(song), np.stack(stems), writer=stempeg.StreamsWriter())
    return root


def length_row(root: Path) -> list[str]:
    """Cost of a cut from an hour over that from ten seconds."""
    config = configuration()
    iterators = {}
    for seconds in (10, 3600):
        folder = root / f"long_{seconds}" / "train" / "song"
        folder.mkdir(parents=True)
        for stem in ("synth", "drums"):
            silent_wave(folder / f"{stem}.wav", seconds)
        tracks = read_tracks(folder.parents[1], "folder")
        iterators[seconds] = raw_reader(tracks, config)
        for file in folder.iterdir():
            file.read_bytes()  # into the page cache, where short files are anyway
    costs: dict[int, list[float]] = {seconds: [] for seconds in iterators}
    for _ in range(4 * ROUNDS):
        for seconds, iterator in iterators.items():
            _, cpu = timed(lambda: list(map(len, itertools.islice(iterator, 60))))  # noqa: B023
            costs[seconds].append(cpu)
    ratio = statistics.median(costs[3600]) / statistics.median(costs[10])
    return ["cut from 60 minutes over 10 seconds, CPU", f"{ratio:.2f}", "at most 1.1"]


def silent_wave(path: Path, seconds: int) -> None:
    """A stereo WAV whose samples are a hole in the file."""
    with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
        file.write(np.zeros((1, 2), np.int16))
    size = 44 + seconds * 44_100 * 4
    with path.open("r+b") as file:
        file.truncate(size)
        for place, value in ((4, size - 8), (40, size - 44)):
            file.seek(place)
            file.write(value.to_bytes(4, "little"))


def memory_row(root: Path, store: Path) -> list[str]:
    """Peak memory of a chain over a hundred hours, over that of one hour."""
    peaks = []
    for hours in (1, 100):
        grown = grow(store, root / f"hours_{hours}", hours)
        command = [sys.executable, __file__, "--memory", str(grown)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(float(done.stdout))
    ratio = f"{peaks[1] / peaks[0]:.2f} ({peaks[0]:.0f} and {peaks[1]:.0f} MiB)"
    return ["peak memory, 100 hours over 1 hour", ratio, "at most 1.1"]


def grow(store: Path, out: Path, hours: int) -> Path:
    """A store of as many hours as wanted, whose tracks are links to those of another."""
    index = read_index(store)
    entries = [entry for entry in index["tracks"] if entry["split"] == "train"]
    seconds = entries[0]["frames"] / index["sample_rate"]
    tracks = []
    (out / "train").mkdir(parents=True)
    for number in range(round(hours * 3600 / seconds)):
        entry = entries[number % len(entries)]
        name = f"song_{number}"
        (out / "train" / name).symlink_to((store / "train" / entry["name"]).resolve())
        tracks.append({**entry, "name": name})
    write_json(out / INDEX, {**index, "tracks": tracks})
    return out


def peak_memory(store: Path) -> float:
    """MiB that this process has used at most, after 40 batches of the full chain."""
    config = configuration()
    tracks = select_tracks(open_tracks(store, config), "train", config)
    for _ in training_examples(tracks, config).take(40):
        pass
    # not ru_maxrss, which begins with that of the process that started this one
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in status if line.startswith("VmHWM"))  # in kB
    return int(peak.split()[1]) / 1024.0


def preparation_row(root: Path, songs: Path) -> list[str]:
    """Speed of `prepare` on a `.stem.mp4` of four minutes, by the CPU time of one process."""
    prepare(songs, root / "warm", configuration(target="other"))
    (_, cpu) = timed(lambda: prepare(songs, root / "cold", configuration(target="other")))
    seconds = sum(track.frames / track.sample_rate for track in read_tracks(songs))
    return ["preparing .stem.mp4, times real time a core", f"{seconds / cpu:.0f}", "at least 40"]


def decoding_row(songs: Path) -> list[str]:
    """Largest difference between ffmpeg's decoding and ours, over all streams of a song."""
    path = next(songs.glob("*/*.stem.mp4"))
    largest = 0.0
    for stream in range(5):
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:a:{stream}"]
        command += ["-f", "f32le", "-"]
        told = subprocess.run(command, check=True, capture_output=True).stdout
        expected = np.frombuffer(told, "<f4").reshape(-1, 2)
        found = np.concatenate(list(stem_file.decode(path, stream)))
        if found.shape != expected.shape:
            return ["decoded stems against ffmpeg", f"{found.shape} frames", f"{expected.shape}"]
        largest = max(largest, float(np.abs(found - expected).max()) * 2**15)
    return ["decoded stems against ffmpeg, 16-bit steps", f"{largest:.3f}", "below 1"]


if __name__ == "__main__":
    main()
