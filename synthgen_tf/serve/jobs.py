"""Separations that wait, run, and can be fetched for a while: one at a time, a bounded queue."""

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synthgen_tf.serve.limits import Limits

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"


class Busy(Exception):
    """Raised when the queue or the disk is full; `seconds` is when to ask again."""

    def __init__(self, reason: str, seconds: float):
        super().__init__(reason)
        self.seconds = max(1, round(seconds))


class Cancelled(Exception):
    """Raised in a separation whose result nobody wants any more."""


@dataclass(eq=False)
class Job:
    """One separation, from its upload to its stems.

    Attributes:
        id: not to be guessed; it is all that a client needs to fetch the result.
        folder: holds the upload, then the stems; nothing else does.
        state: `queued`, `running`, `done` or `failed`.
        progress: share done, 0 to 1.
        error: why it failed, and the status to answer.
        ended: clock reading at its end.
    """

    folder: Path
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: str = QUEUED
    progress: float = 0.0
    error: tuple[int, str] | None = None
    ended: float | None = None
    stems: tuple[str, ...] = ()
    future: Future | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def advance(self, share: float) -> None:
        """Note the share that is done; raises `Cancelled` once the job is."""
        if self.cancelled.is_set():
            raise Cancelled
        self.progress = min(1.0, share)


class Jobs:
    """All separations of a service, and the thread that does them.

    Takes jobs between `open` and `close`, which may follow each other more than once.

    Args:
        limits: length of the queue, room on the disk, time that results are kept.
    """

    folder: Path  # for uploads and results
    worker: ThreadPoolExecutor
    waiting = 0  # to be done, or being done

    def __init__(self, limits: Limits):
        self.limits = limits
        self.known: dict[str, Job] = {}
        self.lock = threading.Lock()
        self.seconds = 1.0  # that a separation takes, smoothed

    def open(self) -> None:
        """Make the folder and start the thread."""
        self.waiting = 0
        self.folder = Path(tempfile.mkdtemp(prefix="synthgen_serve_"))
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="separation")

    def new_job(self) -> Job:
        """Make a job with an empty folder, not yet known to anyone.

        Raises:
            Busy: when the queue or the disk is full.
        """
        self._refuse_when_full()
        if self._used() > self.limits.disk_mb * 1e6:
            raise Busy("no room for more results", self.limits.keep_seconds / 10)
        job = Job(self.folder / secrets.token_hex(8))
        job.folder.mkdir()
        return job

    def _used(self) -> int:
        """Return the bytes of all uploads and results; others may go while they are counted."""
        used = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    used += Path(folder, name).stat().st_size
        return used

    def submit(self, job: Job, work: Callable[[Job], None]) -> None:
        """Queue the work of a job; its state tells how it goes.

        Raises:
            Busy: when the queue is full.
        """

        def run() -> None:
            try:
                job.advance(0.0)  # not when cancelled by now
                job.state = RUNNING
                work(job)
                job.state = FAILED if job.error else DONE
            except BaseException as error:
                job.state = FAILED
                if not isinstance(error, Cancelled):
                    job.error = 500, "separation failed, the service's log tells why"
                    raise
            finally:
                job.ended = time.monotonic()
                if job.state == FAILED:
                    shutil.rmtree(job.folder, ignore_errors=True)

        job.future = self.call(run)
        with self.lock:
            self.known[job.id] = job

    def call(self, function: Callable[[], Any]) -> Future:
        """Run a function on the thread, in its turn among the separations.

        Raises:
            Busy: when the queue is full.
        """

        def timed() -> Any:
            started = time.monotonic()
            try:
                return function()
            finally:
                with self.lock:
                    self.waiting -= 1
                    self.seconds += 0.3 * (time.monotonic() - started - self.seconds)

        with self.lock:
            self._refuse_when_full()
            self.waiting += 1
            return self.worker.submit(timed)

    def _refuse_when_full(self) -> None:
        if self.waiting >= self.limits.queue:
            raise Busy(f"{self.waiting} separations wait already", self.waiting * self.seconds)

    def find(self, id: str) -> Job | None:
        """Return the job of an id, None when there is none or it is gone."""
        with self.lock:
            return self.known.get(id)

    def drop(self, job: Job) -> None:
        """Forget a job: stop it, remove what it left."""
        job.cancelled.set()
        with self.lock:
            self.known.pop(job.id, None)
        if job.ended is not None or job.future is None:
            shutil.rmtree(job.folder, ignore_errors=True)  # else its own end does

    def expire(self) -> None:
        """Drop what has been kept long enough."""
        now = time.monotonic()
        with self.lock:
            known = list(self.known.values())
        for job in known:
            if job.ended is not None and now - job.ended > self.limits.keep_seconds:
                self.drop(job)

    def close(self) -> None:
        """Stop at the next block, and remove everything."""
        with self.lock:
            known = list(self.known.values())
            self.known.clear()
        for job in known:
            job.cancelled.set()
        self.worker.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self.folder, ignore_errors=True)
