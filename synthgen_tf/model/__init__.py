"""The functional Conv1D networks, by kind; keras and keras.ops only: they run on any backend."""

from synthgen_tf.model.build import build_model, masked_magnitudes

__all__ = ["build_model", "masked_magnitudes"]
