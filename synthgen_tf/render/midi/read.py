"""Reads a General MIDI file: notes in seconds, with what pedals, wheels and faders do to them."""

import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import mido

from synthgen_tf.errors import InputError
from synthgen_tf.render.compose.score import Curve, Note

DRUM_CHANNEL = 9
EFFECT_PROGRAMS = (118, 119, *range(120, 128))
"""Synth drum, reversed cymbal, breath, sea, birds, telephone, applause: noises, never played."""

KEY_SIGNATURE = re.compile(rb"\xff\x59\x02[\s\S]{2}")
STEP_SECONDS = 0.01
"""A wheel or fader that jumps is drawn as a ramp of this length."""

VOLUME, PAN, EXPRESSION, SUSTAIN = 7, 10, 11, 64
DATA, DATA_FINE, RPN_FINE, RPN, SOUND_OFF, RESET, NOTES_OFF = 6, 38, 100, 101, 120, 121, 123


@dataclass(frozen=True)
class MidiPart:
    """A part: what one channel plays with one programme.

    Attributes:
        channel: 0 to 15; `DRUM_CHANNEL` is a kit.
        program: 0 to 127; of a kit its number.
        notes: sorted by onset; times in seconds of the file.
        level: gain over the file, 0 to 1, from volume and expression.
        pan: -1 left to 1 right; None where the file does not say.
    """

    channel: int
    program: int
    notes: tuple[Note, ...]
    level: Curve
    pan: float | None

    @property
    def is_drums(self) -> bool:
        """Tell whether the part is played on the drum channel."""
        return self.channel == DRUM_CHANNEL


@dataclass(frozen=True)
class MidiSong:
    """A MIDI file as it was read.

    Attributes:
        parts: all that have notes, noises left out.
        tempos: (seconds, beats a minute) wherever the tempo changes; the first is at 0.
        seconds: the end of the last note.
        copyright: what the file says of its rights; empty where it says nothing.
    """

    parts: tuple[MidiPart, ...]
    tempos: tuple[tuple[float, float], ...]
    seconds: float
    copyright: str


@dataclass
class _Key:
    """A key that is down, or kept sounding by the pedal."""

    start: float
    velocity: float
    program: int
    bend: list[tuple[float, float]]
    again: bool
    released: bool = False


@dataclass
class _Channel:
    """The state of a channel while a file is read, and the notes that are over."""

    number: int
    program: int = 0
    volume: int = 100
    expression: int = 127
    pan: int | None = None
    sustained: bool = False
    bend: float = 0.0
    wheel: int = 0
    bend_range: float = 2.0
    rpn: list[int] = field(default_factory=lambda: [127, 127])
    keys: dict[int, _Key] = field(default_factory=dict)
    notes: dict[int, list[Note]] = field(default_factory=dict)
    level: list[tuple[float, float]] = field(default_factory=list)

    @property
    def gain(self) -> float:
        """Return the channel's gain: the square of its faders, as General MIDI guidelines ask."""
        return (self.volume * self.expression / 127**2) ** 2

    def note_on(self, now: float, pitch: int, velocity: int) -> None:
        """Begin a note, and end the one that sounds at its pitch."""
        again = pitch in self.keys
        self.end(now, pitch)
        bend = [(0.0, self.bend)]
        self.keys[pitch] = _Key(now, velocity / 127, self.program, bend, again)

    def note_off(self, now: float, pitch: int) -> None:
        """Let a key go; the pedal may keep its note sounding."""
        key = self.keys.get(pitch)
        # Of a note struck again at this very moment, the end belongs to the one before.
        if key is None or (key.again and key.start == now):
            return
        key.released = True
        if not self.sustained:
            self.end(now, pitch)

    def end(self, now: float, pitch: int) -> None:
        """End the note at `pitch`, if there is one."""
        key = self.keys.pop(pitch, None)
        if key is None or now <= key.start:
            return
        bend = tuple(key.bend) if any(value for _, value in key.bend) else ()
        note = Note(key.start, now - key.start, pitch, key.velocity, bend)
        self.notes.setdefault(key.program, []).append(note)

    def end_all(self, now: float, released_only: bool = False) -> None:
        """End all notes, or only those whose keys were let go."""
        for pitch, key in list(self.keys.items()):
            if key.released or not released_only:
                self.end(now, pitch)

    def turn_wheel(self, now: float, wheel: int) -> None:
        """Bend the notes that sound, and those to come, to a place of the pitch wheel."""
        self.wheel = wheel
        self.bend = self.bend_range * wheel / 8192
        for key in self.keys.values():
            _step(key.bend, now - key.start, self.bend)

    def control(self, now: float, number: int, value: int) -> None:
        """Do what a control change asks for: faders, pan, pedal, bend range, silence or reset."""
        if number in (VOLUME, EXPRESSION):
            self.level = self.level or [(0.0, self.gain)]
            setattr(self, "volume" if number == VOLUME else "expression", value)
            _step(self.level, now, self.gain)
        elif number == PAN:
            self.pan = value if self.pan is None or not self.notes else self.pan
        elif number == SUSTAIN:
            self.sustained = value >= 64
            if not self.sustained:
                self.end_all(now, released_only=True)
        elif number in (RPN, RPN_FINE):
            self.rpn[number == RPN_FINE] = value
        elif number in (DATA, DATA_FINE) and self.rpn == [0, 0]:
            coarse = number == DATA
            self.bend_range = value if coarse else int(self.bend_range) + value / 100
            self.turn_wheel(now, self.wheel)
        elif number in (SOUND_OFF, NOTES_OFF):
            self.end_all(now)
        elif number == RESET:
            self.sustained, self.rpn = False, [127, 127]
            self.end_all(now, released_only=True)
            self.control(now, EXPRESSION, 127)
            self.turn_wheel(now, 0)


def read_midi(path: Path) -> MidiSong:
    """Read a General MIDI file.

    Raises:
        InputError: it cannot be read, is broken, or has no notes but drums and noises.
    """
    wish = f"{path} is no MIDI file that can be used"
    # Keys are named wrongly in many files, on which mido gives up; nobody asks for them here.
    try:
        data = KEY_SIGNATURE.sub(b"\xff\x59\x02\x00\x00", Path(path).read_bytes())
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
        if file.type not in (0, 1) or file.ticks_per_beat <= 0:
            raise ValueError("independent sequences, or time in frames of film")
        song = _read_messages(file)
    except OSError as error:
        reason = error.strerror or str(error) or "it ends too early"
        raise InputError(f"{wish} ({reason}); repair it or move it away") from error
    except Exception as error:  # mido raises errors of many kinds
        reason = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise InputError(f"{wish} ({reason}); repair it or move it away") from error
    if not song.parts:
        raise InputError(f"{path} has no notes; expected a song: move it away")
    if all(part.is_drums for part in song.parts):
        raise InputError(f"{path} has drums only; expected a part with pitches: move it away")
    return song


def _read_messages(file: mido.MidiFile) -> MidiSong:
    """Collect the parts, tempos and rights of a file, message by message."""
    channels = [_Channel(number) for number in range(16)]
    tempos = [(0.0, 120.0)]
    rights: list[str] = []
    now = 0.0
    for message in file:
        now += message.time
        kind = message.type
        if kind == "set_tempo" and message.tempo:
            tempos = [each for each in tempos if each[0] < now] + [(now, 6e7 / message.tempo)]
        elif kind == "copyright":
            rights.append(message.text.strip())
        elif not message.is_meta and hasattr(message, "channel"):
            _apply(channels[message.channel], now, message)
    for channel in channels:
        channel.end_all(now)
    parts = tuple(part for channel in channels for part in _parts(channel))
    ends = [note.start_seconds + note.seconds for part in parts for note in part.notes]
    return MidiSong(parts, tuple(tempos), max(ends, default=0.0), "; ".join(rights))


def _apply(channel: _Channel, now: float, message: mido.Message) -> None:
    """Change a channel by one message."""
    kind = message.type
    if kind == "note_on" and message.velocity:
        channel.note_on(now, message.note, message.velocity)
    elif kind in ("note_on", "note_off"):
        channel.note_off(now, message.note)
    elif kind == "program_change":
        channel.program = message.program
    elif kind == "pitchwheel":
        channel.turn_wheel(now, message.pitch)
    elif kind == "control_change":
        channel.control(now, message.control, message.value)


def _parts(channel: _Channel) -> list[MidiPart]:
    """Return a channel's parts, one a programme; a drummer has one kit."""
    notes = channel.notes
    if channel.number == DRUM_CHANNEL and notes:
        # One drummer, who has the kit of most strokes.
        kit = max(notes, key=lambda program: len(notes[program]))
        notes = {kit: [note for group in notes.values() for note in group]}
    pan = None if channel.pan is None else max(-1.0, (channel.pan - 64) / 63)
    level = tuple(channel.level)
    return [
        MidiPart(
            channel.number,
            program,
            tuple(sorted(group, key=lambda note: (note.start_seconds, note.pitch))),
            level,
            pan,
        )
        for program, group in notes.items()
        if channel.number == DRUM_CHANNEL or program not in EFFECT_PROGRAMS
    ]


def _step(curve: list[tuple[float, float]], now: float, value: float) -> None:
    """Let a curve jump to `value`: it stays as it was until just before."""
    if curve and curve[-1][1] == value:
        return
    if curve and now - curve[-1][0] > STEP_SECONDS:
        curve.append((now - STEP_SECONDS, curve[-1][1]))
    if curve and curve[-1][0] >= now:
        curve.pop()
    curve.append((now, value))
