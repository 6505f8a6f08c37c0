"""What is trained, and by which loss: the one place that knows both."""

from collections.abc import Callable
from typing import NamedTuple

import keras

from synthgen_tf.config import Config, MaskingModel
from synthgen_tf.losses.spectral import MagnitudeNMSE
from synthgen_tf.losses.weighted import WeightedLoss
from synthgen_tf.model import masked_magnitudes


class Objective(NamedTuple):
    """What training works on.

    Attributes:
        trained: the part of the network that is optimised, with the network's own weights and what
            may be added to it for training alone. Input: (batch, time, channels).
        loss: compares the target, (batch, time, channels), with its output; (batch,).
    """

    trained: keras.Model
    loss: keras.losses.Loss


def objective(config: Config, model: keras.Model) -> Objective:
    """What the configuration's section `loss` asks to train, and its loss.

    A weighted sum of losses on signals trains the whole network; a loss of `OBJECTIVES` says itself
    what it trains.

    Args:
        config: sections `loss` and `model`.
        model: of `model.build_model`, for the same configuration.
    """
    for name in config.loss.terms:
        if name in OBJECTIVES:  # it stands alone
            return OBJECTIVES[name](config, model)
    whole = keras.Model(model.input, model.output)
    return Objective(whole, WeightedLoss(config.loss.terms, config.loss.floor))


def _on_magnitudes(config: Config, model: keras.Model) -> Objective:
    """Neither forwards nor backwards does it need the way back to samples."""
    network = config.model
    if not isinstance(network, MaskingModel):
        raise TypeError(f"{network.kind} gives no magnitudes")  # the configuration refuses it
    loss = MagnitudeNMSE(network.window, network.hop, config.loss.floor)
    return Objective(masked_magnitudes(model), loss)


OBJECTIVES: dict[str, Callable[[Config, keras.Model], Objective]] = {"magnitude": _on_magnitudes}
"""Losses that train something else than the whole network by its estimate, to what they train.

`config.schema.STANDALONE` has the same names."""
