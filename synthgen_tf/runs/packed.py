"""A model in training as small files in half precision: for machines that are taken away soon.

`packed/part_<n>.npz` hold the weights as they are trained and their averages, no file above 16 MiB.
What the optimizer remembers beside those is left out: it is made anew within some hundred steps.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from synthgen_tf.errors import InputError

PACKED = "packed"
PART_BYTES = 15_000_000
LARGEST = 6e4
"""Half precision reaches a little further."""


def pack(run: Path, weights: Sequence[np.ndarray], averages: Sequence[np.ndarray]) -> None:
    """Write a run's weights in parts, all or nothing.

    Args:
        run: its directory.
        weights: of the whole network, in its order.
        averages: of the weights that are trained, in their order; empty where none are kept.
    """
    new, old = run / f".{PACKED}.tmp", run / f".{PACKED}.old"
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    new.mkdir(parents=True)
    named = [(f"weight_{i}", each) for i, each in enumerate(weights)]
    named += [(f"average_{i}", each) for i, each in enumerate(averages)]
    parts = list(_parts(named))
    for number, part in enumerate(parts):
        np.savez(new / f"part_{number}.npz", **part, parts=np.array(len(parts)))
    if (run / PACKED).exists():
        (run / PACKED).rename(old)
    new.rename(run / PACKED)
    shutil.rmtree(old, ignore_errors=True)


def _parts(named: Sequence[tuple[str, np.ndarray]]) -> Iterator[dict[str, np.ndarray]]:
    part: dict[str, np.ndarray] = {}
    size = 0
    for name, value in named:
        value = np.asarray(value)
        # vectors are small, and variances among them smaller than half precision can tell
        if value.ndim > 1 and np.abs(value).max(initial=0.0) < LARGEST:
            value = value.astype(np.float16)
        if part and size + value.nbytes > PART_BYTES:
            yield part
            part, size = {}, 0
        part[name], size = value, size + value.nbytes
    yield part


def is_packed(run: Path) -> bool:
    """True where a run has weights in parts."""
    return (run / PACKED / "part_0.npz").is_file()


def unpack(run: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights and averages, as `pack` took them, in single precision.

    Raises:
        InputError: when a part cannot be read or is missing.
    """
    found: dict[str, np.ndarray] = {}
    files = 0
    try:
        for file in sorted((run / PACKED).glob("part_*.npz")):
            with np.load(file) as part:
                found |= {name: part[name].astype(np.float32) for name in part.files}
            files += 1
        if files != found.pop("parts", None):
            raise ValueError("a part is missing")
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{run / PACKED} cannot be read ({error}): get all of its part_<n>.npz again"
        ) from error
    names = sorted(found, key=lambda name: int(name.rpartition("_")[2]))
    weights, averages = (
        [found[name] for name in names if name.startswith(kind)] for kind in ("weight_", "average_")
    )
    return weights, averages


def give_packed(model, run: Path, averaged: bool = True) -> list[np.ndarray]:
    """Give a network the weights of a run in parts; returns the averages.

    Args:
        model: the network.
        run: its directory.
        averaged: the averages in place of the weights that are trained, where there are any.

    Raises:
        InputError: when they are of another network.
    """
    weights, averages = unpack(run)
    try:
        model.set_weights(weights)
        if averaged and averages:
            for variable, value in zip(model.trainable_variables, averages, strict=True):
                variable.assign(value)
    except ValueError as error:
        raise InputError(
            f"weights of {run / PACKED} do not fit the network of {run / 'config.yaml'}: {error}"
        ) from error
    return averages
