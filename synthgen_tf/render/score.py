"""What the composer hands to the orchestra: notes, parts and the whole score."""

from dataclasses import dataclass

STEMS = ("drums", "bass", "other", "vocals", "synth")
"""The five disjoint stems of every song."""


@dataclass(frozen=True)
class Note:
    """One note.

    Attributes:
        start_seconds: onset; below zero where the excerpt begins inside the note.
        seconds: how long the key is held.
        pitch: MIDI number (69 is 440 Hz); drums use the General MIDI percussion numbers.
        velocity: 0 to 1.
    """

    start_seconds: float
    seconds: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Part:
    """What one player plays.

    Attributes:
        role: the part's job in the arrangement, such as `keys` or `synth_lead`.
        stem: one of `STEMS`.
        instrument: name of an engine, see `engines.ENGINES`.
        notes: sorted by onset.
    """

    role: str
    stem: str
    instrument: str
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Score:
    """A composed excerpt; times count from its first sample."""

    style: str
    bpm: float
    key: str
    form: str
    parts: tuple[Part, ...]
    kick_seconds: tuple[float, ...]
