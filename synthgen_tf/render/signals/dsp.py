"""The few signal tools that every engine shares. Mono signals are (time,), float32."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import signal

SAMPLE_RATE = 44100
NYQUIST_HZ = SAMPLE_RATE / 2

LN_1000 = float(np.log(1000.0))
"""Natural logarithm of 60 dB in amplitude: an exponential with it falls by 60 dB in its time."""


Pitch = TypeVar("Pitch", float, np.ndarray)


def to_frames(seconds: float) -> int:
    """Seconds to the nearest whole number of frames."""
    return round(seconds * SAMPLE_RATE)


def to_hz(pitch: Pitch) -> Pitch:
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

    def curve(self, frames: int, gate_seconds: float, *, tied: bool = False) -> np.ndarray:
        """The envelope of a key held for `gate_seconds`.

        Args:
            frames: length of the result.
            gate_seconds: above 0.
            tied: leave out attack and decay, as the key goes on with a sounding line.

        Returns:
            (frames,) float32 in [0, 1].
        """
        return self.values(time_axis(frames), gate_seconds, tied=tied)

    def values(self, time: np.ndarray, gate_seconds: float, *, tied: bool = False) -> np.ndarray:
        """`curve` at the given times, rising seconds from 0, (points,) float32."""
        time = time.astype(np.float32, copy=False)
        gate = int(np.searchsorted(time, gate_seconds))
        level = np.full(len(time), self.sustain, np.float32)
        last = self.sustain
        if not tied:
            attack = int(np.searchsorted(time, min(self.attack_seconds, gate_seconds), "right"))
            level[:attack] = time[:attack] / np.float32(self.attack_seconds)
            level[attack:gate] += (1 - self.sustain) * self._fall(
                time[attack:gate] - np.float32(self.attack_seconds), self.decay_seconds
            )
            past = gate_seconds - self.attack_seconds
            fall = np.exp(-LN_1000 / self.decay_seconds * max(past, 0.0))
            last += (1 - self.sustain) * fall if past > 0 else past / self.attack_seconds + 1 - last
        level[gate:] = last * self._fall(time[gate:] - gate_seconds, self.release_seconds)
        return level

    @staticmethod
    def _fall(time: np.ndarray, seconds: float) -> np.ndarray:
        return np.exp(time * np.float32(-LN_1000 / seconds))


def fade_out(sound: np.ndarray, seconds: float = 0.005) -> np.ndarray:
    """Bring the end of `sound` (time, ...) to zero, in place, so that it does not click."""
    frames = min(to_frames(seconds), len(sound))
    ramp = np.linspace(1.0, 0.0, frames, dtype=np.float32)
    sound[len(sound) - frames :] *= ramp.reshape((frames,) + (1,) * (sound.ndim - 1))
    return sound


def noise(rng: np.random.Generator, frames: int) -> np.ndarray:
    """White noise of unit variance, (frames,) float32."""
    return rng.standard_normal(frames, dtype=np.float32)


def lowpass(sound: np.ndarray, cutoff_hz: float, order: int = 2) -> np.ndarray:
    """Butterworth low-pass along time; shape and float32 stay."""
    sos = signal.butter(order, cutoff_hz, "lowpass", fs=SAMPLE_RATE, output="sos")
    return _filtered(sos, sound)


def highpass(sound: np.ndarray, cutoff_hz: float, order: int = 2) -> np.ndarray:
    """Butterworth high-pass along time; shape and float32 stay."""
    sos = signal.butter(order, cutoff_hz, "highpass", fs=SAMPLE_RATE, output="sos")
    return _filtered(sos, sound)


def _filtered(sos: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """`sound` (time, ...) behind second-order sections, float32, time contiguous in memory."""
    return signal.sosfilt(sos, np.ascontiguousarray(sound.T)).astype(np.float32).T


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


def ring_modes(
    frequencies_hz: np.ndarray,
    amplitudes: np.ndarray,
    decay_seconds: np.ndarray,
    phases: np.ndarray,
    frames: int,
) -> np.ndarray:
    """Sum of decaying sinusoids: struck bars, bells, strings, cymbals, bodies.

    Modes are computed only as long as they can be heard (75 dB), in single precision. A decaying
    sinusoid at time block * size + offset is a product of a factor of the block and a factor of
    the offset, so the whole sum is one small matrix product.

    Args:
        frequencies_hz, decay_seconds: (modes,); decay is the time to -60 dB. Modes above
            0.95 Nyquist are left out.
        amplitudes, phases: (modes,) or (channels, modes); phases in radians of a sine.
        frames: length of the result.

    Returns:
        (frames,) float32 where both are (modes,), else (frames, channels), channels contiguous.
    """
    channels = np.broadcast_shapes(np.shape(amplitudes), np.shape(phases))[:-1]
    levels, angles = np.broadcast_arrays(np.atleast_2d(amplitudes), np.atleast_2d(phases))
    cycles, fall = frequencies_hz / SAMPLE_RATE, LN_1000 / SAMPLE_RATE / decay_seconds
    audible = 1.25 * SAMPLE_RATE * decay_seconds
    waiting = frequencies_hz < 0.95 * NYQUIST_HZ
    sound = np.zeros((len(levels), frames), np.float32)
    length = frames
    while waiting.any():
        now = waiting & (audible > length // 2) if length > 2048 else waiting
        if now.any():
            sound[:, :length] += _ring(
                cycles[now], fall[now], levels[:, now], angles[:, now], length
            )
        waiting = waiting & ~now
        length = (length + 1) // 2
    return sound.T if channels else sound[0]


def _ring(
    cycles: np.ndarray, fall: np.ndarray, levels: np.ndarray, angles: np.ndarray, length: int
) -> np.ndarray:
    """The modes of `ring_modes` that all last: sin(a + b) taken apart into blocks and offsets."""
    size = max(1, int(np.sqrt(length * len(levels))))
    blocks = -(-length // size)
    turns = (cycles[:, None] * np.arange(size)) % 1.0
    inner = np.exp(-fall[:, None].astype(np.float32) * np.arange(size, dtype=np.float32))
    turns = (2 * np.pi * turns).astype(np.float32)
    right = np.concatenate([np.cos(turns) * inner, np.sin(turns) * inner])
    begin = size * np.arange(blocks)
    turns = (cycles[:, None] * begin) % 1.0 + (angles / (2 * np.pi))[:, :, None]
    turns = (2 * np.pi * turns).astype(np.float32)
    outer = (
        np.exp(-fall[:, None] * begin).astype(np.float32) * levels.astype(np.float32)[:, :, None]
    )
    left = np.concatenate([np.sin(turns) * outer, np.cos(turns) * outer], axis=1)
    sound = left.transpose(0, 2, 1) @ right
    return sound.reshape(len(levels), -1)[:, :length]


def read_at(sound: np.ndarray, place: np.ndarray) -> np.ndarray:
    """`sound` (time,) at fractional frames, linear in between; its ends go on beyond it."""
    place = np.clip(place, 0, len(sound) - 1)
    index = np.minimum(place.astype(np.int32), len(sound) - 2)
    fraction = (place - index).astype(np.float32)
    left = sound.take(index)
    return left + fraction * (sound[1:].take(index) - left)


def convolve(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """`sound` (time,) behind a response (taps,), cut to its own length, float32."""
    wet = signal.oaconvolve(sound, response.astype(np.float32))
    return wet[: len(sound)].astype(np.float32, copy=False)


def minimum_phase(points: Sequence[tuple[float, float]], taps: int = 1024) -> np.ndarray:
    """The shortest filter of a given loudness curve: loudspeakers, pickups, mutes.

    Args:
        points: (Hz, dB), frequencies rising; linear in between on a logarithmic frequency axis.
        taps: length of the result, a power of two.

    Returns:
        (taps,) float32.
    """
    size = 4 * taps
    hz = np.maximum(np.arange(size // 2 + 1) * (SAMPLE_RATE / size), 1.0)
    known, level_db = np.array(points).T
    curve = np.interp(np.log(hz), np.log(known), level_db) * (np.log(10.0) / 20)
    cepstrum = np.fft.irfft(curve)
    # All of the cepstrum's past is folded onto its future: that is what minimum phase means.
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    response = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:taps]
    return fade_out(response.astype(np.float32), taps / SAMPLE_RATE / 4)


CONTROL = 64
"""Frames from one point of a control curve to the next."""


def control_axis(frames: int) -> np.ndarray:
    """Times of the points of a control curve that spans `frames`, in seconds."""
    return np.arange(-(-frames // CONTROL) + 1) * (CONTROL / SAMPLE_RATE)


def wander(rng: np.random.Generator, points: int, rate_hz: float) -> np.ndarray:
    """A slow random wander, human drift, as a control curve: (points,), about unit variance."""
    step = rate_hz * CONTROL / SAMPLE_RATE
    knots = rng.standard_normal(int(points * step) + 2)
    return np.interp(np.arange(points) * step, np.arange(len(knots)), knots)


def from_control(curve: np.ndarray, frames: int) -> np.ndarray:
    """A control curve, (points,), drawn out to (frames,) float32, linear in between."""
    curve = curve.astype(np.float32)
    ramp = np.arange(CONTROL, dtype=np.float32) / CONTROL
    return (curve[:-1, None] + np.diff(curve)[:, None] * ramp).reshape(-1)[:frames]


def moving_delay(sound: np.ndarray, delay_seconds: np.ndarray) -> np.ndarray:
    """`sound` (time,) behind a delay given by a control curve: chorus, doppler. (time,)."""
    frames = len(sound)
    place = np.arange(frames, dtype=np.float64)
    place -= SAMPLE_RATE * from_control(delay_seconds, frames)
    return read_at(sound, place)


def coloured_noise(
    rng: np.random.Generator, frames: int, low_hz: float, high_hz: float, slopes: int = 1
) -> np.ndarray:
    """Noise between two frequencies.

    Args:
        rng: source of the noise.
        frames: length.
        low_hz, high_hz: corners of a high-pass and a low-pass of first order.
        slopes: how often both are applied.

    Returns:
        (frames,) float32, unit variance.
    """
    low, high = np.tan(np.pi / SAMPLE_RATE * np.minimum([low_hz, high_hz], 0.95 * NYQUIST_HZ))
    ahead = high / (1 + low) / (1 + high) * np.array([1.0, 0.0, -1.0])
    first, second = (low - 1) / (low + 1), (high - 1) / (high + 1)
    section = np.concatenate([ahead, [1.0, first + second, first * second]])
    sound = signal.sosfilt(np.tile(section, (slopes, 1)), noise(rng, frames)).astype(np.float32)
    return sound / (np.std(sound) + 1e-9)
