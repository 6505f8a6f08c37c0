"""Songs rendered by the machine's other cores, straight into memory that the trainer reads.

Processes are forked, so that they share memory without a file system; that has to happen before
TensorFlow, JAX or PyTorch is loaded, which do not survive it.
"""

import mmap
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import numpy as np

from synthgen_tf.data.example import in_order
from synthgen_tf.data.licence import song_licences
from synthgen_tf.data.song_table import SongTable
from synthgen_tf.errors import InputError
from synthgen_tf.render.compose.score import STEMS
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_frames
from synthgen_tf.render.song import render_song, split_of
from synthgen_tf.render.sources import Sources
from synthgen_tf.resident.songs import ROW, SHARD_SONGS, MemoryTrack, Shard, rows_of

CHANNELS = 2
VALID_SHARE = 0.1
MOST_VALID = 64
"""Songs to validate on, at most: each is scored at several places after every epoch."""

LOADED = ("tensorflow", "jax", "torch")
"""Libraries that do not survive a fork once they are loaded."""


@dataclass(frozen=True)
class Task:
    """A song to render, and where it goes.

    Attributes:
        index: number of the song, which with the seed decides what it is.
        shard: number of the shard.
        place: among the songs of the shard, from 0.
    """

    index: int
    shard: int
    place: int


class Renderers:
    """Processes that render songs into shared memory, the ones to validate on first.

    Args:
        count: songs to train on.
        seed: of the songs.
        seconds: length of each.
        sources: what they are rendered from.
        jobs: processes.
        target: stem to extract.
        first: number of songs to train on that an earlier session of the run had.
        valid: songs to validate on; None for as many as suit `count`.
        tell: called with a line of text about songs that could not be rendered.

    Raises:
        InputError: when `target` is no stem of rendered songs.
        RuntimeError: when a library is loaded that does not survive a fork.
    """

    def __init__(
        self,
        count: int,
        seed: int,
        seconds: float,
        sources: Sources,
        jobs: int,
        target: str = "synth",
        first: int = 0,
        valid: int | None = None,
        tell: Callable[[str], object] = lambda line: None,
    ):
        if target not in STEMS:
            raise InputError(f"--render has no stem {target!r}; expected {', '.join(STEMS)}")
        if loaded := [name for name in LOADED if name in sys.modules]:
            raise RuntimeError(f"start renderers before {loaded[0]} is imported")
        self.stems = tuple(in_order(target, STEMS))
        self.seed, self.seconds, self.sources, self.tell = seed, seconds, sources, tell
        self.frames = to_frames(seconds)
        self.song_rows = rows_of(self.frames)
        self.valid = valid or min(MOST_VALID, max(2, round(VALID_SHARE * count)))
        self.shard_songs = min(SHARD_SONGS, max(1, count // 2))
        self.last = first + count
        self.tasks = list(self._tasks(count, first))
        self.name = f"rendered: seed {seed}, songs {first} to {first + count - 1} of {seconds:g} s"
        self._licences: set[str] = set()
        self._closed = False
        self.shards = 1 + max(task.shard for task in self.tasks)
        self._memory = [mmap.mmap(-1, self._bytes(shard)) for shard in range(self.shards)]
        self._levels: dict[int, np.ndarray] = {}
        self._missing = set(range(len(self.tasks)))
        self._start(jobs)

    def _tasks(self, count: int, first: int) -> Iterator[Task]:
        """Yield what to render; shard 0 holds the songs to validate on."""
        indices: dict[str, list[int]] = {"valid": [], "train": []}
        index = 0
        while len(indices["train"]) < first + count or len(indices["valid"]) < self.valid:
            indices.get(split_of(index), []).append(index)
            index += 1
        for place, index in enumerate(indices["valid"][: self.valid]):
            yield Task(index, 0, place)
        for number, index in enumerate(indices["train"][first : first + count]):
            yield Task(index, 1 + number // self.shard_songs, number % self.shard_songs)

    def _songs_of(self, shard: int) -> int:
        return self.shard_songs if shard else self.valid

    def _bytes(self, shard: int) -> int:
        return len(self.stems) * self._songs_of(shard) * self.song_rows * ROW * CHANNELS * 2

    def _view(self, shard: int) -> np.ndarray:
        """Return the memory of a shard as int16 (stems, songs, frames of whole rows, channels)."""
        shape = (len(self.stems), self._songs_of(shard), self.song_rows * ROW, CHANNELS)
        return np.frombuffer(self._memory[shard], np.int16).reshape(shape)

    def _start(self, jobs: int) -> None:
        context = multiprocessing.get_context("fork")
        next_task = context.Value("l", 0)
        self._workers: dict[connection.Connection, tuple[BaseProcess, int | None]] = {}
        for _ in range(max(1, min(jobs, len(self.tasks)))):
            ours, theirs = context.Pipe(duplex=False)
            worker = context.Process(target=self._work, args=(next_task, theirs), daemon=True)
            worker.start()
            theirs.close()
            self._workers[ours] = (worker, None)  # it has no song yet

    def _work(self, next_task: "Synchronized[int]", pipe: connection.Connection) -> None:
        """Render songs in a worker, which says which song it begins, and how that ended."""
        os.nice(5)  # the trainer feeds a device that many wait for
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the trainer, which ends this
        for ending in (signal.SIGTERM, signal.SIGHUP):  # as they were, not as the command has them
            signal.signal(ending, signal.SIG_DFL)
        trainer = os.getppid()
        while os.getppid() == trainer:  # nobody waits for what a killed one asked for
            with next_task.get_lock():
                number = next_task.value
                next_task.value += 1
            if number >= len(self.tasks):
                return
            pipe.send((number, None))
            try:
                pipe.send((number, self._render(self.tasks[number])))
            except Exception as error:  # one song less
                pipe.send((number, f"{type(error).__name__}: {error}"))

    def _render(self, task: Task) -> tuple[np.ndarray, list[str]]:
        """Render a song into its place; return its stems' levels and the song's licences."""
        song = render_song(self.seed, task.index, self.seconds, self.sources)
        view = self._view(task.shard)
        for stem, name in enumerate(self.stems):
            view[stem, task.place, : self.frames] = song.sound[name]
        levels = [song.description["levels"][name] for name in self.stems]
        return np.array(levels, np.uint8), song_licences(song.description)

    def licences(self) -> tuple[str, ...]:
        """Return the licences that songs finished so far put on what learns from them."""
        return tuple(sorted(self._licences))

    def close(self) -> None:
        """End all processes; `finished` ends too, whatever thread it is in."""
        self._closed = True
        for worker, _ in list(self._workers.values()):
            worker.kill()

    def finished(self) -> Iterator[int]:
        """Yield numbers of shards as they get whole, each song rendered or lost with its renderer.

        Raises:
            InputError: when nothing could be rendered.
        """
        waiting = {shard: self._songs_of(shard) for shard in range(self.shards)}
        count = len(self.tasks) - self.valid
        waiting[self.shards - 1] -= (self.shards - 1) * self.shard_songs - count
        while waiting and not self._closed:
            for number in self._settled():
                shard = self.tasks[number].shard
                waiting[shard] -= 1
                if not waiting[shard]:
                    del waiting[shard]
                    yield shard
            if not self._workers and self._missing and not self._closed:
                lost, self._missing = self._missing, set()
                self.tell(f"{len(lost)} of {len(self.tasks)} songs were not rendered")
                if not self._levels:
                    raise InputError(
                        "no song could be rendered, all renderers ended early: try `synthgen "
                        "render` with the same sources to see why"
                    )
                yield from sorted(waiting)
                return

    def _settled(self) -> Iterator[int]:
        """Yield numbers of songs that were finished, or whose renderer died over them."""
        waited = connection.wait(list(self._workers), timeout=1.0)
        for pipe in [each for each in self._workers if each in waited]:
            worker, current = self._workers[pipe]
            try:
                number, found = pipe.recv()
            except EOFError:
                worker.join()
                del self._workers[pipe]
                if current is not None:
                    yield self._lose(
                        current,
                        f"its renderer ended with exit code {worker.exitcode}, "
                        f"{len(self._workers)} are left",
                    )
                continue
            self._workers[pipe] = (worker, number if found is None else None)
            if isinstance(found, str):
                yield self._lose(number, found)
            elif found is not None:
                self._levels[number], licences = found
                self._licences.update(licences)
                self._missing.discard(number)
                yield number

    def _lose(self, number: int, reason: str) -> int:
        if not self._closed:
            self.tell(f"song {self.tasks[number].index} is lost: {reason}")
        self._missing.discard(number)
        return number

    def shard(self, shard: int) -> Shard:
        """Return a shard that is finished; songs that were lost are not among its songs.

        Its samples are a copy: on a CPU a backend may go on reading the memory that it is given.
        """
        samples = self._view(shard).reshape(len(self.stems), -1, ROW, CHANNELS).copy()
        return Shard(samples, self._table(self._whole(shard)))

    def _whole(self, shard: int) -> list[int]:
        """Return the numbers of the songs of a shard that were finished."""
        return [n for n in sorted(self._levels) if self.tasks[n].shard == shard]

    def _table(self, numbers: Sequence[int]) -> SongTable:
        firsts = [self.tasks[number].place * self.song_rows * ROW for number in numbers]
        levels = [self._levels[number] for number in numbers]
        return SongTable.of_levels(firsts, [self.frames] * len(numbers), levels, SAMPLE_RATE)

    def forget(self, shard: int) -> None:
        """Give the memory of a shard back, in all processes; it cannot be read any more."""
        self._memory[shard].madvise(mmap.MADV_REMOVE)

    def valid_tracks(self) -> list[MemoryTrack]:
        """Return the songs to validate on, once shard 0 is finished."""
        view = self._view(0)
        tracks = []
        for number in self._whole(0):
            task = self.tasks[number]
            sound = view[:, task.place, : self.frames]
            stems: dict[str, tuple[Path, ...]] = dict.fromkeys(self.stems, ())
            name = f"song_{self.seed:04d}_{task.index:06d}"
            levels = dict(zip(self.stems, self._levels[number], strict=True))
            tracks.append(
                MemoryTrack(
                    name,
                    "valid",
                    stems,
                    SAMPLE_RATE,
                    self.frames,
                    CHANNELS,
                    "PCM_16",
                    levels=levels,
                    sound=sound,
                )
            )
        return tracks
