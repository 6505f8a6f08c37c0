"""Stages of a stream that work at the same time: each runs ahead in a thread of its own."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
END = object()


def prefetched(source: Iterable[Item], ahead: int = 2) -> Iterator[Item]:
    """The items of an iterable, of which a thread makes the next ones while one is being used.

    What the source raises is raised here, in its place. When the caller stops early, the thread
    finishes the item at hand and closes the source.

    Args:
        source: is only touched by the thread.
        ahead: items that wait at most.
    """
    iterator = iter(source)
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as thread:
        waiting = deque(thread.submit(next, iterator, END) for _ in range(ahead))
        try:
            while (item := waiting.popleft().result()) is not END:
                waiting.append(thread.submit(next, iterator, END))
                yield item
        finally:
            for future in waiting:
                future.cancel()
            if hasattr(iterator, "close"):
                thread.submit(iterator.close)
