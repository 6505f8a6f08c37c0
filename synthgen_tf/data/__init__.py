"""From tracks to batches of mixture and target: one tf.data chain."""

from synthgen_tf.data.chain import select_tracks, training_examples, validation_examples

__all__ = ["select_tracks", "training_examples", "validation_examples"]
