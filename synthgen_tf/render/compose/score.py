"""Defines what the composer hands to the orchestra: notes, parts and the whole score."""

from dataclasses import dataclass, field

STEMS = ("drums", "bass", "other", "vocals", "synth")
"""The five disjoint stems of every song."""

Curve = tuple[tuple[float, float], ...]
"""Points (seconds, value) with rising seconds; linear in between, its ends go on beyond it."""


@dataclass(frozen=True)
class Note:
    """A note, from its onset to where the key is let go.

    Attributes:
        start_seconds: onset; below zero where the excerpt begins inside the note.
        seconds: how long the key is held.
        pitch: MIDI number (69 is 440 Hz); drums use the General MIDI percussion numbers.
        velocity: 0 to 1.
        bend: pitch in semitones above `pitch`; its seconds count from the note's onset.
    """

    start_seconds: float
    seconds: float
    pitch: int
    velocity: float
    bend: Curve = ()


@dataclass(frozen=True)
class Part:
    """A part: what one player plays, and on what.

    Attributes:
        role: the part's job in the arrangement, such as `keys` or `synth_lead`.
        stem: one of `STEMS`.
        instrument: `synth`, or the name of an engine in `engines.BAND`.
        notes: sorted by onset.
        level: gain over the excerpt, 0 to 1: fades, swells, a MIDI channel's volume.
        cutoff: octaves by which a synth's filter is opened over the excerpt: sweeps, builds.
        program: General MIDI programme, 0 to 127, where a MIDI file or a soundfont is played.
        orig_program: the programme in the MIDI file, where another instrument took the part over.
        pan: -1 left to 1 right; None leaves it to the desk.
    """

    role: str
    stem: str
    instrument: str
    notes: tuple[Note, ...]
    level: Curve = ()
    cutoff: Curve = ()
    program: int | None = None
    orig_program: int | None = None
    pan: float | None = None


@dataclass(frozen=True)
class Score:
    """A score: an excerpt, composed or taken from a file; times count from its first sample.

    Attributes:
        style: a key of `styles.STYLES`, or `midi`.
        bpm: quarter notes a minute, at the beginning of the excerpt.
        key: such as `Eb minor`, or `unknown`.
        form: one letter a bar, see `structure`; empty where a file does not say.
        parts: all that sounds.
        kick_seconds: onsets of the kick, which side-chains answer to.
        source: the file it was taken from and how, for JSON; empty where it was composed.
    """

    style: str
    bpm: float
    key: str
    form: str
    parts: tuple[Part, ...]
    kick_seconds: tuple[float, ...]
    source: dict = field(default_factory=dict)
