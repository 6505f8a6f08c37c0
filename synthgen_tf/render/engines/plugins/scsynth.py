"""Plays Sonic Pi's synth definitions offline by SuperCollider's server: one score a part."""

import struct
import subprocess
import tempfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import LONGEST_NOTE_SECONDS, bend_at, draw_log
from synthgen_tf.render.engines.plugins.dssi import CPU_SECONDS, PluginError
from synthgen_tf.render.engines.synth.characters import ROLES
from synthgen_tf.render.engines.synth.patch import SYNTH_ROLES
from synthgen_tf.render.signals.dsp import SAMPLE_RATE

PREFIX = "sonic-pi-"
NEEDED = {"note", "amp", "attack", "release", "sustain", "sustain_level", "out_bus"}
"""Controls of a definition that is an instrument; the others are effects and machinery."""

LEFT_OUT = ("piano",)
"""Definitions that model an instrument which is no synth."""

BEND_STEP_SECONDS = 0.01
RANDOM = "synthgen-random"
SEED = 1

Value = tuple[float, float] | list[float]
CONTROLS: dict[str, Value] = {
    "cutoff": (62.0, 128.0), "res": (0.15, 0.95), "detune": (0.02, 0.35), "pan": [0.0],
    "pulse_width": (0.1, 0.9), "dpulse_width": (0.1, 0.9), "divisor": [0.5, 1, 1, 2, 2, 3, 4],
    "depth": (0.3, 5.0), "mod_phase": (0.08, 1.0), "mod_range": [12, 12, 24, 7, 5, 0.1, 0.2],
    "mod_wave": [0, 1, 2, 3], "mod_pulse_width": (0.2, 0.8), "wave": [0, 1, 2],
    "phase": (0.1, 2.0), "range": (6.0, 40.0), "vibrato_rate": (4.0, 7.0),
    "vibrato_depth": (0.02, 0.2), "cutoff_min": (30.0, 70.0), "cutoff_attack": (0.0, 0.2),
    "cutoff_decay": (0.0, 0.3), "cutoff_sustain": (0.0, 0.3), "cutoff_release": (0.1, 0.8),
    "pluck_decay": (8.0, 70.0), "coef": (0.05, 0.6), "sub_amp": (0.3, 1.3),
    "sub_detune": [-12, -12, -24], "width": [0, 1, 2], "room": (20.0, 100.0),
    "ring": (0.1, 0.6), "pre_amp": (3.0, 14.0), "detune1": [12, 0.1, 7], "detune2": [24, 12, 0.2],
}  # fmt: skip
"""Ranges, or lists of what is drawn evenly; a definition's other controls keep their defaults."""


@lru_cache(maxsize=64)
def controls_of(path: Path) -> dict[str, float]:
    """Read names and defaults of a definition's controls from its compiled file.

    Raises:
        ValueError: it is no such file.
    """
    data = path.read_bytes()
    try:
        magic, version, _, length = struct.unpack_from(">4sihB", data)
        if magic != b"SCgf" or version not in (1, 2):
            raise ValueError(f"{path} is no synth definition")
        number = ">i" if version == 2 else ">h"
        size = struct.calcsize(number)
        place = 11 + length
        (count,) = struct.unpack_from(number, data, place)
        place += size + 4 * count
        (count,) = struct.unpack_from(number, data, place)
        values = struct.unpack_from(f">{count}f", data, place + size)
        place += size + 4 * count
        (count,) = struct.unpack_from(number, data, place)
        place += size
        found = {}
        for _ in range(count):
            name = data[place + 1 : place + 1 + data[place]].decode("ascii")
            place += 1 + data[place]
            found[name] = values[struct.unpack_from(number, data, place)[0]]
            place += size
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no synth definition") from error
    return found


def sc_controls(path: Path, number: int) -> dict[str, float]:
    """Draw the controls of a definition's numbered sound, in the ranges of one role."""
    rng = np.random.default_rng([zlib.crc32(path.name.encode()), number])
    ranges = ROLES[SYNTH_ROLES[number % len(SYNTH_ROLES)]]
    values = {
        "attack": draw_log(rng, *ranges.attack),
        "decay": draw_log(rng, *ranges.decay),
        "sustain_level": float(rng.uniform(*ranges.sustain)),
        "release": draw_log(rng, *ranges.release),
    }
    drawn = {}
    for name, choice in CONTROLS.items():
        alike = isinstance(choice, list)
        drawn[name] = float(rng.choice(choice) if alike else rng.uniform(*choice))
    there = controls_of(path)
    return {name: round(value, 4) for name, value in (values | drawn).items() if name in there}


def play_score(
    server: Path,
    definition: Path,
    notes: Sequence[tuple[Note, dict[str, float]]],
    frames: int,
) -> np.ndarray:
    """Play notes by a server of their own.

    Args:
        server: the program scsynth.
        definition: compiled file of the synth.
        notes: with their controls by name, sorted by onset; those that begin before time zero are
            cut there.
        frames: length of the result.

    Returns:
        (frames, 2) float32, channels contiguous in memory. Onsets lie on multiples of 64 frames.

    Raises:
        PluginError: the server crashed, took too long, or made no sound file.
    """
    first = min([note.start_seconds for note, _ in notes], default=0.0)
    before = min(max(-first, 0.0), LONGEST_NOTE_SECONDS)
    skip = round(before * SAMPLE_RATE)
    seconds = (skip + frames + 64) / SAMPLE_RATE
    with tempfile.TemporaryDirectory(prefix="synthgen-") as folder:
        score, sound = Path(folder, "score.osc"), Path(folder, "sound.raw")
        score.write_bytes(_score(definition, notes, before, seconds))
        command = [server, "-V", "-1", "-D", "0", "-R", "0", "-o", "2", "-i", "0", "-m", "262144",
                   "-n", "8192", "-w", "512", "-N", score, "_", sound, SAMPLE_RATE, "RAW",
                   "float"]  # fmt: skip
        try:
            subprocess.run(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"HOME": folder, "PATH": "/usr/bin:/bin"},
                timeout=10 * CPU_SECONDS + seconds,
                check=True,
            )
            values = np.fromfile(sound, np.float32).reshape(-1, 2)
        except subprocess.TimeoutExpired as error:
            raise PluginError("did not end in time") from error
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise PluginError("crashed or made no sound file") from error
    if not np.isfinite(values).all():
        raise PluginError("gave values that are no numbers")
    result = np.zeros((2, frames), np.float32).T
    values = values[skip : skip + frames]
    result[: len(values)] = values
    return result


def _score(
    definition: Path,
    notes: Sequence[tuple[Note, dict[str, float]]],
    before: float,
    seconds: float,
) -> bytes:
    """Return bundles of OSC messages: the definition, the notes, and one that ends it all."""
    name = definition.name.removesuffix(".scsyndef")
    timed = [(0.0, _message("/d_recv", definition.read_bytes()))]
    timed.append((0.0, _message("/d_recv", _seeding())))
    timed.append((0.0, _message("/s_new", RANDOM, 999, 0, 0)))
    for number, (note, controls) in enumerate(notes, 1000):
        start = max(note.start_seconds + before, 0.0)
        values = dict(controls) | {"note": float(note.pitch), "amp": 0.5 * note.velocity}
        values["attack"] = min(controls.get("attack", 0.0), 0.8 * note.seconds)
        values["decay"] = min(controls.get("decay", 0.0), note.seconds - values["attack"])
        values["sustain"] = max(note.seconds - values["attack"] - values["decay"], 0.0)
        pairs = [each for pair in sorted(values.items()) for each in pair]
        timed.append((start, _message("/s_new", name, number, 1, 0, *pairs)))
        for time in np.arange(0.0, note.seconds, BEND_STEP_SECONDS) if note.bend else ():
            pitch = note.pitch + float(bend_at(note.bend, time))
            timed.append((start + float(time), _message("/n_set", number, "note", pitch)))
    timed.append((seconds, _message("/c_set", 0, 0.0)))
    timed.sort(key=lambda each: each[0])
    return b"".join(_bundle(time, message) for time, message in timed)


def _seeding() -> bytes:
    """Return a definition of one unit, RandSeed: it seeds the server's random numbers."""
    unit = b"\x08RandSeed\x01" + struct.pack(">hhh", 2, 1, 0) + struct.pack(">hhhh", -1, 0, -1, 1)
    name = bytes([len(RANDOM)]) + RANDOM.encode()
    constants = struct.pack(">h2f", 2, 1.0, SEED)
    return b"SCgf" + struct.pack(">ih", 1, 1) + name + constants + struct.pack(">hhh", 0, 0, 1) + (
        unit + b"\x01" + struct.pack(">h", 0)
    )  # fmt: skip


def _message(address: str, *values: str | int | float | bytes) -> bytes:
    """Return an OSC message; texts and blobs are padded to four bytes."""
    kinds, data = ",", b""
    for value in values:
        if isinstance(value, bytes):
            kinds += "b"
            data += struct.pack(">i", len(value)) + value + b"\0" * (-len(value) % 4)
        elif isinstance(value, str):
            kinds, data = kinds + "s", data + _text(value)
        elif isinstance(value, int):
            kinds, data = kinds + "i", data + struct.pack(">i", value)
        else:
            kinds, data = kinds + "f", data + struct.pack(">f", value)
    return _text(address) + _text(kinds) + data


def _text(text: str) -> bytes:
    data = text.encode() + b"\0"
    return data + b"\0" * (-len(data) % 4)


def _bundle(seconds: float, message: bytes) -> bytes:
    whole = int(seconds)
    time = struct.pack(">II", whole, int((seconds - whole) * 2**32))
    bundle = b"#bundle\0" + time + struct.pack(">i", len(message)) + message
    return struct.pack(">i", len(bundle)) + bundle
