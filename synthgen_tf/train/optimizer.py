"""Adam that clips gradients alike on one device and on many."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


class ClippedAdam(keras.optimizers.Adam):
    """Adam on gradients cut down to a norm of at most `clip_norm`, taken over all of them together.

    Keras' own clipping takes place on every replica, ahead of the sum over them.
    """

    def __init__(self, learning_rate: float, clip_norm: float, **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self.clip_norm = clip_norm

    def apply(
        self,
        grads: Sequence[tf.Tensor],
        trainable_variables: Sequence[keras.Variable] | None = None,
    ) -> None:
        super().apply(clip_over_replicas(grads, self.clip_norm), trainable_variables)


def clip_over_replicas(gradients: Sequence[tf.Tensor], norm: float) -> list[tf.Tensor]:
    """Return this replica's share of the gradients' sum over replicas, scaled to at most a norm.

    To be called in a replica's context.
    """
    context = tf.distribute.get_replica_context()
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    scale = norm / tf.maximum(tf.linalg.global_norm(total), norm)
    return [gradient * scale / context.num_replicas_in_sync for gradient in total]
