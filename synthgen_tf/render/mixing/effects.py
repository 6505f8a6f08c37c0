"""What a part can be sent through.

All functions take and return (time, 2) float32 of the same length, fastest with contiguous
channels; `chains` draws which a part goes through, `buses` which a stem.
"""

from collections.abc import Sequence

import numpy as np
from scipy import signal

from synthgen_tf.render.compose.score import Curve
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    control_axis,
    from_control,
    moving_delay,
    to_frames,
)
from synthgen_tf.render.signals.filters import filter_moving


def apply_effects(
    sound: np.ndarray, chain: Sequence[dict], kick_seconds: Sequence[float]
) -> np.ndarray:
    """Run a part through its chain.

    Args:
        sound: (time, 2) float32.
        chain: from `chains` or `buses`: dicts with a `name` and the keyword arguments of the
            function of that name here.
        kick_seconds: onsets that `duck` answers to.
    """
    for effect in chain:
        values = {key: value for key, value in effect.items() if key != "name"}
        if effect["name"] == "duck":
            sound = duck(sound, kick_seconds, **values)
        else:
            sound = EFFECTS[effect["name"]](sound, **values)
    return sound


def fade(sound: np.ndarray, level: Curve) -> np.ndarray:
    """A part (time, 2) as the faders move; as it is where they do not."""
    if not level:
        return sound
    seconds, gains = zip(*level, strict=True)
    gain = np.interp(control_axis(len(sound)), seconds, gains)
    return sound * from_control(gain, len(sound))[:, None]


def drive(sound: np.ndarray, gain: float) -> np.ndarray:
    """Soft clipping with `gain` in front of it, relative to the loud moments of the part."""
    loud = np.percentile(np.abs(sound[::16]), 99) + 1e-6
    return np.tanh(sound * np.float32(gain / loud)) * np.float32(loud)


def saturate(sound: np.ndarray, gain: float) -> np.ndarray:
    """Soft saturation that leaves the quiet as it is; `gain` is how deep the loud is in it."""
    loud = np.percentile(np.abs(sound[::16]), 99) + 1e-6
    edge = np.float32(loud / gain)
    return np.tanh(sound / edge) * edge


def width(sound: np.ndarray, factor: float) -> np.ndarray:
    """Scale the difference of left and right by `factor`: 0 is mono, 1 changes nothing."""
    side = (sound[:, 0] - sound[:, 1]) * np.float32(0.5 * (factor - 1))
    return np.stack([sound[:, 0] + side, sound[:, 1] - side]).T


def crush(sound: np.ndarray, bits: float, hold: int) -> np.ndarray:
    """Fewer bits and a lower sample rate: `hold` frames share one value, at `bits` of the peak."""
    step = np.float32(np.abs(sound).max() * 2.0 ** (1 - bits) + 1e-9)
    held = np.repeat(sound[::hold], hold, axis=0)[: len(sound)]
    return np.rint(held / step) * step


def tilt(sound: np.ndarray, pivot_hz: float, slope_db: float) -> np.ndarray:
    """Turn the balance of lows and highs by `slope_db`: half of it up above the pivot."""
    low, high = 10 ** (-slope_db / 40), 10 ** (slope_db / 40)
    corner = np.tan(np.pi * pivot_hz / SAMPLE_RATE)
    # A shelf of first order: `low` at zero, `high` at Nyquist.
    ahead = np.array([high + low * corner, low * corner - high])
    back = np.array([1 + corner, corner - 1])
    ahead, back = ((each / back[0]).astype(np.float32) for each in (ahead, back))
    return signal.lfilter(ahead, back, np.ascontiguousarray(sound.T, np.float32)).T


def chorus(sound: np.ndarray, rate_hz: float, depth_seconds: float, wet: float) -> np.ndarray:
    """A moving copy on each side, opposite in motion; `wet` is 0 to 1."""
    return _moving_copies(sound, rate_hz, 0.011, depth_seconds, wet, opposite=np.pi)


def flanger(sound: np.ndarray, rate_hz: float, depth_seconds: float, wet: float) -> np.ndarray:
    """A copy so close that both cancel at a comb of frequencies, which moves."""
    return _moving_copies(sound, rate_hz, depth_seconds + 0.0004, depth_seconds, wet, opposite=0.6)


def _moving_copies(
    sound: np.ndarray,
    rate_hz: float,
    middle_seconds: float,
    depth_seconds: float,
    wet: float,
    opposite: float,
) -> np.ndarray:
    angle = 2 * np.pi * rate_hz * control_axis(len(sound))
    result = sound.copy()
    for channel, shift in ((0, 0.0), (1, opposite)):
        late = middle_seconds + depth_seconds * np.sin(angle + shift)
        dry = np.ascontiguousarray(sound[:, channel])
        moved = moving_delay(dry, late)
        moved[: int(SAMPLE_RATE * late.max()) + 1] = 0.0
        result[:, channel] += np.float32(wet) * moved
    return result


def phaser(sound: np.ndarray, rate_hz: float, stages: int, wet: float) -> np.ndarray:
    """Notches that wander: the sound and its copy behind `stages` all-passes."""

    def response(middles: np.ndarray, bins: np.ndarray) -> np.ndarray:
        sweep = np.sin(2 * np.pi * rate_hz / SAMPLE_RATE * middles)
        corner = 900.0 * 2.0 ** (1.6 * sweep) / SAMPLE_RATE
        turn = np.exp(-2j * stages * np.arctan(bins / corner)).astype(np.complex64)
        return (1 + np.float32(wet) * turn) / np.float32(1 + 0.3 * wet)

    left = filter_moving(sound[:, 0], response)
    same = np.array_equal(sound[:, 0], sound[:, 1])
    return np.stack([left, left if same else filter_moving(sound[:, 1], response)]).T


def double(sound: np.ndarray, seconds: float, wet: float) -> np.ndarray:
    """The other side once more, a little later: width from next to nothing."""
    result = sound.copy()
    late = to_frames(seconds)
    if late < len(sound):
        result[late:, 1] -= np.float32(wet) * sound[:-late, 0]
        result[late:, 0] += np.float32(wet) * sound[:-late, 1]
    return result


def delay(sound: np.ndarray, seconds: float, feedback: float, wet: float) -> np.ndarray:
    """Echoes that change sides; each is `feedback` times the one before."""
    result = sound.copy()
    step, level, side = to_frames(seconds), wet, 1
    start = step
    while start < len(sound) and level > 0.005:
        for channel in (0, 1):
            echo = sound[: len(sound) - start, channel ^ side]
            result[start:, channel] += np.float32(level) * echo
        start, level, side = start + step, level * feedback, 1 - side
    return result


def gate(sound: np.ndarray, step_seconds: float, pattern: str, depth: float) -> np.ndarray:
    """Chop a held sound: `x` of the pattern lets a step through, `.` lowers it by the share."""
    steps = int(len(sound) / SAMPLE_RATE / step_seconds) + 2
    opened = np.array([step == "x" for step in pattern], float)
    levels = 1 - depth * (1 - np.resize(opened, steps))
    time = control_axis(len(sound))
    # A few milliseconds from one step to the next, so that nothing clicks.
    edge = 0.004
    starts = step_seconds * np.arange(steps)
    points = np.stack([starts, starts + step_seconds - edge]).T.reshape(-1)
    curve = np.interp(time, points, np.repeat(levels, 2))
    return sound * from_control(curve, len(sound))[:, None]


def duck(
    sound: np.ndarray, kick_seconds: Sequence[float], depth: float, seconds: float
) -> np.ndarray:
    """Pull the level down by the share `depth` at every kick; it is back after `seconds`."""
    length = to_frames(seconds)
    dip = (1 - depth * (1 - np.linspace(0, 1, length)) ** 1.5).astype(np.float32)
    gain = np.ones(len(sound), np.float32)
    for onset in kick_seconds:
        start = max(0, to_frames(onset))
        part = gain[start : start + length]
        np.minimum(part, dip[: len(part)], out=part)
    return sound * gain[:, None]


def pan(sound: np.ndarray, place: float) -> np.ndarray:
    """Balance: -1 is left, 1 is right; the centre leaves the sound as it is."""
    gains = np.sqrt(np.array([1 - max(place, 0.0), 1 + min(place, 0.0)], np.float32))
    return (sound.T * gains[:, None]).T  # channels contiguous: ten times as fast


EFFECTS = {
    function.__name__: function
    for function in (
        drive,
        saturate,
        crush,
        tilt,
        chorus,
        flanger,
        phaser,
        double,
        delay,
        gate,
        pan,
        width,
    )
}
