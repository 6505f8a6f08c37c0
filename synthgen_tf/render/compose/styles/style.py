"""Defines what a style is, and the patterns that several share.

A drum pattern is one bar of 16 steps: `X` accented, `x` played, `o` a ghost note or open hi-hat,
`.` silent. Onsets are counted in 16ths of a bar.
"""

from dataclasses import dataclass

Shares = dict[str, float]
"""Names with weights, which need not sum to 1."""

EIGHTHS = (0, 2, 4, 6, 8, 10, 12, 14)
SIXTEENTHS = tuple(range(16))
OFFBEATS = (2, 6, 10, 14)
QUARTERS = (0, 4, 8, 12)
ROLLING = (2, 3, 6, 7, 10, 11, 14, 15)
GALLOP = (0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15)

FOUR_FLOOR = "X...X...X...X..."
BACKBEAT = "....X.......X..."
EIGHTH_HATS = "X.x.X.x.X.x.X.x."
SIXTEENTH_HATS = "XxxxXxxxXxxxXxxx"
NO_DRUM = "................"

MAJOR_MINOR = {"major": 0.45, "minor": 0.4, "dorian": 0.05, "mixolydian": 0.1}
DARK = {"minor": 0.7, "dorian": 0.2, "harmonic minor": 0.1}

ACOUSTIC_KEYS = {"piano": 5, "electric_grand": 0.5, "honky_piano": 0.5, "organ": 1}
ELECTRIC_KEYS = {"tine_piano": 3, "reed_piano": 2, "clavinet": 1, "organ": 2, "combo_organ": 0.7}


@dataclass(frozen=True)
class Style:
    """A style of music, as the ranges and chances from which its songs are drawn.

    Attributes:
        bpm: lowest and highest tempo.
        form: a key of `structure.FORMS`.
        kicks, snares, hats: patterns to choose from.
        kits: drum kits (engines without their `_drums`).
        basses: bass lines as onsets, to choose from.
        roles: probability that a role is played.
        instruments: for roles with a choice of their own, engines.
        scales: scale names with weights that sum to 1.
        swing: shares of a 16th by which every second 16th may be late, to choose from.
        chord_size: notes in a chord, lowest and highest.
        ducking: probability that a synth part ducks under the kick.
        drone: probability that the harmony stands still.
        sweeping: probability that a synth part's filter opens and closes with the song's form.
        fills: probability of a drum fill at the end of a section.
    """

    bpm: tuple[float, float]
    form: str
    kicks: tuple[str, ...]
    snares: tuple[str, ...]
    hats: tuple[str, ...]
    kits: Shares
    basses: tuple[tuple[int, ...], ...]
    roles: Shares
    instruments: dict[str, Shares]
    scales: Shares
    swing: tuple[float, ...] = (0.0,)
    chord_size: tuple[int, int] = (3, 3)
    ducking: float = 0.0
    drone: float = 0.0
    sweeping: float = 0.0
    fills: float = 0.8


SHARED_INSTRUMENTS = {
    "bass": {"electric_bass": 6, "fretless_bass": 0.7, "upright_bass": 0.5, "slap_bass": 0.5},
    "guitar": {"clean_guitar": 1.0, "acoustic_guitar": 0.7, "muted_guitar": 0.4},
    "keys": {"piano": 3, "tine_piano": 1, "reed_piano": 1, "organ": 1.5, "mallets": 0.5},
    "strings": {
        "string_ensemble": 6, "solo_strings": 2, "pizzicato_strings": 0.7, "tremolo_strings": 0.5,
    },
    "brass": {"brass": 4, "trumpet": 1, "trombone": 0.7, "muted_trumpet": 0.5},
    "wind": {
        "flute": 3, "alto_sax": 1.5, "tenor_sax": 1.5, "clarinet": 1, "oboe": 1, "soprano_sax": 0.5,
        "recorder": 0.3, "pan_flute": 0.5, "harmonica": 0.5,
    },
    "solo": {"lead_guitar": 5, "alto_sax": 1, "tenor_sax": 1, "violin": 0.5, "harmonica": 0.4},
    "plucked": {"harp": 1, "sitar": 0.4, "banjo": 0.4, "koto": 0.4, "kalimba": 0.6},
    "vocals": {"voice": 1.0},
    "backing": {"voice": 2.0, "choir": 1.0},
}  # fmt: skip
"""What plays a role where the style has no choice of its own."""
