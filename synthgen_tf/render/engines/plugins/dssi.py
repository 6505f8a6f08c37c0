"""Plays parts on DSSI plugins, each of which lives in a process of its own (`dssi_host`)."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, cast

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import LONGEST_NOTE_SECONDS, bend_at
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_frames

HOST = Path(__file__).with_name("dssi_host.py")
CPU_SECONDS = 20
"""Processor time that a plugin may take for a part, beside the seconds of the part itself."""

BEND_SEMITONES = 12
"""How far the pitch wheel of every plugin is made to reach."""

BEND_STEP_SECONDS = 0.005
BEND_RANGE = ((101, 0), (100, 0), (6, BEND_SEMITONES))
"""MIDI controls that set the wheel's reach, for plugins that have no other way."""


class PluginError(Exception):
    """A plugin crashed, did not end, or made no sound; one line says which."""


class Host:
    """A plugin's process, started when it is needed and started anew when it died.

    Args:
        path: of the plugin's library.
    """

    def __init__(self, path: Path):
        self.path = path
        self._process: subprocess.Popen | None = None
        self._scratch: tempfile.TemporaryDirectory | None = None

    def programs(self, configure: Sequence[tuple[str, str]] = ()) -> list[tuple[int, int, str]]:
        """Bank, number and name of each program that the plugin offers.

        Raises:
            PluginError: it cannot be opened or asked.
        """
        _, body = self._ask({"configure": list(configure), "seconds": CPU_SECONDS})
        return [tuple(each) for each in json.loads(body)]

    def play(self, patch: dict, events: Sequence[tuple], frames: int) -> np.ndarray:
        """Play events on a new instance.

        Args:
            patch: `configure`, pairs of strings, `program`, bank and number, and `controls`,
                values by name; each may be missing.
            events: (frame, `on`, pitch, velocity), (frame, `off`, pitch, 0), (frame, `control`,
                number, value) or (frame, `bend`, 0, -8192 to 8191); those of a frame happen in
                the order given.
            frames: length of the result.

        Returns:
            (frames, 2) float32, channels contiguous in memory; what is mono is on both.

        Raises:
            PluginError: the plugin crashed, took too long, or gave what is no number.
        """
        seconds = CPU_SECONDS + frames // SAMPLE_RATE
        request = patch | {"events": list(events), "frames": frames, "seconds": seconds}
        head, body = self._ask(request)
        sound = np.frombuffer(body, np.float32).reshape(head["channels"], frames)
        if not np.isfinite(sound).all():
            raise PluginError("gave values that are no numbers")
        return sound[[0, -1]].T

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            to, of = _pipes(self._process)
            of.close()
            with suppress(OSError):
                to.close()
            self._process.wait()
            self._process = None
        if self._scratch:
            self._scratch.cleanup()
            self._scratch = None

    def _ask(self, request: dict) -> tuple[dict, bytes]:
        text = json.dumps(request | {"rate": SAMPLE_RATE}).encode() + b"\n"
        to, of = _pipes(self._process or self._start())
        try:
            to.write(text)
            to.flush()
            head = json.loads(of.readline())
            body = of.read(head["bytes"])
        except (OSError, ValueError) as error:
            self.close()
            raise PluginError("crashed as it was opened") from error
        if "error" in head:
            raise PluginError(head["error"])
        return head, body

    def _start(self) -> subprocess.Popen:
        # Plugins read and write settings in the user's home: they get an empty one.
        self._scratch = tempfile.TemporaryDirectory(prefix="synthgen-")
        home = Path(self._scratch.name)
        (home / ".local" / "share").mkdir(parents=True)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(HOST), str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is not for it: it ends when its input does
            env={"HOME": str(home), "PATH": os.environ.get("PATH", "")},
        )
        return self._process


def _pipes(process: subprocess.Popen) -> tuple[IO[bytes], IO[bytes]]:
    """Where a host reads and writes: with PIPE never the None that `Popen`'s types allow."""
    return cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)


@lru_cache(maxsize=16)
def host_of(path: Path) -> Host:
    """The one host that this process has for a plugin."""
    host = Host(path)
    atexit.register(host.close)
    return host


def midi_events(notes: Sequence[Note]) -> tuple[list[tuple], int]:
    """Notes as events of `Host.play`.

    Args:
        notes: sorted by onset; those that begin before time zero too.

    Returns:
        The events, sorted, and the frames that the first of them lies before time zero.
    """
    first = min([to_frames(note.start_seconds) for note in notes], default=0)
    before = min(max(-first, 0), to_frames(LONGEST_NOTE_SECONDS))
    bends = any(note.bend for note in notes)
    following: dict[int, float] = {}
    events = []
    for order, note in reversed(list(enumerate(notes))):
        # A key that is struck again is let go first.
        end = min(note.start_seconds + note.seconds, following.get(note.pitch, np.inf))
        following[note.pitch] = note.start_seconds
        on = max(to_frames(note.start_seconds) + before, 0)
        off = max(to_frames(end) + before, on + 1)
        events.append((on, 2, order, "on", note.pitch, max(1, round(127 * note.velocity))))
        events.append((off, 0, order, "off", note.pitch, 0))
        if bends:
            events += [(on + frame, 1, order, "bend", 0, to) for frame, to in _wheel(note)]
    if bends:
        events += [(0, -1, order, "control", *each) for order, each in enumerate(BEND_RANGE)]
    events.sort(key=lambda event: event[:3])
    return [(frame, *rest) for frame, _, _, *rest in events], before


def _wheel(note: Note) -> list[tuple[int, int]]:
    """Frames after a note's onset at which the pitch wheel moves, and where to."""
    times = np.arange(0.0, max(note.seconds, BEND_STEP_SECONDS), BEND_STEP_SECONDS)
    share = bend_at(note.bend, times) / BEND_SEMITONES
    wheel = np.clip(np.rint(8192 * share), -8192, 8191).astype(int)
    moves = np.flatnonzero(np.diff(wheel, prepend=-10000))
    return [(to_frames(float(times[move])), int(wheel[move])) for move in moves]
