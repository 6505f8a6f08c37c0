"""The styles, as data: tempo, drum patterns, who plays and how likely.

A drum pattern is one bar of 16 steps: `X` accented, `x` played, `o` a ghost note or open hi-hat,
`.` silent.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """One style.

    Attributes:
        bpm: lowest and highest tempo.
        kicks, snares, hats: patterns to choose from.
        kits: drum kit names with weights.
        basses: bass lines as onsets in 16ths of a bar, to choose from.
        instruments: for roles with a choice, engine names with weights.
        scales: scale names with weights that sum to 1.
        swing: shares of a 16th by which every second 16th may be late, to choose from.
        chord_size: notes in a chord, lowest and highest.
        ducking: probability that a synth part ducks under the kick.
    """

    bpm: tuple[float, float]
    kicks: tuple[str, ...]
    snares: tuple[str, ...]
    hats: tuple[str, ...]
    kits: dict[str, float]
    basses: tuple[tuple[int, ...], ...]
    instruments: dict[str, dict[str, float]]
    scales: dict[str, float]
    swing: tuple[float, ...] = (0.0,)
    chord_size: tuple[int, int] = (3, 3)
    ducking: float = 0.0


EIGHTHS = (0, 2, 4, 6, 8, 10, 12, 14)
SIXTEENTHS = tuple(range(16))
OFFBEATS = (2, 6, 10, 14)
QUARTERS = (0, 4, 8, 12)

FOUR_FLOOR = "X...X...X...X..."
BACKBEAT = "....X.......X..."
EIGHTH_HATS = "X.x.X.x.X.x.X.x."

MAJOR_MINOR = {"major": 0.45, "minor": 0.4, "dorian": 0.05, "mixolydian": 0.1}
DARK = {"minor": 0.7, "dorian": 0.2, "harmonic minor": 0.1}

STYLES = {
    "rock": Style(
        bpm=(88, 164),
        kicks=("X.......X.x.....", "X.....x.X.......", "X..x....X.x..x..", "X.x.....X..x...."),
        snares=(BACKBEAT, "....X.......X..o", "....X..o.o..X..."),
        hats=(EIGHTH_HATS, "X...X...X...X...", "X.x.X.x.X.x.X.o."),
        kits={"acoustic": 1.0},
        basses=(EIGHTHS, (0, 6, 8, 14), (0, 3, 6, 8, 11, 14), QUARTERS),
        instruments={
            "guitar": {"distorted_guitar": 0.65, "clean_guitar": 0.2, "acoustic_guitar": 0.15},
            "keys": {"organ": 0.45, "piano": 0.35, "electric_piano": 0.2},
        },
        scales={"major": 0.3, "minor": 0.45, "dorian": 0.1, "mixolydian": 0.15},
    ),
    "pop": Style(
        bpm=(82, 130),
        kicks=("X.....x.X.......", "X..x..x.....x...", "X.......X..x....", FOUR_FLOOR),
        snares=(BACKBEAT, "....X.......X..o"),
        hats=(EIGHTH_HATS, "XxxxXxxxXxxxXxxx", "..X...X...X...X."),
        kits={"acoustic": 0.6, "electronic": 0.4},
        basses=((0, 6, 8), EIGHTHS, (0, 3, 6, 8, 11, 14), (0, 10)),
        instruments={
            "guitar": {"acoustic_guitar": 0.45, "clean_guitar": 0.4, "distorted_guitar": 0.15},
            "keys": {"piano": 0.55, "electric_piano": 0.3, "organ": 0.1, "mallets": 0.05},
        },
        scales=MAJOR_MINOR,
        swing=(0.0, 0.0, 0.12),
        ducking=0.35,
    ),
    "house": Style(
        bpm=(116, 140),
        kicks=(FOUR_FLOOR,),
        snares=(BACKBEAT, "....X.......X.x.", "................"),
        hats=("..X...X...X...X.", "x.oxx.oxx.oxx.ox", "xxoxxxoxxxoxxxox"),
        kits={"electronic": 1.0},
        basses=(OFFBEATS, EIGHTHS, (0, 3, 6, 10, 14), (2, 3, 6, 7, 10, 11, 14, 15)),
        instruments={
            "guitar": {"clean_guitar": 0.8, "acoustic_guitar": 0.2},
            "keys": {"piano": 0.5, "electric_piano": 0.2, "organ": 0.3},
        },
        scales=DARK | {"minor": 0.55, "major": 0.15},
        swing=(0.0, 0.0, 0.15),
        chord_size=(3, 4),
        ducking=0.75,
    ),
    "synthwave": Style(
        bpm=(78, 118),
        kicks=(FOUR_FLOOR, "X.......X.......", "X.....x.X......."),
        snares=(BACKBEAT,),
        hats=(EIGHTH_HATS, "XxxxXxxxXxxxXxxx", "................"),
        kits={"electronic": 0.85, "acoustic": 0.15},
        basses=(EIGHTHS, SIXTEENTHS, (0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15)),
        instruments={
            "guitar": {"distorted_guitar": 0.6, "clean_guitar": 0.4},
            "keys": {"electric_piano": 0.6, "piano": 0.3, "mallets": 0.1},
        },
        scales=DARK,
        ducking=0.4,
    ),
    "funk": Style(
        bpm=(92, 122),
        kicks=("X..x..X...x.....", "X.x.......X..x..", "X......x..X..x.."),
        snares=("....X..o.o..X..o", BACKBEAT, "....X..o....X.o."),
        hats=("XxxxXxxxXxxxXxxx", "X.xxX.xxX.xoX.xx"),
        kits={"acoustic": 0.9, "electronic": 0.1},
        basses=((0, 3, 6, 7, 10, 13), (0, 2, 7, 8, 11, 14), (0, 6, 7, 10, 12, 15)),
        instruments={
            "guitar": {"clean_guitar": 0.85, "distorted_guitar": 0.15},
            "keys": {"electric_piano": 0.45, "organ": 0.35, "piano": 0.2},
        },
        scales={"dorian": 0.45, "mixolydian": 0.3, "minor": 0.25},
        swing=(0.0, 0.1, 0.2),
        chord_size=(4, 4),
    ),
    "ballad": Style(
        bpm=(58, 90),
        kicks=("X.......X.......", "X.........x.....", "X.......x.x....."),
        snares=(BACKBEAT, "........X......."),
        hats=("X...X...X...X...", EIGHTH_HATS),
        kits={"acoustic": 0.85, "electronic": 0.15},
        basses=((0, 8), (0,), (0, 6, 8, 14), QUARTERS),
        instruments={
            "guitar": {"acoustic_guitar": 0.7, "clean_guitar": 0.3},
            "keys": {"piano": 0.7, "electric_piano": 0.25, "organ": 0.05},
        },
        scales=MAJOR_MINOR,
        swing=(0.0, 0.0, 0.3),
        chord_size=(3, 4),
    ),
    "orchestral": Style(
        bpm=(66, 138),
        kicks=("X.......x.......", "X..............."),
        snares=("................", "....x.......x..x", "x..xx.x.x..xx.x."),
        hats=("................",),
        kits={"acoustic": 1.0},
        basses=((0,), (0, 8), QUARTERS, EIGHTHS),
        instruments={
            "guitar": {"acoustic_guitar": 1.0},
            "keys": {"piano": 0.65, "mallets": 0.25, "organ": 0.1},
        },
        scales={"major": 0.3, "minor": 0.5, "harmonic minor": 0.2},
        chord_size=(3, 4),
    ),
    "hip hop": Style(
        bpm=(66, 98),
        kicks=("X.....x...x.....", "X..x......X..x..", "X......x..x....."),
        snares=("........X.......", BACKBEAT, "....X..o....X..."),
        hats=("XxxxXxxxXxxxXxxx", EIGHTH_HATS, "X.xxX.x.X.xxXxxx"),
        kits={"electronic": 0.75, "acoustic": 0.25},
        basses=((0, 6, 10), (0, 3, 10), (0,), (0, 7, 10, 14)),
        instruments={
            "guitar": {"clean_guitar": 0.6, "acoustic_guitar": 0.4},
            "keys": {"electric_piano": 0.45, "piano": 0.35, "mallets": 0.2},
        },
        scales=DARK,
        swing=(0.0, 0.15, 0.3),
        chord_size=(3, 4),
        ducking=0.25,
    ),
}

SHARED_INSTRUMENTS = {
    "bass": {"electric_bass": 1.0},
    "strings": {"string_ensemble": 0.75, "solo_strings": 0.25},
    "brass": {"brass": 1.0},
    "wind": {"flute": 1.0},
    "vocals": {"voice": 1.0},
    "backing": {"voice": 1.0},
}
"""Roles whose choice of engines is the same in every style."""

# Probability that a role is played, one column a style, in the order of `STYLES`:
# rock, pop, house, synthwave, funk, ballad, orchestral, hip hop.
CHANCES = {
    "drums": (0.97, 0.95, 0.98, 0.95, 0.97, 0.70, 0.50, 0.98),
    "bass": (0.90, 0.65, 0.20, 0.15, 0.75, 0.75, 0.20, 0.35),
    "guitar": (0.97, 0.60, 0.15, 0.30, 0.85, 0.60, 0.08, 0.25),
    "guitar_2": (0.60, 0.20, 0.00, 0.00, 0.20, 0.00, 0.00, 0.00),
    "keys": (0.40, 0.80, 0.50, 0.30, 0.75, 0.85, 0.50, 0.65),
    "strings": (0.15, 0.40, 0.15, 0.10, 0.15, 0.65, 1.00, 0.25),
    "strings_2": (0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.75, 0.00),
    "brass": (0.08, 0.15, 0.10, 0.05, 0.55, 0.08, 0.75, 0.15),
    "wind": (0.03, 0.08, 0.00, 0.00, 0.10, 0.20, 0.60, 0.15),
    "vocals": (0.75, 0.85, 0.40, 0.40, 0.50, 0.85, 0.20, 0.60),
    "backing": (0.25, 0.45, 0.10, 0.15, 0.20, 0.30, 0.30, 0.20),
    "synth_lead": (0.40, 0.45, 0.60, 0.70, 0.45, 0.30, 0.30, 0.35),
    "synth_pad": (0.40, 0.60, 0.60, 0.80, 0.25, 0.65, 0.45, 0.45),
    "synth_arp": (0.20, 0.40, 0.55, 0.65, 0.10, 0.20, 0.35, 0.20),
    "synth_pluck": (0.00, 0.35, 0.40, 0.20, 0.20, 0.25, 0.20, 0.45),
    "synth_bass": (0.12, 0.40, 0.80, 0.85, 0.35, 0.15, 0.25, 0.60),
    "synth_stab": (0.10, 0.15, 0.50, 0.20, 0.35, 0.00, 0.00, 0.15),
}


def role_chances(style_name: str) -> dict[str, float]:
    """Probability of every role in one style."""
    column = list(STYLES).index(style_name)
    return {role: chances[column] for role, chances in CHANCES.items()}
