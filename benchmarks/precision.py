"""How long a step takes in float32 and in bfloat16, on the device that is here.

    python benchmarks/precision.py base large
    KERAS_BACKEND=jax python benchmarks/precision.py base large --batch 64

Both train the same network on one batch of noise, a round of steps each in turn; medians over the
rounds. Where `training.precision` changes nothing, there is one row.
"""

import argparse
import os
import time
from collections.abc import Mapping

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from synthgen_tf.cli.terminal import print_table
from synthgen_tf.config import Config, load_config
from synthgen_tf.report import Table
from synthgen_tf.train import compile_model, trained_part
from synthgen_tf.train.precision import bfloat16_products, has_accelerator, has_bfloat16

ROUNDS = 5


def main() -> None:
    """Time both in turns for each preset, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="+", metavar="PRESET")
    parser.add_argument("--batch", type=int, help="examples of a batch, the preset's by default")
    parser.add_argument("--steps", type=int, default=5, help="of a round")
    arguments = parser.parse_args()
    rows = []
    both = ("float32", "bfloat16") if has_accelerator() or has_bfloat16() else ("float32",)
    for preset in arguments.presets:
        settings = [f"data.batch_size={arguments.batch}"] if arguments.batch else []
        configs = {
            name: load_config(preset, settings=[*settings, f"training.precision={name}"])
            for name in both
        }
        rows += table_rows(preset, configs, arguments.steps)
    columns = ["preset", "precision", "ms a step", "times real time", "against float32"]
    note = f"Medians of {ROUNDS} rounds."
    print_table(Table(f"Steps under {keras.backend.backend()}", columns, rows, note))


def table_rows(preset: str, configs: Mapping[str, Config], steps: int) -> list[list[str]]:
    """Time each precision's configuration; return a row for each."""
    config = configs["float32"]
    trained = {name: trained_part(compile_model(each), each) for name, each in configs.items()}
    frames = int(config.data.segment_seconds * config.model.sample_rate)
    shape = (config.data.batch_size, frames, config.model.channels)
    mixture = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    batch = [keras.ops.convert_to_tensor(each) for each in (mixture, 0.3 * mixture)]
    taken: dict[str, list[float]] = {name: [] for name in configs}
    for _ in range(1 + ROUNDS):
        for name in configs:
            begin = time.perf_counter()
            with bfloat16_products(configs[name]):
                for _ in range(steps):
                    trained[name].train_on_batch(*batch)
            taken[name].append((time.perf_counter() - begin) / steps)
    seconds = {name: float(np.median(each[1:])) for name, each in taken.items()}  # one compiles
    heard = config.data.batch_size * config.data.segment_seconds
    return [
        [preset, name, f"{1000 * each:.0f}", f"{heard / each:.0f}",
         f"{seconds['float32'] / each:.2f}"]
        for name, each in seconds.items()
    ]  # fmt: skip


if __name__ == "__main__":
    main()
