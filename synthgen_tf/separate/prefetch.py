"""Stages of a stream that work at the same time: each runs ahead in a thread of its own."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")
END = object()
CLOSE_SECONDS = 60.0
"""That an item at hand is waited for when the caller stops early."""


def prefetched(source: Iterable[Item], ahead: int = 2) -> Generator[Item, None, None]:
    """The items of an iterable, of which a thread makes the next ones while one is being used.

    What the source raises is raised here, in its place. When the caller stops early, the thread
    finishes the item at hand and closes the source.

    An executor of concurrent.futures would not do. Python may end an abandoned stream at any
    moment, in the middle of another one's `submit` too, whose lock all executors share: closing
    this one would wait for it forever.

    Args:
        source: is only touched by the thread.
        ahead: items that wait at most.
    """
    ready: queue.SimpleQueue = queue.SimpleQueue()
    room = threading.Semaphore(ahead)
    stopped, closed = threading.Event(), threading.Event()

    thread = threading.Thread(
        target=_work, args=(source, ready, room, stopped, closed), name="prefetch", daemon=True
    )
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is END:
                return
            room.release()
            yield item
    finally:
        stopped.set()
        room.release()
        if threading.current_thread() is not thread:  # Python may end an abandoned stream anywhere
            closed.wait(CLOSE_SECONDS)
            thread.join(1.0)


def _work(
    source: Iterable,
    ready: queue.SimpleQueue,
    room: threading.Semaphore,
    stopped: threading.Event,
    closed: threading.Event,
) -> None:
    """Make items, each with None, or END with what was raised, as long as there is room."""
    iterator = iter(source)
    try:
        while room.acquire() and not stopped.is_set():
            item = next(iterator, END)
            ready.put((item, None))
            if item is END:
                return
    except BaseException as error:
        ready.put((END, error))
    finally:
        if hasattr(iterator, "close"):
            iterator.close()
        closed.set()
