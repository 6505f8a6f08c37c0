"""Writes one part: the instrument that plays it, and its notes on the grid."""

from collections.abc import Mapping

import numpy as np

from synthgen_tf.render.compose import lines
from synthgen_tf.render.compose.beats import drum_notes
from synthgen_tf.render.compose.plan import Plan
from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.compose.styles import SHARED_INSTRUMENTS
from synthgen_tf.render.compose.styles.style import Shares

NO_CHOICE: Mapping[str, Shares] = {}

BUSY = (0.12, 0.38, 0.12, 0.25, 0.08, 0.05)
CALM = (0.02, 0.22, 0.12, 0.34, 0.15, 0.15)

REGISTERS = {
    "flute": (67, 76), "piccolo": (76, 86), "recorder": (70, 80), "pan_flute": (66, 74),
    "oboe": (64, 72), "english_horn": (58, 66), "clarinet": (58, 68), "bassoon": (43, 52),
    "soprano_sax": (62, 70), "alto_sax": (57, 66), "tenor_sax": (50, 60), "harmonica": (62, 70),
    "trumpet": (60, 68), "muted_trumpet": (62, 70), "trombone": (46, 55), "french_horn": (50, 58),
    "tuba": (34, 42), "violin": (64, 74), "cello": (45, 55), "contrabass": (34, 40),
    "lead_guitar": (57, 66), "glockenspiel": (76, 84), "celesta": (70, 80), "music_box": (72, 80),
    "vibraphone": (60, 70), "marimba": (52, 62), "kalimba": (62, 70), "tubular_bells": (60, 66),
    "timpani": (41, 48), "voice": (50, 64), "choir": (50, 62),
}  # fmt: skip
"""Lowest pitch of a line that suits the instrument, roughly: lowest and highest choice."""

GUITARS = ("distorted_guitar", "clean_guitar", "acoustic_guitar", "muted_guitar", "nylon_guitar")


def write_part(
    rng: np.random.Generator, plan: Plan, role: str, instruments: Mapping[str, Shares] = NO_CHOICE
) -> tuple[str, list[Note]]:
    """Choose an instrument for a role and write its notes for the whole excerpt.

    Args:
        rng: source of all choices.
        plan: tempo, form and style.
        role: what the part does in the arrangement.
        instruments: role to what may play it, in place of the style's choice.

    Returns:
        `synth` or a name in `engines.BAND`, and the notes, in any order.
    """
    family = role.removesuffix("_2")
    if family == "drums":
        kit = _weighted(rng, plan.style.kits)
        return f"{kit}_drums", drum_notes(rng, plan, kit)
    if family.startswith("synth"):
        return "synth", _synth_notes(rng, plan, family)
    usual = plan.style.instruments.get(family) or SHARED_INSTRUMENTS[family]
    instrument = _weighted(rng, instruments.get(family) or usual)
    size = _chord_size(rng, plan)
    if family == "bass":
        return instrument, lines.bass_line(rng, plan)
    if family == "guitar":
        return instrument, _guitar_notes(rng, plan, instrument, size)
    if family == "keys":
        return instrument, _keys_notes(rng, plan, instrument, size)
    if family == "plucked":
        return instrument, lines.arpeggio(rng, plan, int(rng.integers(52, 62)), size)
    if family in ("vocals", "wind", "solo"):
        return instrument, _lead_notes(rng, plan, instrument)
    return instrument, _section_notes(rng, plan, family, instrument, size)


def _weighted(rng: np.random.Generator, weights: dict[str, float]) -> str:
    """Draw a name by its weight."""
    total = sum(weights.values())
    return str(rng.choice(list(weights), p=[weight / total for weight in weights.values()]))


def _chord_size(rng: np.random.Generator, plan: Plan) -> int:
    """Draw how many notes the chords of a part have."""
    return int(rng.integers(plan.style.chord_size[0], plan.style.chord_size[1] + 1))


def _synth_notes(rng: np.random.Generator, plan: Plan, role: str) -> list[Note]:
    """Write the notes of a synth role."""
    size = _chord_size(rng, plan)
    if role == "synth_bass":
        return lines.bass_line(rng, plan)
    if role == "synth_pad":
        return lines.held_chords(plan, int(rng.integers(46, 62)), size)
    if role == "synth_sweep":
        return lines.drones(plan, int(rng.integers(48, 70)), 16.0)
    if role == "synth_arp":
        return lines.arpeggio(rng, plan, int(rng.integers(48, 64)), min(size, 4))
    if role == "synth_stab":
        return lines.rhythmic_chords(rng, plan, int(rng.integers(50, 62)), size, short=True)
    if role == "synth_keys":
        return _keys_notes(rng, plan, "synth", size)
    if role == "synth_pluck" and rng.random() < 0.5:
        return lines.rhythmic_chords(rng, plan, int(rng.integers(52, 66)), size)
    density = BUSY if rng.random() < 0.6 else CALM
    notes = lines.melody(rng, plan, int(rng.integers(57, 74)), density)
    return lines.bent(rng, notes, 0.25) if rng.random() < 0.25 else notes


def _guitar_notes(rng: np.random.Generator, plan: Plan, instrument: str, size: int) -> list[Note]:
    if instrument not in GUITARS:
        return _lead_notes(rng, plan, instrument)
    if instrument == "distorted_guitar" and rng.random() < 0.7:
        return lines.power_chords(rng, plan)
    if instrument == "muted_guitar" or rng.random() < 0.3:
        return lines.arpeggio(rng, plan, int(rng.integers(48, 56)), size)
    strum, base = float(rng.uniform(0.006, 0.02)), int(rng.integers(45, 54))
    short = plan.style_name in ("reggae", "funk", "disco") and rng.random() < 0.7
    return lines.rhythmic_chords(rng, plan, base, size, short=short, strum_seconds=strum)


def _lead_notes(rng: np.random.Generator, plan: Plan, instrument: str) -> list[Note]:
    """Write a melody in the instrument's register; guitars and some singers bend into notes."""
    if instrument == "spoken_voice":
        return lines.spoken(rng, plan, int(rng.integers(45, 58)))
    base = int(rng.integers(*REGISTERS.get(instrument, (55, 67))))
    density = BUSY if rng.random() < (0.7 if instrument == "lead_guitar" else 0.4) else CALM
    notes = lines.melody(rng, plan, base, density)
    return lines.bent(rng, notes, 0.3) if instrument == "lead_guitar" else notes


def _section_notes(
    rng: np.random.Generator, plan: Plan, family: str, instrument: str, size: int
) -> list[Note]:
    """Write for strings, brass or choirs: chords, a second voice, or a tune of their own."""
    alone = instrument in REGISTERS and instrument != "voice"
    if not alone and family == "brass" and rng.random() < 0.4:
        return lines.rhythmic_chords(rng, plan, int(rng.integers(50, 60)), size, short=True)
    if instrument == "pizzicato_strings":
        return lines.arpeggio(rng, plan, int(rng.integers(50, 62)), size)
    if not alone and (family == "backing" or rng.random() < 0.55):
        return lines.held_chords(plan, int(rng.integers(48, 62)), min(size, 4))
    base = int(rng.integers(*REGISTERS.get(instrument, (50, 72))))
    if rng.random() < 0.5:
        return lines.counter_line(rng, plan, base)
    return lines.melody(rng, plan, base, CALM)


def _keys_notes(rng: np.random.Generator, plan: Plan, instrument: str, size: int) -> list[Note]:
    """Write keyboard comping; pianists also play the root with the left hand."""
    if instrument in REGISTERS:
        return _lead_notes(rng, plan, instrument)
    base = int(rng.integers(50, 62))
    kind = str(rng.choice(["held", "rhythm", "arpeggio"], p=[0.35, 0.4, 0.25]))
    if kind == "held":
        notes = lines.held_chords(plan, base, size)
    elif kind == "rhythm":
        notes = lines.rhythmic_chords(rng, plan, base, size, short=rng.random() < 0.3)
    else:
        notes = lines.arpeggio(rng, plan, base, size)
    if instrument == "piano" and rng.random() < 0.5:
        notes += lines.held_chords(plan, 36, 1)
    return notes
