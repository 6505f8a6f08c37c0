"""The network with its loss, metrics and optimizer, on any backend of Keras."""

import keras

from synthgen_tf import metrics
from synthgen_tf.config import Config
from synthgen_tf.losses import objective
from synthgen_tf.model import build_model
from synthgen_tf.train.precision import compute_in_bfloat16
from synthgen_tf.train.validation import audible_si_sdr

JIT = keras.backend.backend() == "jax"
"""Whether XLA compiles models. JAX is far too slow without it; with it TensorFlow is slower on CPUs
and cannot run every audio op."""


def compile_model(config: Config, synchronized: bool = False) -> keras.Model:
    """Build the network and give it the metrics of validation, so that it can be scored.

    Args:
        config: sections `model` and `loss`.
        synchronized: as of `model.build_model`.
    """
    model = build_model(config, synchronized)
    compute_in_bfloat16(model, config)
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
    """Return the part of a network that is optimised, ready to be trained, with the same weights.

    Args:
        model: of `compile_model`.
        config: of the same model; sections `loss` and `training` decide.
    """
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
