"""Draws which General MIDI programmes and kits stand for which part."""

import numpy as np

from synthgen_tf.render.compose.score import Part
from synthgen_tf.render.engines.band import PROGRAMS

SYNTH_PROGRAMS = {
    "synth_bass": (38, 39),
    "synth_pad": (50, 51, 54, *range(88, 96)),
    "synth_arp": (80, 81, 84, 87, 96, 98, 99, 102),
    "synth_pluck": (80, 81, 83, 96, 98, 99, 100),
    "synth_lead": (*range(80, 88), 97, 100, 101, 103),
    "synth_stab": (62, 63, 81, 90),
    "synth_keys": (80, 81, 87, 90, 96, 98, 99),
    "synth_sweep": (95, 97, 101, 103),
}
"""The General MIDI synths that can take each role."""

GM_SYNTHS = frozenset((38, 39, 50, 51, 54, 62, 63, *range(80, 104)))

DRUM_BANK = 128

_KITS = {"electronic_drums": (24,), "analogue_drums": (25,), "sampler_drums": (24, 25)}
_KITS |= {"brush_drums": (40, 32), "acoustic_drums": (0, 8, 16)}

_BAND = {"bass": range(32, 38), "guitar": range(24, 31), "keys": range(24), "backing": (52, 53)}
_BAND |= {"strings": (40, 41, 42, 43, 44, 48, 49), "brass": range(56, 62), "wind": range(64, 80)}
_BAND |= {"solo": (40, 41, 42, 56, 65, 66, 68, 73), "plucked": (46, 104, 105, 106, 107)}


def sample_preset(
    rng: np.random.Generator, part: Part, presets: frozenset[tuple[int, int]]
) -> tuple[int, int] | None:
    """Draw a preset that can play a part.

    Args:
        rng: source of the choice.
        part: of any kind. Lead singers have words, which no preset has.
        presets: (bank, number) of all there are; bank 128 holds the kits.

    Returns:
        (bank, number); None where none fits.
    """
    role = part.role.removesuffix("_2")
    bank = DRUM_BANK if role == "drums" else 0
    wanted = [number for number in _wanted(role, part) if (bank, number) in presets]
    if role == "drums" and not wanted and (bank, 0) in presets:
        wanted = [0]
    return (bank, int(rng.choice(wanted))) if wanted else None


def _wanted(role: str, part: Part) -> list[int]:
    """Return programmes or kits for a part, whether a font has them or not."""
    if role == "vocals":
        return []
    if part.program is not None:
        return [part.program]
    if role == "drums":
        return list(_KITS.get(part.instrument, (0,)))
    if part.instrument == "synth":
        return list(SYNTH_PROGRAMS[role])
    same = [program for program, name in PROGRAMS.items() if name == part.instrument]
    return same or list(_BAND[role])
