"""Batches made on the device, from shards that arrive there while training runs."""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Generator

import keras
import numpy as np
from keras import ops

from synthgen_tf.config import Config
from synthgen_tf.data.draw import Dice
from synthgen_tf.data.example import Example
from synthgen_tf.data.normalise import normalise
from synthgen_tf.data.song_table import SongTable
from synthgen_tf.errors import InputError
from synthgen_tf.resident import device_mix
from synthgen_tf.resident.songs import Shard

CLOSE_SECONDS = 5.0
"""That a thread is waited for at the end; it may be in the middle of a file."""

READY_BATCHES = 1
"""Batches that are made while a step runs, beside the one that waits for room in the queue."""

UNTOLD_GPU_BYTES = 16e9
"""Memory that a GPU is taken to have under TensorFlow, which does not tell."""

ROOM_SHARE = 0.6
"""Share of the memory that songs may fill; the network needs the rest."""


class Feed:
    """What makes the batches: each step takes its targets from one shard and remixes with another.

    One thread brings shards to the device as they get ready, another makes the next batches, so
    that training waits for neither.

    Args:
        shards: of one shape, yielded as they get ready.
        stems: how many a shard has.
        config: section `data`, the segment and the seed decide the batches.
        room: bytes that songs may fill.
        first: number of the step to begin with.
        tell: called with a line of text where not all songs fit.

    Raises:
        InputError: when the first shard cannot be made, or is larger than the room.
    """

    def __init__(
        self,
        shards: Generator[Shard, None, None],
        stems: int,
        config: Config,
        room: int,
        first: int = 0,
        tell: Callable[[str], object] = lambda line: None,
    ):
        self.config, self.room, self.tell = config, room, tell
        self.dice = Dice(stems, config)
        self.held: list[tuple[object, SongTable]] = []
        self._mix = compiled(
            lambda own, other, plan: normalise(device_mix.mix(own, other, plan, config), config)
        )
        self._begun, self._ended = threading.Event(), threading.Event()
        self._error: Exception | None = None
        self._ready: queue.Queue = queue.Queue(maxsize=READY_BATCHES)
        self._threads = [self._started(self._bring, shards)]
        self._begun.wait()
        if self._error:
            raise self._error
        if not self.held:
            raise InputError("no song to train on has arrived: see above")
        self._threads.append(self._started(self._make, first))

    def close(self) -> None:
        """End both threads; each is waited for `CLOSE_SECONDS` at most."""
        self._ended.set()
        for thread in self._threads:
            thread.join(CLOSE_SECONDS)

    def _started(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        """Start a thread whose error, if it has one, is raised where training runs."""

        def guarded() -> None:
            try:
                work(*arguments)
            except Exception as error:
                self._error = error
            self._begun.set()

        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        return thread

    def batch(self) -> Example:
        """Wait for the examples of the next step, (batch, segment, channels), on the device.

        Raises:
            InputError: when songs could not be read.
        """
        while True:
            if self._error:
                raise self._error
            with contextlib.suppress(queue.Empty):
                return self._ready.get(timeout=1.0)

    @property
    def songs(self) -> int:
        """How many songs are on the device by now."""
        return sum(len(table.lengths) for _, table in self.held)

    def _bring(self, shards: Generator[Shard, None, None]) -> None:
        with contextlib.closing(shards):
            for shard in shards:
                if self._ended.is_set() or not self._holds(shard):
                    break
                if self.held:
                    self._begun.set()

    def _holds(self, shard: Shard) -> bool:
        """Bring a shard to the device; False where there is no room."""
        size = shard.samples.nbytes
        if (len(self.held) + 1) * size > self.room:
            if not self.held:
                raise InputError(
                    f"a shard of songs takes {size / 1e6:.0f} MB and there is room for "
                    f"{self.room / 1e6:.0f} MB: render fewer or shorter songs"
                )
            self.tell(f"no room for more than {self.songs} songs, the others are left out")
            return False
        if len(shard.songs.lengths):
            self.held.append((ops.convert_to_tensor(shard.samples), shard.songs))
        return True

    def _make(self, step: int) -> None:
        size = self.config.data.batch_size
        while not self._ended.is_set():
            random = np.random.default_rng([self.config.seed, step])
            own, other = (self.held[i] for i in random.integers(len(self.held), size=2))
            numbers = range(step * size, (step + 1) * size)
            plan = device_mix.plan(self.dice.throw(numbers, own[1], other[1]), self.config)
            batch = self._mix(own[0], other[0], plan)
            while not self._ended.is_set():
                with contextlib.suppress(queue.Full):
                    self._ready.put(batch, timeout=0.2)
                    break
            step += 1


def compiled(function: Callable) -> Callable:
    """Compile a function where the backend of Keras compiles.

    Args:
        function: takes the tensors of two shards and a `device_mix.Plan`, and returns tensors.
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    return lambda own, other, plan: function(
        own, other, device_mix.Plan(*(ops.convert_to_tensor(each) for each in plan))
    )


def device_room() -> int:
    """Return how many bytes of songs the device can hold beside the network.

    It is a share of the accelerator's memory where that is known, else of the machine's.
    """
    memory: float = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        memory = UNTOLD_GPU_BYTES if tf.config.list_physical_devices("GPU") else memory
    if keras.backend.backend() == "jax":
        import jax

        memory = (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit", memory)
    if keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_available():
            memory, _ = torch.cuda.mem_get_info()
    return int(ROOM_SHARE * memory)
