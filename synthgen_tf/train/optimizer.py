"""Adam whose clipping means the same on one device and on many."""

import keras
import tensorflow as tf


class ClippedAdam(keras.optimizers.Adam):
    """Adam on gradients of at most `clip_norm`, the norm being that of all of them together.

    Keras' own clipping takes place on every replica, ahead of the sum over them.
    """

    def __init__(self, learning_rate, clip_norm: float, **options):
        super().__init__(learning_rate, **options)
        self.clip_norm = clip_norm

    def apply(self, grads, trainable_variables=None):
        return super().apply(clip_over_replicas(grads, self.clip_norm), trainable_variables)


def clip_over_replicas(gradients, norm: float) -> list[tf.Tensor]:
    """This replica's share of the gradients' sum over replicas, scaled to at most a norm."""
    context = tf.distribute.get_replica_context()
    total = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    scale = norm / tf.maximum(tf.linalg.global_norm(total), norm)
    return [gradient * scale / context.num_replicas_in_sync for gradient in total]
