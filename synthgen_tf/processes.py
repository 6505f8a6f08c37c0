"""Independent pieces of work, shared out over processes."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

Order = TypeVar("Order")
Result = TypeVar("Result")


def in_processes(
    work: Callable[[Order], Result], orders: Sequence[Order], jobs: int
) -> Generator[Result, None, None]:
    """What `work` returns for each order, as it gets done, in any order.

    Args:
        work: a function of a module, so that another process can import it.
        orders: small, for they are sent to the processes.
        jobs: processes; never more than cores or orders. With one, this process does the work.
    """
    workers = min(jobs, os.cpu_count() or 1, len(orders))
    if workers < 2:
        yield from map(work, orders)
        return
    # Not fork: TensorFlow may be loaded in this process, and does not survive one.
    context = multiprocessing.get_context("spawn")
    # Ctrl-C is for this process: it ends the others, which have nothing to say about it.
    quiet = (signal.SIGINT, signal.SIG_IGN)
    with _one_thread_each(), context.Pool(workers, signal.signal, quiet) as pool:
        yield from pool.imap_unordered(work, orders)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside do linear algebra on one thread, as they share the cores already."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]
        os.environ.update(before)
