"""Short-time spectra of signals and the way back, as Keras layers.

They compute with real numbers alone, since TFLite's builtin operations know no complex ones.

Shape legend: b batch, t samples, c channels, f frames, w window, h hop, k bins (w / 2 + 1).
"""

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

Shape = tuple[int | None, ...]
"""Lengths of a tensor's axes; None for one that is free."""

LOUD = 2.0**12
"""Factor at which small powers are added: half precision, in which TFLite's fp16 stores them, has
nothing below 6e-8. A power of two changes no float32 result."""


@keras.saving.register_keras_serializable("synthgen")
class Spectrum(keras.layers.Layer):
    """A layer that takes signals to their short-time Fourier transform, with a Hann window.

    Every sample lies in `window / hop` frames.

    Args:
        window: samples of a frame, even, a multiple (at least twice) of `hop`.
        hop: samples from frame to frame.
        options: of `keras.layers.Layer`.

    Input shape: (b, t, c). Output: real and imaginary part, each (b, f, c, k),
    with `f = ceil(t / hop) + window / hop - 1`.
    """

    def __init__(self, window: int, hop: int, **options: Any) -> None:
        super().__init__(**options)
        self.window, self.hop = window, hop
        self.shape_of_window = hann(window)

    def call(self, signal: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        time, channels = ops.shape(signal)[1], signal.shape[2]
        margin = self.window - self.hop
        tail = -time % self.hop  # an integer where JAX traces, which ops.mod would not leave one
        signal = ops.pad(signal, ((0, 0), (margin, tail + margin), (0, 0)))
        blocks = ops.reshape(signal, (ops.shape(signal)[0], -1, self.hop, channels))
        blocks = ops.transpose(blocks, (0, 1, 3, 2))  # b, f + overlap - 1, c, h
        overlap = self.window // self.hop
        count = ops.shape(blocks)[1] - overlap + 1
        frames = ops.concatenate([blocks[:, i : count + i] for i in range(overlap)], axis=-1)
        return ops.rfft(ops.multiply(frames, self.shape_of_window))

    def compute_output_shape(self, input_shape: Shape) -> tuple[Shape, Shape]:
        batch, time, channels = input_shape
        frames = None if time is None else -(-time // self.hop) + self.window // self.hop - 1
        shape = (batch, frames, channels, self.window // 2 + 1)
        return shape, shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "window": self.window, "hop": self.hop}


@keras.saving.register_keras_serializable("synthgen")
class Waveform(keras.layers.Layer):
    """The inverse of `Spectrum`: frames overlap and add to a signal as long as a reference.

    Without a change in between, `Waveform(Spectrum(x))` is x to float rounding.

    Args:
        window, hop, options: as of `Spectrum`.

    Input: real and imaginary part (b, f, c, k), reference (b, t, c). Output shape: (b, t, c).
    """

    def __init__(self, window: int, hop: int, **options: Any) -> None:
        super().__init__(**options)
        self.window, self.hop = window, hop
        analysis = hann(window)
        energy = np.square(analysis).reshape(-1, hop).sum(axis=0)
        self.shape_of_window = analysis / np.tile(energy, window // hop)

    def call(
        self, real: KerasTensor, imaginary: KerasTensor, reference: KerasTensor
    ) -> KerasTensor:
        frames = ops.multiply(inverse_rfft(real, imaginary), self.shape_of_window)  # b, f, c, w
        blocks = ops.split(frames, self.window // self.hop, axis=-1)
        last = len(blocks) - 1
        padding = [((0, 0), (i, last - i), (0, 0), (0, 0)) for i in range(last + 1)]
        signal = sum(ops.pad(block, pad) for block, pad in zip(blocks, padding, strict=True))
        signal = ops.transpose(signal, (0, 1, 3, 2))  # b, f + overlap - 1, h, c
        signal = ops.reshape(signal, (ops.shape(signal)[0], -1, reference.shape[2]))
        start = self.window - self.hop
        return signal[:, start : start + ops.shape(reference)[1]]

    def compute_output_shape(
        self, real_shape: Shape, imaginary_shape: Shape, reference_shape: Shape
    ) -> Shape:
        return reference_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "window": self.window, "hop": self.hop}


def mid_and_side(signal: KerasTensor) -> KerasTensor:
    """Turn left and right into middle and side, or back, at equal energy.

    Shape: (..., channels), as it was; other than two channels stay as they are.

    Width tells instruments apart: voice, bass and drums are in the middle, wide synths are not.
    """
    if signal.shape[-1] != 2:
        return signal
    return ops.matmul(signal, np.array([[1, 1], [1, -1]], "float32") / np.sqrt(np.float32(2)))


def magnitude(real: KerasTensor, imaginary: KerasTensor) -> KerasTensor:
    """Return the absolute value of a spectrum, its parts and the result of one shape.

    Its square is raised by 1e-9, so that the slope at zero is one that training can bear.
    """
    square = ops.square(real * LOUD) + ops.square(imaginary * LOUD)
    return ops.sqrt(square + 1e-9 * LOUD**2) * (1.0 / LOUD)


def hann(window: int) -> np.ndarray:
    """Return a periodic Hann window of so many samples: float32 (window,), 0 to 1."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype("float32")


def inverse_rfft(real: KerasTensor, imaginary: KerasTensor) -> KerasTensor:
    """Invert `keras.ops.rfft` along the last axis, by a forward transform: (..., k) to (..., w).

    TFLite has a builtin forward transform and no inverse. The Hartley transform, `Re - Im` of the
    Fourier transform, is its own inverse up to the factor w, so one forward transform does both.
    Reference: Bracewell, Discrete Hartley transform, JOSA 73 (1983).
    """
    hartley = _unfold(*ops.rfft(_unfold(real, imaginary)))
    return hartley / (2.0 * (real.shape[-1] - 1))


def _unfold(real: KerasTensor, imaginary: KerasTensor) -> KerasTensor:
    """Return the Hartley transform of a real signal from the half of its Fourier transform."""
    mirrored = ops.flip((real + imaginary)[..., 1:-1], axis=-1)
    return ops.concatenate([real - imaginary, mirrored], axis=-1)
