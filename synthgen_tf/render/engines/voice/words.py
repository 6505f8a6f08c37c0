"""Draws words to sing: syllables at random, made of the sounds of speech.

All figures are of an adult man; a singer's `size` scales them.
"""

from dataclasses import dataclass

import numpy as np

VOWELS = {
    "ee": (280.0, 2250.0, 3000.0),
    "ih": (400.0, 1950.0, 2550.0),
    "ey": (420.0, 2100.0, 2650.0),
    "eh": (540.0, 1820.0, 2480.0),
    "ae": (670.0, 1700.0, 2420.0),
    "ah": (740.0, 1150.0, 2500.0),
    "uh": (630.0, 1220.0, 2400.0),
    "aw": (570.0, 860.0, 2420.0),
    "oh": (450.0, 830.0, 2400.0),
    "ou": (430.0, 1040.0, 2250.0),
    "oo": (310.0, 880.0, 2250.0),
    "er": (480.0, 1330.0, 1700.0),
}
"""The lowest three formants in Hz."""

GLIDES = {
    "ai": ("ah", "ih"),
    "au": ("ah", "ou"),
    "oi": ("aw", "ih"),
    "ei": ("ey", "ee"),
    "ow": ("oh", "oo"),
}
"""Vowels that end as another one."""


@dataclass(frozen=True)
class Consonant:
    """A consonant: where the mouth stands, how the voice goes on, and what hisses.

    Attributes:
        formants_hz: where the mouth stands.
        seconds: how long it takes in speech.
        voicing: level of the voice meanwhile, 0 to 1.
        low_hz, high_hz, noise: band and level of what hisses or bursts.
        stop: whether the air is held first, and then let go at once.
        breath_seconds: how long the following vowel is only breathed.
    """

    formants_hz: tuple[float, float, float]
    seconds: float
    voicing: float
    low_hz: float = 0.0
    high_hz: float = 0.0
    noise: float = 0.0
    stop: bool = False
    breath_seconds: float = 0.0


LIPS, TEETH, PALATE = (300.0, 900.0, 2250.0), (300.0, 1750.0, 2700.0), (290.0, 1950.0, 2350.0)

CONSONANTS = {
    "p": Consonant(LIPS, 0.085, 0.0, 300, 2500, 0.5, True, 0.045),
    "b": Consonant(LIPS, 0.07, 0.12, 300, 2000, 0.25, True),
    "t": Consonant(TEETH, 0.08, 0.0, 3000, 8500, 0.8, True, 0.04),
    "d": Consonant(TEETH, 0.06, 0.12, 2500, 7500, 0.4, True),
    "k": Consonant(PALATE, 0.085, 0.0, 1300, 3800, 0.8, True, 0.05),
    "g": Consonant(PALATE, 0.07, 0.12, 1200, 3500, 0.4, True),
    "ch": Consonant(PALATE, 0.12, 0.0, 2200, 7000, 0.8, True, 0.02),
    "j": Consonant(PALATE, 0.09, 0.12, 2200, 7000, 0.5, True),
    "f": Consonant((320.0, 1100.0, 2250.0), 0.1, 0.0, 1500, 10000, 0.2),
    "v": Consonant((310.0, 1100.0, 2250.0), 0.07, 0.4, 1500, 8000, 0.08),
    "th": Consonant((320.0, 1350.0, 2550.0), 0.08, 0.0, 1400, 9000, 0.14),
    "dh": Consonant((310.0, 1300.0, 2550.0), 0.05, 0.4, 1400, 8000, 0.06),
    "s": Consonant((310.0, 1700.0, 2600.0), 0.11, 0.0, 4800, 11500, 0.5),
    "z": Consonant((300.0, 1700.0, 2600.0), 0.08, 0.35, 4500, 11000, 0.25),
    "sh": Consonant((310.0, 1900.0, 2500.0), 0.11, 0.0, 2100, 7000, 0.55),
    "h": Consonant((500.0, 1500.0, 2500.0), 0.07, 0.05, 0, 0, 0.0, False, 0.04),
    "m": Consonant((270.0, 1050.0, 2150.0), 0.08, 0.4),
    "n": Consonant((270.0, 1550.0, 2550.0), 0.07, 0.4),
    "ng": Consonant((280.0, 1950.0, 2550.0), 0.08, 0.4),
    "l": Consonant((350.0, 1200.0, 2850.0), 0.07, 0.6),
    "r": Consonant((340.0, 1100.0, 1550.0), 0.07, 0.65),
    "w": Consonant((310.0, 660.0, 2250.0), 0.07, 0.6),
    "y": Consonant((280.0, 2200.0, 3000.0), 0.06, 0.6),
}


@dataclass(frozen=True)
class Syllable:
    """A syllable: names of consonants, of one or two vowels, and of consonants again."""

    onset: tuple[str, ...]
    vowels: tuple[str, ...]
    coda: tuple[str, ...] = ()


# Beginnings and ends with the tickets they have in the lottery.
ONSETS = {
    "": 6, "m": 5, "n": 5, "l": 6, "r": 4, "w": 6, "y": 4, "h": 5, "b": 5, "d": 5, "g": 3, "p": 3,
    "t": 5, "k": 4, "f": 4, "v": 2, "s": 6, "sh": 3, "ch": 2, "j": 2, "th": 2, "dh": 4, "z": 1,
    "s t": 2, "t r": 2, "b r": 1, "k r": 1, "f l": 1, "p l": 1, "s l": 1, "d r": 1, "g r": 1,
    "s t r": 1, "s k": 1, "k l": 1, "s m": 1, "f r": 1,
}  # fmt: skip
CODAS = {
    "": 16, "n": 5, "m": 3, "l": 3, "t": 4, "d": 3, "k": 2, "s": 3, "z": 3, "ng": 3, "v": 2,
    "r": 2, "n d": 2, "n t": 1, "s t": 1, "l d": 1, "ch": 1, "p": 1, "f": 1, "th": 1, "t s": 1,
}  # fmt: skip

REFRAINS = {
    "la": (Syllable(("l",), ("ah",)), Syllable(("l",), ("ah",)), Syllable(("d",), ("ah",))),
    "na": (Syllable(("n",), ("ah",)), Syllable(("n",), ("ah",)), Syllable(("h",), ("ey",))),
    "ooh": (Syllable((), ("oo",)), Syllable(("w",), ("oo",)), Syllable(("h",), ("oo",))),
    "ah": (Syllable((), ("ah",)), Syllable(("h",), ("ah",))),
    "oh": (Syllable((), ("oh", "oo")), Syllable(("w",), ("oh", "oo")), Syllable(("y",), ("eh",))),
    "hum": (Syllable(("m",), ("oo",), ("m",)), Syllable(("m",), ("uh",), ("m",))),
    "doo": (Syllable(("d",), ("oo",)), Syllable(("b",), ("ah",)), Syllable(("d",), ("ee",))),
}
"""What is sung where there are no words."""


def draw_syllable(rng: np.random.Generator) -> Syllable:
    """Draw a syllable that could be one of some language."""

    def ticket(table: dict[str, int]) -> tuple[str, ...]:
        shares = np.array(list(table.values()), float)
        return tuple(str(rng.choice(list(table), p=shares / shares.sum())).split())

    vowel = str(rng.choice([*VOWELS, *GLIDES, *GLIDES]))
    return Syllable(ticket(ONSETS), GLIDES.get(vowel, (vowel,)), ticket(CODAS))


def draw_lyrics(rng: np.random.Generator, refrain: str | None) -> list[list[Syllable]]:
    """Draw the lines of a song, which come back as lines of songs do.

    Args:
        rng: source of the words.
        refrain: a key of `REFRAINS`, or None for words of their own.
    """
    if refrain is not None:
        known = REFRAINS[refrain]
        return [[known[int(rng.integers(len(known)))] for _ in range(8)] for _ in range(2)]
    words = [
        tuple(draw_syllable(rng) for _ in range(rng.choice([1, 1, 2, 2, 3]))) for _ in range(18)
    ]
    lines = []
    for _ in range(int(rng.integers(3, 6))):
        line: list[Syllable] = []
        while len(line) < 7:
            line += words[int(rng.integers(len(words)))]
        lines.append(line)
    return lines
