"""How many steps a minute: songs in the device's memory against the tf.data chain, side by side.

    python benchmarks/resident.py --data SONGS --preset base
    KERAS_BACKEND=jax python benchmarks/resident.py --data SONGS --preset base

Both feed the same network in one process, a round of steps each in turn, at the preset's own
augmentation; medians over the rounds. Under another backend than TensorFlow there is no chain, and
the first row is missing.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from synthgen_tf.cli.tables import print_table
from synthgen_tf.config import Config, load_config
from synthgen_tf.report import Table
from synthgen_tf.resident.feed import Feed, device_room
from synthgen_tf.resident.train import stored_music
from synthgen_tf.train import compile_model, trained_part


def main() -> None:
    """Time both and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="store, or rendered songs")
    parser.add_argument("--preset", default="base")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="of a round")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    config = load_config(arguments.preset, settings=arguments.set)
    trained = trained_part(compile_model(config), config)
    feeds = {"songs in memory": resident(arguments.data, config)}
    if keras.backend.backend() == "tensorflow":
        feeds = {"tf.data chain": chain(arguments.data, config), **feeds}
    taken: dict[str, list[float]] = {name: [] for name in feeds}
    for number in range(arguments.rounds + 1):
        for name, batch in feeds.items():
            begin = time.perf_counter()
            for _ in range(arguments.steps):
                trained.train_on_batch(*batch())
            if number:  # the first compiles
                taken[name].append((time.perf_counter() - begin) / arguments.steps)
    seconds = {name: float(np.median(each)) for name, each in taken.items()}
    heard = config.data.batch_size * config.data.segment_seconds
    first = next(iter(seconds.values()))
    rows = [
        [
            name,
            f"{1000 * each:.0f}",
            f"{60 / each:.0f}",
            f"{heard / each:.0f}",
            f"{first / each:.2f}",
        ]
        for name, each in seconds.items()
    ]
    columns = ["fed by", "ms a step", "steps a minute", "times real time", "against the first"]
    title = f"{arguments.preset} under {keras.backend.backend()}"
    print_table(Table(title, columns, rows, f"Medians of {arguments.rounds} rounds."))


def resident(data: Path, config: Config) -> Callable:
    """Gives batches of songs in memory."""
    music = stored_music(data, config)
    return Feed(music.shards, len(music.stems), config, device_room(), tell=print).batch


def chain(data: Path, config: Config) -> Callable:
    """Gives batches of the tf.data chain."""
    from synthgen_tf.data import open_tracks, select_tracks
    from synthgen_tf.data.chain import training_examples

    tracks = select_tracks(open_tracks(data, config), "train", config)
    batches = iter(training_examples(tracks, config))
    return lambda: next(batches)


if __name__ == "__main__":
    main()
