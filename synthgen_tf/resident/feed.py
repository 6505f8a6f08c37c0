"""Batches made on the device, from shards that arrive there while training runs."""

import os
import queue
import threading
from collections.abc import Callable, Iterator

import keras
import numpy as np
from keras import ops

from synthgen_tf.config import Config
from synthgen_tf.data.draw import Dice, SongTable
from synthgen_tf.errors import InputError
from synthgen_tf.resident import mix
from synthgen_tf.resident.songs import Shard

ROOM_SHARE = 0.6
"""Share of the memory that songs may fill; the network needs the rest."""


class Feed:
    """Makes batches; every step takes its targets from one shard and remixes with another.

    Args:
        shards: as they get ready; read in a thread of its own.
        stems: how many.
        config: what to make.
        room: bytes that songs may fill.
        tell: is given a line where not all songs fit.

    Raises:
        InputError: when the first shard cannot be made, or is larger than the room.
    """

    def __init__(
        self,
        shards: Iterator[Shard],
        stems: int,
        config: Config,
        room: int,
        tell: Callable[[str], object] = lambda line: None,
    ):
        self.config, self.room, self.tell = config, room, tell
        self.dice = Dice(stems, config)
        self.held: list[tuple[object, SongTable]] = []
        self._mix = compiled(lambda own, other, plan: mix.mix(own, other, plan, config))
        self._arriving: queue.Queue = queue.Queue(maxsize=1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(shards,), daemon=True)
        self._thread.start()
        while not self.held:
            if not self._take(block=True):
                raise InputError("no song to train on has arrived: see above")

    def close(self) -> None:
        """Take no more shards."""
        self._ended.set()

    def batch(self, step: int):
        """Mixture and target of a step, (batch, segment, channels) each, on the device."""
        while self._take(block=False):
            pass
        size = self.config.data.batch_size
        random = np.random.default_rng([self.config.seed, step])
        own, other = (self.held[i] for i in random.integers(len(self.held), size=2))
        numbers = np.arange(step * size, (step + 1) * size)
        plan = mix.plan(self.dice.throw(numbers, own[1], other[1]), self.config)
        return self._mix(own[0], other[0], plan)

    @property
    def songs(self) -> int:
        """Songs that are on the device by now."""
        return sum(len(table.lengths) for _, table in self.held)

    def _read(self, shards: Iterator[Shard]) -> None:
        try:
            for shard in shards:
                while not self._ended.is_set():
                    try:
                        self._arriving.put(shard, timeout=0.2)
                        break
                    except queue.Full:
                        continue
                if self._ended.is_set():
                    return
            self._arriving.put(None)
        except Exception as error:  # it belongs to the thread that trains
            self._arriving.put(error)

    def _take(self, block: bool) -> bool:
        """Bring a shard that has arrived to the device; False where there is none."""
        if self._ended.is_set():
            return False
        try:
            shard = self._arriving.get(block)
        except queue.Empty:
            return False
        if isinstance(shard, Exception):
            raise shard
        if shard is None:
            self.close()
            return False
        size = shard.samples.nbytes
        if (len(self.held) + 1) * size > self.room:
            if not self.held:
                raise InputError(
                    f"a shard of songs takes {size / 1e6:.0f} MB and there is room for "
                    f"{self.room / 1e6:.0f} MB: render fewer or shorter songs"
                )
            self.tell(f"no room for more than {self.songs} songs, the others are left out")
            self.close()
            return False
        if len(shard.songs.lengths):
            self.held.append((ops.convert_to_tensor(shard.samples), shard.songs))
        return True


def compiled(function: Callable) -> Callable:
    """A function of tensors, compiled where the backend compiles."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    return lambda own, other, plan: function(
        own, other, mix.Plan(*(ops.convert_to_tensor(each) for each in plan))
    )


def device_room() -> int:
    """Bytes that songs may fill: of the accelerator's memory where it tells, or the machine's."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if keras.backend.backend() == "jax":
        import jax

        memory = (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit", memory)
    elif keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_available():
            memory, _ = torch.cuda.mem_get_info()
    return int(ROOM_SHARE * memory)
