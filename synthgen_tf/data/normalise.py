"""The last step to every training example: its scale. It runs on any backend of Keras."""

from keras import ops

from synthgen_tf.config import Config
from synthgen_tf.data.example import Example
from synthgen_tf.level import mixture_gain


def normalise(example: Example, config: Config) -> Example:
    """Multiply mixture and target by the one gain that brings the mixture to unit level.

    Args:
        example: float32 (segment, channels), or a batch of them with a gain each.
        config: section `model` says by what the level is measured.

    Returns:
        Tensors of the same shape.
    """
    single = len(example.mixture.shape) == 2
    batch = example.mixture[None] if single else example.mixture
    gain = mixture_gain(batch, config.model.normalisation)
    gain = gain[0] if single else gain
    return example.each(lambda signal: ops.multiply(signal, gain))
