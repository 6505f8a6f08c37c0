"""Ctrl-C or SIGTERM in training: it ends between two steps, where nothing is half done.

Python raises KeyboardInterrupt wherever it stands, and inside TensorFlow's own C code that can
crash the process.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import keras


class Interrupted(keras.callbacks.Callback):
    """A callback that raises KeyboardInterrupt after the step in which `event` was set."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self.event = event

    def _check(self, *_: object, **__: object) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt

    on_train_batch_begin = on_train_batch_end = on_test_batch_end = on_epoch_end = _check


@contextmanager
def deferred_interrupt() -> Iterator[Interrupted]:
    """Give a callback that ends training at Ctrl-C while the block runs; a second one acts at once.

    Where somebody else handles interrupts, or outside the main thread, nothing is changed.
    """
    event = threading.Event()
    ours = [
        number
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))
        if signal.getsignal(number) is signal.default_int_handler
    ]
    if not ours or threading.current_thread() is not threading.main_thread():
        yield Interrupted(event)
        return

    def remember(number: int, frame: FrameType | None) -> None:
        event.set()
        restore()

    def restore() -> None:
        for number in ours:
            signal.signal(number, signal.default_int_handler)

    for number in ours:
        signal.signal(number, remember)
    try:
        yield Interrupted(event)
    finally:
        restore()
    if event.is_set():  # after the last step
        raise KeyboardInterrupt
