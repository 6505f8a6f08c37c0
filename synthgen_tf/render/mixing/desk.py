"""Sets the levels of parts at the desk, and makes the room they stand in. Sounds are (time, 2)."""

from collections.abc import Iterable, Mapping

import numpy as np
from scipy import fft

from synthgen_tf.render.signals.dsp import (
    LN_1000,
    SAMPLE_RATE,
    lowpass,
    noise,
    time_axis,
    to_frames,
)

LEVEL_DB = {
    "drums": -16.0,
    "bass": -18.0,
    "guitar": -20.5,
    "keys": -21.0,
    "strings": -22.0,
    "brass": -22.0,
    "wind": -22.0,
    "solo": -18.5,
    "plucked": -22.0,
    "vocals": -17.0,
    "backing": -24.0,
    "synth_lead": -20.0,
    "synth_pad": -23.0,
    "synth_arp": -22.5,
    "synth_pluck": -22.0,
    "synth_bass": -17.5,
    "synth_stab": -21.5,
    "synth_keys": -21.5,
    "synth_sweep": -24.0,
}
"""Level of each role while it plays, before the spread of `LEVEL_SPREAD_DB`."""

LEVEL_SPREAD_DB = 2.5


def total(sounds: Iterable[np.ndarray]) -> np.ndarray:
    """Return the sum of one sound or more, a new array of their type."""
    first, *others = sounds
    result = first.copy(order="K")
    for sound in others:
        result += sound
    return result


def rms_db(sound: np.ndarray) -> float:
    """Return the root mean square over all entries in dB relative to 1; -200 for silence."""
    flat = sound.ravel(order="K").astype(np.float32, copy=False)
    power = float(np.dot(flat, flat)) / flat.size
    return float(10 * np.log10(max(power, 1e-20)))


def playing_rms_db(sound: np.ndarray) -> float:
    """Return the root mean square over the tenth-seconds in which a part plays, in dB.

    A tenth of a second counts as playing when it is within 40 dB of the loudest.
    """
    length = SAMPLE_RATE // 10
    power = np.zeros(-(-len(sound) // length), np.float32)
    for side in sound.T:
        side = np.pad(side, (0, -len(side) % length)).reshape(-1, length)
        power += np.einsum("ij,ij->i", side, side) / (2 * length)
    playing = power[power > 1e-4 * power.max()]
    return float(10 * np.log10(max(np.mean(playing) if len(playing) else 0.0, 1e-20)))


class Room:
    """A reverb that the whole song shares: noise that decays, without its first milliseconds.

    Args:
        rng: source of size and echoes.
    """

    def __init__(self, rng: np.random.Generator):
        self.seconds = float(np.exp(rng.uniform(np.log(0.4), np.log(2.8))))
        self.predelay_seconds = float(rng.uniform(0.0, 0.03))
        frames = to_frames(self.seconds)
        tail = np.stack([noise(rng, frames), noise(rng, frames)]).T
        tail *= np.exp(-LN_1000 / self.seconds * time_axis(frames))[:, None]
        tail = lowpass(tail, float(rng.uniform(3500, 9000)), 1)
        tail /= np.sqrt(np.sum(tail**2, axis=0))
        self.response = np.pad(tail, ((to_frames(self.predelay_seconds), 0), (0, 0)))

    def reverberate(self, sends: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the reverb of every send, (time,) to (time, 2) float32 of the same length."""
        frames, tail = len(next(iter(sends.values()), ())), len(self.response)
        # Blocks as long as the tail or more, which still fit into the processor's cache.
        size = 1 << int(np.ceil(np.log2(2 * tail)))
        step = size - tail
        count = -(-frames // step)
        spectrum = fft.rfft(self.response.T.astype(np.float32), size)[:, None]  # (2, 1, bins)
        result = {}
        for name, send in sends.items():
            blocks = np.pad(send, (0, count * step - frames)).reshape(count, step)
            echoes = fft.irfft(spectrum * fft.rfft(blocks, size), size)  # (2, count, size)
            wet = np.zeros((2, count * step + tail), np.float32)
            for number in range(count):
                wet[:, number * step : number * step + size] += echoes[:, number]
            result[name] = wet[:, :frames].T
        return result
