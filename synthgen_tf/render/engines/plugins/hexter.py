"""Draws patches for hexter, an FM synth of six operators: its own banks are not used."""

import numpy as np

from synthgen_tf.render.engines.synth.patch import SYNTH_ROLES

OPERATORS = 6
CARRIERS = (
    (0, 2), (0, 2), (0, 3), (0, 3), (0, 2, 4), (0, 2, 4), (0, 2), (0, 2),
    (0, 2), (0, 3), (0, 3), (0, 2), (0, 2), (0, 2), (0, 2), (0,),
    (0,), (0,), (0, 3, 4), (0, 1, 3), (0, 1, 3, 4), (0, 2, 3, 4), (0, 1, 3, 4), (0, 1, 2, 3, 4),
    (0, 1, 2, 3, 4), (0, 1, 3), (0, 1, 3), (0, 2, 5), (0, 1, 2, 4), (0, 1, 2, 5),
    (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
"""Operators that are heard, from 0, for each of the 32 algorithms; the others modulate."""

RATIOS = (0, 1, 1, 1, 1, 2, 2, 3, 4, 5, 7)
"""Coarse frequencies, drawn evenly; 0 is half the key's."""

SHAPES = {
    "synth_lead": ((80, 99), (40, 80), (80, 99), (50, 75)),
    "synth_pad": ((30, 55), (20, 50), (85, 99), (25, 45)),
    "synth_arp": ((90, 99), (40, 65), (0, 70), (50, 75)),
    "synth_pluck": ((95, 99), (35, 55), (0, 0), (40, 60)),
    "synth_bass": ((90, 99), (35, 70), (50, 95), (60, 80)),
    "synth_stab": ((90, 99), (45, 65), (40, 80), (55, 75)),
    "synth_keys": ((90, 99), (25, 45), (0, 60), (45, 65)),
    "synth_sweep": ((15, 35), (15, 40), (85, 99), (25, 45)),
}
"""Rates of attack, decay and release (the last), and the sustain level, 0 to 99, of a carrier."""

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BEND_BYTE, PERFORMANCE_BYTES = 3, 64
PERFORMANCE = {9: 15, 10: 1, 12: 4, 13: 15, 14: 2, 15: 15, 16: 2}
"""hexter's own settings by their place, for what modulation wheel and pedals do."""


def hexter_patch(number: int) -> tuple[str, list[int]]:
    """Draw a numbered patch: the role that it is for, and its 155 bytes, as in a voice dump."""
    rng = np.random.default_rng([7, number])
    role = SYNTH_ROLES[number % len(SYNTH_ROLES)]
    algorithm = int(rng.integers(len(CARRIERS)))
    carriers = CARRIERS[algorithm]
    values: list[int] = []
    for operator in reversed(range(OPERATORS)):
        values += _operator(rng, role, operator in carriers, first=operator == 0)
    values += [99, 99, 99, 99, 50, 50, 50, 50]  # no sweep of the pitch
    values += [algorithm, int(rng.integers(0, 8)), 1]
    moving = rng.random() < 0.3
    values += [int(rng.integers(20, 50)), int(rng.integers(0, 60)), 0, 0, 0, 0]
    values[-4] = int(rng.integers(2, 12)) if moving else 0
    values += [3 if moving else 0, 12 if role == "synth_bass" else 24]
    return role, [*values, *b"SYNTHGEN  "]


def _operator(rng: np.random.Generator, role: str, carries: bool, first: bool) -> list[int]:
    """Draw the 21 bytes of an operator."""
    attack, decay, sustain, release = (int(rng.integers(a, b + 1)) for a, b in SHAPES[role])
    if not carries and rng.random() < 0.6:  # what modulates fades, and the sound grows duller
        attack, decay, sustain = 99, int(rng.integers(25, 65)), int(rng.integers(0, 75))
    level = int(rng.integers(88, 100) if carries else rng.integers(60, 97))
    if not first and rng.random() < 0.25:
        level = 0
    ratio = 1 if first else int(rng.choice(RATIOS))
    if carries and not first:
        ratio = int(rng.choice((0, 1, 1, 1, 2, 2, 4)))
    touch = int(rng.integers(1, 4) if carries else rng.integers(0, 6))
    detune = 7 + int(rng.integers(-3, 4))
    curve = [39, 0, 0 if carries else int(rng.integers(0, 45)), 0, 0]
    rates = [attack, decay, int(rng.integers(20, 50)), release]
    return [*rates, 99, 99 - (99 - sustain) // 3, sustain, 0, *curve, int(rng.integers(0, 4)),
            0, touch, level, 0, ratio, 0, detune]  # fmt: skip


def hexter_settings(values: list[int], bend_semitones: int) -> list[tuple[str, str]]:
    """Return what hexter is configured with to play a voice, and to bend that far."""
    performance = [PERFORMANCE.get(place, 0) for place in range(PERFORMANCE_BYTES)]
    performance[BEND_BYTE] = bend_semitones
    edit = [0, 0, 0, 0, *values, 0]  # a number of four bytes, the voice, and one to make it even
    return [("performance", seven_in_six(performance)), ("edit_buffer", seven_in_six(edit))]


def seven_in_six(values: list[int]) -> str:
    """Encode numbers of seven bits as hexter does: how many, digits of six bits, their sum."""
    bits = "".join(f"{value:07b}" for value in values)
    bits += "0" * (-len(bits) % 6)
    text = "".join(DIGITS[int(bits[place : place + 6], 2)] for place in range(0, len(bits), 6))
    return f"{len(values)} {text} {sum(values)}"
