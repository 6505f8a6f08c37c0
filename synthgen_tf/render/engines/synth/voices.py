"""Makes the oscillators and the filter of one key of the soft synth.

Both are drawn as single cycles at the instants where they differ, and read with pitch, unison and
panorama: every movement of pulse width, wavetable, modulation index, sync or cutoff costs a few
more cycles, and nothing aliases. Curves are control curves, see `dsp.from_control`.
"""

import numpy as np
from scipy import fft

from synthgen_tf.render.engines.synth.patch import Filter, Oscillator, SynthPatch
from synthgen_tf.render.signals.dsp import CONTROL, SAMPLE_RATE, coloured_noise, from_control, to_hz
from synthgen_tf.render.signals.filters import filter_moving, response
from synthgen_tf.render.signals.waves import spectra
from synthgen_tf.render.signals.wavetables import cycles_of, make_bank, num_harmonics, read_bank

MIDDLE_C = 60

OCTAVES_A_ROW, SHAPE_A_ROW = 0.12, 0.025
"""How far cutoff and shape may move from one stored cycle to the next."""

MOST_ROWS = 400


def add_voices(
    sound: np.ndarray,
    oscillator: Oscillator,
    patch: SynthPatch,
    semitones: np.ndarray,
    cutoff: np.ndarray,
    shape: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Add all unison voices of an oscillator, behind the filter.

    Args:
        sound: (2, frames) float32, to which is added.
        oscillator: one of the patch's.
        patch: for filter, drive and timbre.
        semitones: curve of the key's pitch, in MIDI numbers.
        cutoff: curve in octaves above the middle C.
        shape: curve in 0 to 1, see `waves.spectra`.
        rng: source of the voices' phases.
    """
    frames = sound.shape[1]
    pitch = semitones + oscillator.semitones
    rows, position = _rows(cutoff, shape)
    bank = _bank(oscillator, patch, float(pitch.max()), *rows)
    place = from_control(position, frames) if isinstance(position, np.ndarray) else position
    cycles = cycles_of(from_control(to_hz(pitch), frames))
    gain = oscillator.gain / np.sqrt(oscillator.unison)
    for number, detune in enumerate(_spread(oscillator.unison)):
        factor = 2.0 ** (detune * oscillator.detune_cents / 1200)
        voice = read_bank(bank, cycles * factor + rng.random(), place)
        # Voices alternate between the sides; of an odd number the middle one stays centred.
        pan = oscillator.width * np.sign(detune) * (1 if number % 2 else -1)
        sound[0] += np.float32(gain * np.sqrt(1 - pan)) * voice
        sound[1] += np.float32(gain * np.sqrt(1 + pan)) * voice


def _bank(
    oscillator: Oscillator,
    patch: SynthPatch,
    highest: float,
    cutoff: np.ndarray,
    shape: np.ndarray,
) -> np.ndarray:
    """Return an oscillator's cycles behind the filter, one for every pair of cutoff and shape."""
    hz = float(to_hz(highest))
    harmonics = num_harmonics(hz * 2.0 ** (oscillator.detune_cents / 1200))
    still = np.ptp(shape) == 0
    wave = spectra(oscillator.wave, shape[:1] if still else shape, patch.timbre, harmonics, hz)
    cutoff_hz = to_hz(MIDDLE_C) * 2.0 ** cutoff[:, None]
    ratio = hz * np.arange(1, harmonics + 1)[None] / cutoff_hz
    filtered = wave * response(patch.filter.kind, ratio, patch.filter.quality)
    return make_bank(_saturated(filtered, patch.drive) if patch.drive else filtered)


def _rows(
    cutoff: np.ndarray, shape: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray | float]:
    """Choose the instants of two control curves whose cycles are stored.

    Returns:
        (cutoff, shape) at these instants, (rows,) each, and the control curve of the position in
        the bank, or a number where nothing moves.
    """
    moved = np.abs(np.diff(cutoff)) / OCTAVES_A_ROW + np.abs(np.diff(shape)) / SHAPE_A_ROW
    way = np.concatenate([[0.0], np.cumsum(moved)])
    if way[-1] < 0.2:
        return (cutoff[:1], shape[:1]), 0.0
    rows = int(min(np.ceil(way[-1]), MOST_ROWS - 1)) + 1
    places = np.linspace(0.0, way[-1], rows)
    points = np.interp(places, way, np.arange(len(way)))
    along = np.arange(len(way))
    chosen = np.interp(points, along, cutoff), np.interp(points, along, shape)
    return chosen, way / way[-1]


def _spread(voices: int) -> np.ndarray:
    """Return where unison voices stand between -1 and 1: denser in the middle."""
    if voices == 1:
        return np.zeros(1)
    even = np.linspace(-1.0, 1.0, voices)
    return np.sign(even) * np.abs(even) ** 1.3


def _saturated(spectrum: np.ndarray, drive: float) -> np.ndarray:
    """Send spectra (rows, harmonics) of cycles through a soft clipper."""
    harmonics = spectrum.shape[1]
    size = fft.next_fast_len(6 * harmonics + 2, real=True)
    cycles = fft.irfft(np.pad(spectrum, ((0, 0), (1, 0))), size, axis=1) * (size / 2)
    clipped = np.tanh(np.float32(drive) * cycles)
    return fft.rfft(clipped, axis=1)[:, 1 : harmonics + 1] * (2 / size)


def filtered_noise(
    rng: np.random.Generator, values: Filter, cutoff: np.ndarray, frames: int
) -> np.ndarray:
    """Draw noise behind the filter, (frames,) float32; `cutoff` as in `add_voices`."""
    middle_hz = to_hz(MIDDLE_C)
    if np.ptp(cutoff) < 0.3:
        top = float(middle_hz * 2.0 ** cutoff.mean())
        return coloured_noise(rng, frames, 60.0, max(top, 200.0))

    def moving(middles: np.ndarray, bins: np.ndarray) -> np.ndarray:
        hz = middle_hz * 2.0 ** np.interp(middles, CONTROL * np.arange(len(cutoff)), cutoff)
        return response(values.kind, bins * SAMPLE_RATE / hz, min(values.quality, 4.0))

    return filter_moving(rng.standard_normal(frames, dtype=np.float32), moving)
