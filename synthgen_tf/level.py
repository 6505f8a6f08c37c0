"""Power and gain of signals, in keras.ops: what model, losses and metrics all measure by.

`KerasTensor` stands, here and in the other rooms, for what the backend of Keras computes with: its
own tensors, symbolic ones while a model is built, and NumPy arrays.
"""

from keras import KerasTensor, ops

SILENCE_POWER = 1e-20
"""Mean square (-200 dB re full scale) below which a signal has no level that could be measured."""


def power(signal: KerasTensor) -> KerasTensor:
    """Return the mean square of each signal over time and channels.

    Input shape: (batch, time, channels), full scale being 1. Output shape: (batch,).
    """
    return ops.mean(ops.square(signal), axis=(1, 2))


def mixture_gain(mixture: KerasTensor, normalisation: str) -> KerasTensor:
    """Return the gain that brings each mixture to unit level; silence keeps gain 1.

    Args:
        mixture: (batch, time, channels).
        normalisation: `rms` (mean square becomes 1), `peak` (largest sample becomes 1) or `none`.

    Returns:
        (batch, 1, 1), positive. `gain(c * mixture) == gain(mixture) / c` unless it is `none`.
    """
    if normalisation == "peak":
        level = ops.square(ops.max(ops.abs(mixture), axis=(1, 2), keepdims=True))
    else:
        level = ops.mean(ops.square(mixture), axis=(1, 2), keepdims=True)
    measurable = level > SILENCE_POWER
    if normalisation == "none":
        return ops.ones_like(level)
    return ops.where(measurable, ops.rsqrt(ops.maximum(level, SILENCE_POWER)), 1.0)
