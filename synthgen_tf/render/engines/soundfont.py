"""Soundfonts: any General MIDI programme or kit, from the user's own .sf2 or .sf3 files.

tinysoundfont plays them. It is no dependency, as its own ones do not install everywhere, and is
imported only where a font is given.
"""

import hashlib
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from synthgen_tf.errors import InputError
from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import LONGEST_NOTE_SECONDS, Engine, bend_at
from synthgen_tf.render.engines.general_midi import DRUM_BANK
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_frames

INSTALL = "python -m pip install --no-deps tinysoundfont"
RESERVED = ("fluidr3", "musescoregeneral")
"""Families that independent evaluation uses: nothing may be rendered from them."""

VOICES = 256
DRUM_CHANNEL = 9
BENT_CHANNELS = tuple(number for number in range(1, 16) if number != DRUM_CHANNEL)
BEND_RANGE = 24
BEND_STEP_SECONDS = 0.005


@dataclass(frozen=True)
class Font:
    """A soundfont file.

    Attributes:
        path: of the file.
        sha256: of its content.
        name, rights: what the file says of itself; rights may be empty.
        presets: name of every (bank, number).
    """

    path: Path
    sha256: str
    name: str
    rights: str
    presets: tuple[tuple[tuple[int, int], str], ...]


def read_font(path: Path) -> Font:
    """Look into a soundfont, and make sure that it can be played.

    Raises:
        InputError: it is missing, broken, no soundfont or a reserved one, or tinysoundfont is
            not installed.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            info, presets = _read_chunks(file)
            file.seek(0)
            digest = _sha256(file)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); expected a soundfont, .sf2 or .sf3"
        ) from error
    except (ValueError, struct.error) as error:
        raise InputError(
            f"{path} is no soundfont; expected .sf2 or .sf3, which begin with RIFF and sfbk: "
            "give another file"
        ) from error
    for text in (path.name, *info.values()):
        if any(family in re.sub(r"[^a-z0-9]", "", text.lower()) for family in RESERVED):
            raise InputError(
                f"{path} is of the FluidR3 family (FluidR3, MuseScore_General), which is reserved "
                "for evaluation: give another soundfont"
            )
    rights = "; ".join(info[key] for key in ("ICOP", "ICMT") if info.get(key))
    font = Font(path, digest, info.get("INAM") or path.stem, rights, tuple(presets.items()))
    _loaded(font.path)
    return font


class SoundFont(Engine):
    """One preset of a font.

    Args:
        rng: not used: a font sounds the same every time.
        font: the file.
        preset: (bank, number); bank 128 holds the kits.
    """

    def __init__(self, rng: np.random.Generator, font: Font, preset: tuple[int, int]):
        super().__init__(rng)
        self._font = font
        self._preset = preset
        self.parameters = {
            "font": font.name,
            "font_sha256": font.sha256,
            "font_rights": font.rights,
            "bank": preset[0],
            "number": preset[1],
            "preset": dict(font.presets)[preset],
        }

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """(frames, 2); every note begins at its very frame."""
        first = min([to_frames(note.start_seconds) for note in notes], default=0)
        # What began before the excerpt is played too, and cut.
        before = min(max(-first, 0), to_frames(LONGEST_NOTE_SECONDS))
        player = self._player()
        sound = np.zeros((before + frames, 2), np.float32)
        memory = sound.reshape(-1).data.cast("B")
        done = 0
        for frame, _, name, values in sorted(self._events(notes), key=lambda event: event[:2]):
            place = min(max(frame + before, 0), len(sound))
            if place > done:
                player.render(memory[8 * done : 8 * place])
                done = place
            getattr(player, name)(*values)
        if done < len(sound):
            player.render(memory[8 * done :])
        return sound[before:]

    def _player(self):
        """A copy of the font with no voice in it, so that nothing rings on from another part."""
        loaded = _loaded(self._font.path)
        player = type(loaded)(loaded)
        player.set_max_voices(VOICES)
        bank, number = self._preset
        drums = bank == DRUM_BANK
        for channel in (DRUM_CHANNEL,) if drums else (0, *BENT_CHANNELS):
            player.channel_set_bank(channel, 0 if drums else bank)
            player.channel_set_preset_number(channel, number, drums)
            player.channel_set_pitch_range(channel, float(BEND_RANGE))
        return player

    def _events(self, notes: Sequence[Note]) -> Iterator[tuple[int, int, str, tuple]]:
        """Frame, rank among those of a frame, and the call that makes it."""
        drums = self._preset[0] == DRUM_BANK
        following: dict[tuple[int, int], float] = {}
        free = dict.fromkeys(BENT_CHANNELS, -np.inf)
        channels = []
        for note in notes:
            channel = DRUM_CHANNEL if drums else 0
            if note.bend and not drums:
                channel = min(free, key=lambda each: free[each])
                free[channel] = note.start_seconds + note.seconds
            channels.append(channel)
        for note, channel in zip(reversed(notes), reversed(channels), strict=True):
            start = note.start_seconds
            # A key that is struck again is let go first.
            end = min(start + note.seconds, following.get((channel, note.pitch), np.inf))
            following[channel, note.pitch] = start
            velocity = max(1, round(127 * note.velocity)) / 127
            yield to_frames(start), 2, "channel_note_on", (channel, note.pitch, velocity)
            yield (
                max(to_frames(end), to_frames(start) + 1),
                0,
                "channel_note_off",
                (
                    channel,
                    note.pitch,
                ),
            )
            if channel in BENT_CHANNELS:
                for time, wheel in _wheel(note, end - start):
                    yield to_frames(start + time), 1, "channel_set_pitch_wheel", (channel, wheel)


def _wheel(note: Note, seconds: float) -> list[tuple[float, int]]:
    """Seconds after a note's onset at which the pitch wheel moves, and where to, 0 to 16383."""
    times = np.arange(0.0, seconds, BEND_STEP_SECONDS)
    share = bend_at(note.bend, times) / BEND_RANGE
    wheel = np.clip(np.rint(8192 * (1 + share)), 0, 16383).astype(int)
    moves = np.flatnonzero(np.diff(wheel, prepend=-1))
    return [(float(times[move]), int(wheel[move])) for move in moves]


@lru_cache(maxsize=4)
def _loaded(path: Path):
    """The font in memory, once a process."""
    try:
        import tinysoundfont
    except ImportError as error:
        raise InputError(
            f"--font needs tinysoundfont, which is not installed; run: {INSTALL}"
        ) from error
    synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
    try:
        return synth.soundfonts[synth.sfload(str(path))]
    except RuntimeError as error:
        raise InputError(
            f"{path} cannot be played; expected a whole soundfont: give another file"
        ) from error


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _read_chunks(file: BinaryIO) -> tuple[dict[str, str], dict[tuple[int, int], str]]:
    """Texts of the INFO list by their four letters, and names of the presets."""
    if file.read(4) != b"RIFF" or file.read(8)[4:] != b"sfbk":
        raise ValueError("no RIFF sfbk")
    info: dict[str, str] = {}
    presets: dict[tuple[int, int], str] = {}
    while len(header := file.read(12)) == 12:
        size, kind = struct.unpack("<4xI4s", header)
        end = file.tell() + size - 4 + size % 2
        while kind in (b"INFO", b"pdta") and file.tell() < end:
            name, length = struct.unpack("<4sI", file.read(8))
            if name == b"phdr" or kind == b"INFO":
                data = file.read(length + length % 2)[:length]
            else:
                file.seek(length + length % 2, 1)
                continue
            if kind == b"INFO":
                info[name.decode("latin-1")] = _text(data)
            else:
                records = list(struct.iter_unpack("<20sHH14x", data))[:-1]  # the last ends the list
                presets = {(bank, number): _text(text) for text, number, bank in records}
        file.seek(end)
    if not presets:
        raise ValueError("no presets")
    return info, presets


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("latin-1").strip()
