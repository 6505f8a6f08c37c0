"""The functional Conv1D encoder/decoder; keras and keras.ops only: it runs on any backend."""

from synthgen_tf.model.build import build_model, masked_magnitudes

__all__ = ["build_model", "masked_magnitudes"]
