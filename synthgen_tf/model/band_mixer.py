"""A network that sees each band alike through time, then mixes bands, block after block.

Shape legend: b batch, n bands, f frames, g groups of bins, c channels, u units of a layer's output.
Nothing is transposed inside the blocks.
"""

from functools import partial
from typing import Any

import keras
from keras import KerasTensor, initializers, layers, ops

from synthgen_tf.config import BandMixerModel
from synthgen_tf.model.masking import MaskedSpectrum
from synthgen_tf.model.spectrum import Shape


def band_mixer_network(
    mixture: KerasTensor, config: BandMixerModel, synchronized: bool
) -> KerasTensor:
    """Build blocks that look through time, across bands and across channels, and end in a mask.

    Each block has a Conv1D through time with weights that all bands share, a dense layer across
    bands and one across channels. From a normalised mixture to an estimate, both
    (batch, time, channels).

    Batch norm follows a linear layer everywhere, so that it folds into its weights.
    """
    spectrum = MaskedSpectrum(mixture, config, synchronized)

    def norm(hidden: KerasTensor, name: str, axis: int = -1) -> KerasTensor:
        return layers.BatchNormalization(axis, synchronized=synchronized, name=f"{name}_norm")(
            hidden
        )

    def dense(hidden: KerasTensor, channels: int, name: str, **options: Any) -> KerasTensor:
        return layers.Conv2D(channels, 1, name=name, **options)(hidden)

    hidden = _into_bands(spectrum.features(cosine=True), config)
    hidden = PerBand(config.width, use_bias=False, name="encoder")(hidden)
    hidden = norm(hidden, "encoder")
    for i, dilation in enumerate(config.dilations):
        name = f"block_{i}_time"
        inner = layers.Conv2D(  # one band high: a Conv1D of every band
            config.width,
            (1, 3),
            padding="same",
            dilation_rate=(1, dilation),
            use_bias=False,
            name=name,
        )(hidden)
        inner = layers.ReLU(name=f"{name}_relu")(norm(inner, name))
        inner = dense(inner, config.width, f"{name}_out")
        hidden = layers.Add(name=f"{name}_add")([hidden, inner])

        name = f"block_{i}_bands"
        inner = AcrossBands(config.bands, use_bias=False, name=name)(hidden)
        inner = layers.ReLU(name=f"{name}_relu")(norm(inner, name, axis=1))
        inner = AcrossBands(config.bands, name=f"{name}_out")(inner)
        hidden = layers.Add(name=f"{name}_add")([hidden, inner])

        name = f"block_{i}_channels"
        inner = dense(hidden, 2 * config.width, name, use_bias=False)
        inner = layers.ReLU(name=f"{name}_relu")(norm(inner, name))
        inner = dense(inner, config.width, f"{name}_out")
        hidden = layers.Add(name=f"{name}_add")([hidden, inner])
    hidden = norm(hidden, "decoder")
    mask = spectrum.mask(hidden, partial(PerBand, config.channels * config.band), 0.01)
    return spectrum.estimate(_out_of_bands(mask, config))


def _into_bands(features: KerasTensor, config: BandMixerModel) -> KerasTensor:
    """Go from bins as channels (b, f, c * g) to bands (b, n, f, c * band), the last filled up."""
    channels = features.shape[-1] // config.groups
    bins = layers.Reshape((-1, channels, config.groups), name="channels_as_bins")(features)
    missing = config.bands * config.band - config.groups
    if missing:
        bins = ops.pad(bins, ((0, 0), (0, 0), (0, 0), (0, missing)))
    bands = layers.Reshape((-1, channels, config.bands, config.band), name="bins_as_bands")(bins)
    bands = layers.Permute((3, 1, 2, 4), name="bands_first")(bands)
    return layers.Reshape((config.bands, -1, channels * config.band), name="bands")(bands)


def _out_of_bands(mask: KerasTensor, config: BandMixerModel) -> KerasTensor:
    """Undo `_into_bands`: from (b, n, f, c * band) to groups of bins (b, f, c, g)."""
    bands = (config.bands, -1, config.channels, config.band)
    mask = layers.Reshape(bands, name="mask_of_bands")(mask)
    mask = layers.Permute((2, 3, 1, 4), name="bands_last")(mask)
    bins = (-1, config.channels, config.bands * config.band)
    mask = layers.Reshape(bins, name="bands_as_bins")(mask)
    return mask[..., : config.groups]


class Linear(layers.Layer):
    """What `PerBand` and `AcrossBands` share: how many units, a bias or none, initializers."""

    def __init__(
        self,
        units: int,
        use_bias: bool = True,
        kernel_initializer: str | dict[str, Any] | initializers.Initializer = "lecun_normal",
        bias_initializer: str | dict[str, Any] | initializers.Initializer = "zeros",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.units, self.use_bias = units, use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
        }

    def _add_weights(self, kernel_shape: Shape, bias_shape: Shape) -> None:
        self.kernel = self.add_weight(
            shape=kernel_shape, initializer=self.kernel_initializer, name="kernel"
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=bias_shape, initializer=self.bias_initializer, name="bias"
            )


@keras.saving.register_keras_serializable("synthgen")
class PerBand(Linear):
    """A dense layer over channels whose weights are each band's own: (b, n, f, c) to (b, n, f, u).

    Args:
        units: channels of the output, u.
        use_bias, kernel_initializer, bias_initializer: as of `keras.layers.Dense`.
    """

    def build(self, input_shape: Shape) -> None:
        _, bands, _, channels = input_shape
        self._add_weights((bands, channels, self.units), (bands, 1, self.units))

    def call(self, bands: KerasTensor) -> KerasTensor:
        product = ops.matmul(bands, self.kernel)
        return product if self.bias is None else product + self.bias

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)


@keras.saving.register_keras_serializable("synthgen")
class AcrossBands(Linear):
    """A dense layer over bands, as one matrix product from the left: (b, n, f, c) to (b, u, f, c).

    Args:
        units: bands of the output, u.
        use_bias, kernel_initializer, bias_initializer: as of `keras.layers.Dense`.
    """

    def build(self, input_shape: Shape) -> None:
        self._add_weights((self.units, input_shape[1]), (self.units, 1, 1))

    def call(self, bands: KerasTensor) -> KerasTensor:
        batch, count, frames, channels = ops.shape(bands)
        product = ops.matmul(self.kernel, ops.reshape(bands, (batch, count, frames * channels)))
        product = ops.reshape(product, (batch, self.units, frames, channels))
        return product if self.bias is None else product + self.bias

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.units, *input_shape[2:])
