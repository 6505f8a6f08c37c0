"""The network with its loss, metrics and optimizer, on any backend of Keras."""

import keras

from synthgen_tf import metrics
from synthgen_tf.config import Config
from synthgen_tf.losses import objective
from synthgen_tf.model import build_model
from synthgen_tf.train.validation import audible_si_sdr

JIT = keras.backend.backend() == "jax"
"""JAX is nothing without; TensorFlow's XLA is slower on CPUs and does not take every audio op."""


def compile_model(config: Config, synchronized: bool = False) -> keras.Model:
    """The network, ready to be scored."""
    model = build_model(config, synchronized)
    trained, loss = objective(config, model)
    model.compile(
        # `Validation` asks the part that is trained for its loss where that is not all of it
        loss=loss if trained.output is model.output else "mse",
        metrics=[
            metrics.AudibleMean(metrics.snr),
            audible_si_sdr(),
            metrics.AudibleMean(metrics.level_error),
        ],
        jit_compile=JIT,
    )
    return model


def trained_part(model: keras.Model, config: Config) -> keras.Model:
    """What is optimised, see `losses.objective`, ready to be trained; with the same weights."""
    trained, loss = objective(config, model)
    trained.compile(optimizer=_optimizer(config), loss=loss, jit_compile=JIT)
    return trained


def _optimizer(config: Config) -> keras.optimizers.Optimizer:
    training = config.training
    averaging = {"use_ema": training.ema > 0, "ema_momentum": training.ema or 0.99}
    if training.clip_norm:
        if keras.backend.backend() != "tensorflow":  # one device: Keras' own clipping is right
            averaging["global_clipnorm"] = training.clip_norm
            return keras.optimizers.Adam(training.learning_rate, **averaging)
        from synthgen_tf.train.optimizer import ClippedAdam

        return ClippedAdam(training.learning_rate, training.clip_norm, **averaging)
    return keras.optimizers.Adam(training.learning_rate, **averaging)
