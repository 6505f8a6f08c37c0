"""The few signal tools that every engine shares. Mono signals are (time,), float32."""

from dataclasses import dataclass

import numpy as np
from scipy import signal

SAMPLE_RATE = 44100
NYQUIST_HZ = SAMPLE_RATE / 2

LN_1000 = float(np.log(1000.0))
"""Natural logarithm of 60 dB in amplitude: an exponential with it falls by 60 dB in its time."""


def to_frames(seconds: float) -> int:
    """Seconds to the nearest whole number of frames."""
    return round(seconds * SAMPLE_RATE)


def to_hz(pitch: float | np.ndarray) -> float | np.ndarray:
    """MIDI pitch to frequency; 69 is 440 Hz."""
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def time_axis(frames: int) -> np.ndarray:
    """Time of every frame in seconds, (frames,) float32."""
    return np.arange(frames, dtype=np.float32) / np.float32(SAMPLE_RATE)


@dataclass(frozen=True)
class Envelope:
    """Attack, decay, sustain, release.

    The attack is linear and reaches 1; decay and release are exponential and take their time to
    come within 60 dB of where they go.

    Attributes:
        attack_seconds, decay_seconds, release_seconds: above 0.
        sustain: 0 to 1.
    """

    attack_seconds: float
    decay_seconds: float
    sustain: float
    release_seconds: float

    def curve(self, frames: int, gate_seconds: float) -> np.ndarray:
        """The envelope of a key held for `gate_seconds`.

        Returns:
            (frames,) float32 in [0, 1].
        """
        time = time_axis(frames)
        gate = min(to_frames(gate_seconds), frames)
        held = np.minimum(time / self.attack_seconds, 1.0)
        after = time > self.attack_seconds
        fall = np.exp(-LN_1000 / self.decay_seconds * (time[after] - self.attack_seconds))
        held[after] = self.sustain + (1.0 - self.sustain) * fall
        level = held[max(gate - 1, 0)]
        held[gate:] = level * np.exp(-LN_1000 / self.release_seconds * time[: frames - gate])
        return held.astype(np.float32)


def fade_out(sound: np.ndarray, seconds: float = 0.005) -> np.ndarray:
    """Bring the end of `sound` (time, ...) to zero, in place, so that it does not click."""
    frames = min(to_frames(seconds), len(sound))
    ramp = np.linspace(1.0, 0.0, frames, dtype=np.float32)
    sound[len(sound) - frames :] *= ramp.reshape((frames,) + (1,) * (sound.ndim - 1))
    return sound


def decaying_modes(
    frequencies_hz: np.ndarray,
    amplitudes: np.ndarray,
    decay_seconds: np.ndarray,
    phases: np.ndarray,
    frames: int,
) -> np.ndarray:
    """Sum of exponentially decaying sinusoids: struck bars, bells, piano strings, cymbals.

    A decaying sinusoid at time block * size + offset is a product of a factor of the block and a
    factor of the offset, so the whole sum is one small matrix product.

    Args:
        frequencies_hz, amplitudes, decay_seconds, phases: (modes,); decay is the time to -60 dB,
            phase is in radians of a sine. Modes above 0.95 Nyquist are left out.
        frames: length of the result.

    Returns:
        (frames,) float32.
    """
    heard = frequencies_hz < 0.95 * NYQUIST_HZ
    rates = (-LN_1000 / decay_seconds + 2j * np.pi * frequencies_hz)[heard] / SAMPLE_RATE
    size = max(1, int(np.sqrt(frames)))
    blocks = -(-frames // size)
    start = amplitudes[heard] * np.exp(1j * (phases[heard] - 0.5 * np.pi))
    inner = np.exp(rates[:, None] * np.arange(size))  # (modes, size)
    outer = start[:, None] * np.exp(rates[:, None] * (size * np.arange(blocks)))  # (modes, blocks)
    sound = outer.real.T @ inner.real - outer.imag.T @ inner.imag  # (blocks, size)
    return sound.reshape(-1)[:frames].astype(np.float32)


def noise(rng: np.random.Generator, frames: int) -> np.ndarray:
    """White noise of unit variance, (frames,) float32."""
    return rng.standard_normal(frames, dtype=np.float32)


def band_noise(rng: np.random.Generator, frames: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Noise between two frequencies, second-order slopes, unit variance, (frames,) float32."""
    edges = [low_hz, min(high_hz, 0.98 * NYQUIST_HZ)]
    sos = signal.butter(1, edges, "bandpass", fs=SAMPLE_RATE, output="sos")
    sound = signal.sosfilt(sos, noise(rng, frames)).astype(np.float32)
    return sound / (np.std(sound) + 1e-9)


def smooth_noise(rng: np.random.Generator, frames: int, rate_hz: float) -> np.ndarray:
    """A slow random wander of about unit variance: human drift. (frames,) float32."""
    points = rng.standard_normal(int(frames / SAMPLE_RATE * rate_hz) + 2)
    position = np.arange(frames) * (rate_hz / SAMPLE_RATE)
    return np.interp(position, np.arange(len(points)), points).astype(np.float32)


def lowpass(sound: np.ndarray, cutoff_hz: float, order: int = 2) -> np.ndarray:
    """Butterworth low-pass along time; shape and float32 stay."""
    sos = signal.butter(order, cutoff_hz, "lowpass", fs=SAMPLE_RATE, output="sos")
    return signal.sosfilt(sos, sound, axis=0).astype(np.float32)


def highpass(sound: np.ndarray, cutoff_hz: float, order: int = 2) -> np.ndarray:
    """Butterworth high-pass along time; shape and float32 stay."""
    sos = signal.butter(order, cutoff_hz, "highpass", fs=SAMPLE_RATE, output="sos")
    return signal.sosfilt(sos, sound, axis=0).astype(np.float32)


def peaks(sound: np.ndarray, bands: list[tuple[float, float, float]]) -> np.ndarray:
    """Bell-shaped equaliser along time; shape and float32 stay.

    Args:
        sound: (time, ...).
        bands: (centre in Hz, gain in dB, quality) of every bell.

    Reference:
        R. Bristow-Johnson, Audio EQ Cookbook, peaking EQ.
    """
    sections = []
    for centre_hz, gain_db, quality in bands:
        amplitude = 10.0 ** (gain_db / 40.0)
        angle = 2.0 * np.pi * centre_hz / SAMPLE_RATE
        width = np.sin(angle) / (2.0 * quality)
        cosine = -2.0 * np.cos(angle)
        ahead = np.array([1.0 + width * amplitude, cosine, 1.0 - width * amplitude])
        back = np.array([1.0 + width / amplitude, cosine, 1.0 - width / amplitude])
        sections.append(np.concatenate([ahead, back]) / back[0])
    return signal.sosfilt(np.array(sections), sound, axis=0).astype(np.float32)
