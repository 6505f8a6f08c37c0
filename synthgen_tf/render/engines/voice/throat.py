"""Makes the throat's sound: pulses, their pitch, and all that keeps them from being a synth."""

from collections.abc import Sequence

import numpy as np
from scipy import fft

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import draw, draw_log
from synthgen_tf.render.engines.winds.line import line_bend, line_pitch
from synthgen_tf.render.signals.dsp import NYQUIST_HZ, from_control, to_hz, wander
from synthgen_tf.render.signals.wavetables import cycles_of, make_bank, read_bank

ROWS = 5
GRID = 2048
BANK_STEP = 3
"""Semitones that share one bank."""

# Size of the mouth against a man's, and the pitches that are sung at ease.
SINGERS = {
    "man": ((0.93, 1.08), 48, 64),
    "woman": ((1.1, 1.24), 55, 77),
    "child": ((1.24, 1.4), 60, 81),
}


def sample_singer(rng: np.random.Generator, middle: float, style: str) -> dict:
    """Draw a singer.

    Args:
        rng: source of the voice.
        middle: MIDI pitch around which the part lies; decides who can sing it.
        style: `lead`, `choir` or `spoken`.
    """
    # How far the part lies outside a range decides how unlikely that singer is.
    outside = [max(0.0, low - middle + 3, middle + 3 - high) for _, low, high in SINGERS.values()]
    shares = np.exp(-0.5 * np.array(outside)) * [1.0, 1.0, 0.12]
    kind = str(rng.choice(list(SINGERS), p=shares / shares.sum()))
    choir, spoken = style == "choir", style == "spoken"
    return (
        {"kind": kind, "size": float(rng.uniform(*SINGERS[kind][0]))}
        | draw(
            rng,
            press=(0.0, 1.0),
            breath=(0.03, 0.4),
            width=(0.85, 1.6),
            ring=(0.0, 1.0) if rng.random() < 0.3 else (0.0, 0.3),
            rasp=(0.0, 0.45) if rng.random() < 0.25 and not choir else (0.0, 0.0),
            jitter_cents=(2.0, 12.0),
            shimmer=(0.02, 0.1),
            drift_cents=(4.0, 16.0),
            vibrato_hz=(4.6, 6.6),
            vibrato_cents=(0.0, 0.0) if spoken else (3, 30) if choir else (4, 55),
            vibrato_delay_seconds=(0.2, 0.6),
            tremble=(0.0, 0.1),
            glide_seconds=(0.015, 0.06),
            scoop_semitones=(0.0, 0.6) if choir else (0.0, 2.5),
            sibilance=(0.5, 1.5),
            hurry=(0.75, 1.25),
        )
        | {
            "tilt_hz": draw_log(rng, 1200, 9000),
            "edge_hz": draw_log(rng, 7000, 18000),
        }
    )


def glottal_bank(press: float, tilt_hz: float, highest_hz: float) -> np.ndarray:
    """Make cycles of the glottis from soft to loud.

    A loud voice shuts the glottis for longer and more suddenly than a soft one.

    Args:
        press: 0 breathy to 1 pressed.
        tilt_hz: above it the pulses of a voice of middle strength grow dull.
        highest_hz: highest pitch that will be read.

    Returns:
        A bank of `ROWS`, at unit power.
    """
    harmonics = int(np.clip(0.92 * NYQUIST_HZ / highest_hz, 3, 300))
    number = np.arange(1, harmonics + 1)
    rows = []
    for loud in np.linspace(0, 1, ROWS):
        opened = 0.85 - 0.25 * press - 0.2 * loud
        share = np.arange(GRID) / GRID / opened
        # The derivative of a flow that rises slowly and ends at once (Klatt and Klatt, 1990).
        pulse = np.where(share < 1, 2 * share - 3 * share**2, 0.0)
        spectrum = fft.rfft(pulse)[1 : harmonics + 1]
        edge = tilt_hz * 2.0 ** (2.4 * loud - 1.2)
        spectrum = spectrum / (1 + 1j * number * highest_hz / edge)
        rows.append(spectrum / np.sqrt(np.sum(np.abs(spectrum) ** 2) / 2))
    return make_bank(np.array(rows))


def sung_level(notes: Sequence[Note], starts: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return how strongly a singer means each note, (points,); words cut it further."""
    ends = starts + np.array([note.seconds for note in notes])
    index = np.maximum(np.searchsorted(starts, time, side="right") - 1, 0)
    force = np.array([note.velocity for note in notes])[index]
    share = np.clip((time - starts[index]) / np.maximum(ends - starts, 0.5)[index], 0, 1)
    level = force * (0.9 + 0.25 * np.sin(np.pi * share**0.8))
    following = np.concatenate([starts[1:], [np.inf]])[index]
    # A line that rests while others sing on.
    resting = (time > ends[index] + 0.1) & (following > time + 0.12)
    level = np.where(resting, 0.0, level)
    kernel = np.hanning(25) / np.hanning(25).sum()
    return np.convolve(np.pad(level, 12, mode="edge"), kernel, "valid")


def sung_pitch(
    rng: np.random.Generator,
    singer: dict,
    notes: Sequence[Note],
    starts: np.ndarray,
    time: np.ndarray,
    spoken: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pitch of a line in semitones, and its vibrato from -1 to 1, each (points,).

    Args:
        rng, singer, notes, starts, time, spoken: as of `throat`.
    """
    pitches = np.array([float(note.pitch) for note in notes])
    # The pitch moves while the consonant sounds, so that the vowel begins in tune.
    early = starts - 0.03
    semitones, shake = line_pitch(rng, singer, pitches, early, time)
    semitones += line_bend(notes, starts, time)
    if spoken:
        index = np.maximum(np.searchsorted(starts, time, side="right") - 1, 0)
        semitones += rng.normal(0, 0.6, len(notes))[index]
        semitones -= rng.uniform(4, 14, len(notes))[index] * np.clip(
            time - starts[index], -0.1, 0.4
        )
    semitones += singer["jitter_cents"] / 100 * wander(rng, len(time), 90.0)
    return semitones, shake


def throat(
    rng: np.random.Generator,
    singer: dict,
    notes: Sequence[Note],
    starts: np.ndarray,
    time: np.ndarray,
    frames: int,
    *,
    voicing: np.ndarray,
    breath: np.ndarray,
    air: np.ndarray | None,
    spoken: bool = False,
) -> np.ndarray:
    """Play one singer's throat through a phrase.

    Args:
        rng: source of everything human.
        singer: from `sample_singer`.
        notes, starts: the line, and its onsets in seconds within the phrase.
        time: (points,) of the control curves.
        frames: length of the phrase.
        voicing, breath: (points,) from the words.
        air: any length of white noise; None for a singer whose breath is not heard, and whose
            colour stays the same: one of many.
        spoken: every note falls in pitch, as syllables do.

    Returns:
        (frames,) float32.
    """
    semitones, shake = sung_pitch(rng, singer, notes, starts, time, spoken)
    level = sung_level(notes, starts, time) * (1 + singer["tremble"] * shake)
    level *= 1 + singer["shimmer"] * wander(rng, len(time), 70.0)
    hz = to_hz(semitones)
    step = np.ceil(float(semitones.max()) / BANK_STEP) * BANK_STEP
    bank = glottal_bank(singer["press"], singer["tilt_hz"], float(to_hz(step)))
    cycles = cycles_of(from_control(hz, frames), rng.random())
    effort = np.clip(1.1 * level - 0.1, 0, 1)
    effort = float(effort.mean()) if air is None else from_control(effort, frames)
    sound = read_bank(bank, cycles, effort)
    if singer["rasp"]:
        # Every second pulse is weaker when it gets loud.
        rough = singer["rasp"] * np.clip(level * (1 + 0.6 * wander(rng, len(time), 3.0)), 0, 1)
        halves = np.cos(np.pi * cycles.astype(np.float32))
        sound *= 1 + from_control(rough, frames) * halves
    strength = level * voicing
    sound *= from_control(strength, frames)
    if air is None:
        return sound
    # Breath comes in puffs, one a cycle, while the glottis is open.
    puffs = 1 + np.float32(0.7) * np.cos(
        np.float32(2 * np.pi) * (cycles - np.floor(cycles)).astype(np.float32)
    )
    blown = singer["breath"] * strength * (1.2 - 0.6 * level) + 0.5 * level * breath
    noise = np.resize(np.roll(air, int(rng.integers(len(air)))), frames)
    return sound + from_control(blown, frames) * puffs * noise
