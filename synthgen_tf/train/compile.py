"""The network with its loss, metrics and optimizer, on any backend of Keras."""

import keras

from synthgen_tf import metrics
from synthgen_tf.config import Config
from synthgen_tf.losses import build_loss
from synthgen_tf.model import build_model, masked_magnitudes
from synthgen_tf.train.validation import audible_si_sdr

JIT = keras.backend.backend() == "jax"
"""JAX is nothing without; TensorFlow's XLA is slower on CPUs and does not take every audio op."""


def compile_model(config: Config, synchronized: bool = False) -> keras.Model:
    """The network, ready to be scored."""
    model = build_model(config, synchronized)
    model.compile(
        loss="mse" if "magnitude" in config.loss.terms else build_loss(config),
        metrics=[
            metrics.AudibleMean(metrics.snr),
            audible_si_sdr(),
            metrics.AudibleMean(metrics.level_error),
        ],
        jit_compile=JIT,
    )
    return model


def trained_part(model: keras.Model, config: Config) -> keras.Model:
    """What is optimised: as much of the network as the loss looks at, with the same weights.

    A loss on magnitudes needs no way back to samples, forwards or backwards.
    """
    on_magnitudes = "magnitude" in config.loss.terms
    trained = masked_magnitudes(model) if on_magnitudes else keras.Model(model.input, model.output)
    trained.compile(optimizer=_optimizer(config), loss=build_loss(config), jit_compile=JIT)
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
