"""On what a model trains: one device, all of a machine, or several hosts."""

import functools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from synthgen_tf.config import Config
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import native_noise_silenced

TF_CONFIG = "TF_CONFIG"
EXAMPLE = (
    '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
)


def build_strategy(config: Config) -> tf.distribute.Strategy:
    """`one` device, `mirrored` over all GPUs (CPUs where there is none), or `multiworker`.

    `auto` mirrors GPUs where there are several.

    Raises:
        InputError: for `multiworker` without a sound TF_CONFIG, or a batch that cannot be shared.
    """
    wanted = config.training.strategy
    if wanted == "multiworker":  # before anything else has touched a device
        workers = check_workers()
        if config.data.batch_size % workers:
            raise InputError(
                f"data.batch_size {config.data.batch_size} cannot be shared by {workers} workers: "
                f"make it a multiple of {workers}"
            )
        return _multi_worker()
    gpus = tf.config.list_logical_devices("GPU")
    if wanted == "one" or (wanted == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    devices = gpus or tf.config.list_logical_devices("CPU")
    return _mirrored(tuple(device.name for device in devices))


@functools.cache
def _mirrored(devices: tuple[str, ...]) -> tf.distribute.Strategy:
    """One for the process: the collectives of two would get in each other's way."""
    return tf.distribute.MirroredStrategy(devices)


@functools.cache
def _multi_worker() -> tf.distribute.Strategy:
    with native_noise_silenced():
        return MultiWorkerStrategy()


class MultiWorkerStrategy(tf.distribute.MultiWorkerMirroredStrategy):
    """TensorFlow's, with what Keras 3 asks of `reduce` in `model.fit`.

    Keras passes whole batches, which are nested, and asks for the mean of a scalar along axis 0.
    """

    def reduce(self, reduce_op, value, axis=None):
        def reduce_one(each):
            scalar = all(local.shape.rank == 0 for local in self.experimental_local_results(each))
            return super(MultiWorkerStrategy, self).reduce(
                reduce_op, each, None if scalar else axis
            )

        return tf.nest.map_structure(reduce_one, value)


def leads(config: Config) -> bool:
    """Whether this process writes the run directory: the first worker, or the only process."""
    if config.training.strategy != "multiworker":
        return True
    check_workers()
    return json.loads(os.environ[TF_CONFIG])["task"]["index"] == 0


def mean_over_workers(strategy: tf.distribute.Strategy, value: float) -> float:
    """One number for all processes, where each comes with its own."""
    if not isinstance(strategy, MultiWorkerStrategy):
        return value
    local = strategy.experimental_distribute_values_from_function(lambda _: tf.constant(value))
    return float(strategy.reduce("MEAN", local))


def check_workers() -> int:
    """How many workers TF_CONFIG names.

    Raises:
        InputError: when it is missing or not sound, in one line that shows what is expected.
    """
    text = os.environ.get(TF_CONFIG)
    if not text:
        raise InputError(f"training.strategy multiworker needs {TF_CONFIG}, such as {EXAMPLE}")
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{TF_CONFIG} is no JSON: {error}; expected such as {EXAMPLE}") from None
    return _workers_of(tree)


def _workers_of(tree: Any) -> int:
    def refuse(what: str) -> InputError:
        return InputError(f"{TF_CONFIG} {what}: expected such as {EXAMPLE}")

    tree = tree if isinstance(tree, dict) else {}
    cluster = tree.get("cluster")
    cluster = cluster if isinstance(cluster, dict) else {}
    workers = cluster.get("worker")
    if not isinstance(workers, list) or not workers:
        raise refuse("names no cluster.worker list")
    for address in workers:
        host, _, port = str(address).rpartition(":")
        if not host or not port.isdigit():
            raise refuse(f"has worker {address!r}, which is no host:port")
    if set(cluster) != {"worker"}:
        raise refuse(f"has jobs {sorted(cluster)}, where only worker is trained on")
    task = tree.get("task")
    if not isinstance(task, dict) or task.get("type") != "worker":
        raise refuse("has no task of type worker")
    index = task.get("index")
    if not isinstance(index, int) or not 0 <= index < len(workers):
        raise refuse(f"has task index {index!r} for {len(workers)} workers")
    return len(workers)


@contextmanager
def lost_workers_explained(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Raise `ConnectionError`, in one line, where TensorFlow tells at length of a lost worker."""
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError):
        if not isinstance(strategy, MultiWorkerStrategy):
            raise
        raise ConnectionError(
            "another worker is gone: start all of them again with --resume, they go on after the "
            "last whole epoch"
        ) from None


def share_out(strategy: tf.distribute.Strategy, make):
    """What `make(host, hosts)` gives, for all replicas of a strategy; each host makes its part."""
    if not isinstance(strategy, MultiWorkerStrategy):
        return make(0, 1)
    return strategy.distribute_datasets_from_function(
        lambda context: make(context.input_pipeline_id, context.num_input_pipelines)
    )
