"""How a function runs in a process of its own: its memory, GPUs and crashes end with it."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

GRACE_SECONDS = 60
"""How long an interrupted function has to come to its own end."""


class Failed(Exception):
    """Raised when the function in the other process raised, or that process died; the message is
    one line that tells why.

    Attributes:
        kind: name of the exception's class.
    """

    def __init__(self, reason: str, kind: str):
        super().__init__(reason)
        self.kind = kind


def call_in_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process that dies when this one does, and return what it returns.

    Args:
        function: importable by name; it and its arguments and result can be pickled.

    Raises:
        Failed: when it raised, or its process was killed.
        KeyboardInterrupt: on Ctrl-C, after the function came to its own end.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        answer = _received(receiver)
    except KeyboardInterrupt:  # a terminal sends it to both, `kill` only to this one
        process.join(GRACE_SECONDS)
        process.terminate()
        process.join()
        raise
    process.join()
    if answer is None:
        raise Failed(_death(process.exitcode), "killed")
    result, reason, kind = answer
    if kind == KeyboardInterrupt.__name__:
        raise KeyboardInterrupt
    if kind:
        raise Failed(reason, kind)
    return result


def _received(receiver: Connection) -> tuple | None:
    try:
        return receiver.recv()
    except EOFError:
        return None


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        hint = ", as when memory runs out" if code == -9 else ""
        return f"its process was ended by signal {-code}{hint}"
    return f"its process ended with exit code {code}"


def _run(sender: Connection, function: Callable[..., Any], arguments: tuple) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        sender.send((function(*arguments), "", ""))
    except BaseException as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        sender.send((None, reason, type(error).__name__))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)
