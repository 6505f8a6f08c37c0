"""What can be configured: every key once, with its type, range, default and meaning.

`Config` is frozen and refuses unknown keys. It travels with a model's weights, so that nobody
has to say sample rate, channels or normalisation twice.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Normalisation = Literal["rms", "peak", "none"]
Strategy = Literal["auto", "one", "mirrored"]
LossName = Literal["nmse", "unit_norm", "mse", "l1", "si_sdr"]


class Section(BaseModel):
    """A group of settings: frozen, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Signal(Section):
    """What every model takes and gives."""

    sample_rate: PositiveInt = Field(44_100, description="Hz")
    channels: PositiveInt = Field(2, description="channels of the input and of the output")
    normalisation: Normalisation = Field(
        "rms", description="gain taken from each mixture before the network, undone after it"
    )


class CardModel(Signal):
    """The network of the SynthGen v1.0 model card: a Conv1D encoder and its mirror image."""

    kind: Literal["card"] = "card"
    filters: tuple[PositiveInt, ...] = Field((64, 128, 256), description="of the encoder's layers")
    kernel: PositiveInt = Field(3, description="kernel size of every layer, samples")


class SpectralModel(Signal):
    """Conv1D encoder, dilated bottleneck and decoder over short-time spectra, giving masks."""

    kind: Literal["spectral"] = "spectral"
    window: PositiveInt = Field(4096, description="samples of an analysis frame, even")
    hop: PositiveInt = Field(1024, description="samples from frame to frame, divides the window")
    width: PositiveInt = Field(192, description="channels between the layers")
    bottleneck: PositiveInt = Field(128, description="channels inside a dilated block")
    dilations: tuple[PositiveInt, ...] = Field(
        (1, 2, 4, 8, 1, 2, 4, 8), description="one dilated block each, in frames"
    )
    mask_start: PositiveFloat = Field(0.4, description="every mask value before training")

    @model_validator(mode="after")
    def _frames_must_tile(self) -> "SpectralModel":
        if self.window % 2 or self.window % self.hop or self.window // self.hop < 2:
            raise ValueError(
                f"window {self.window} must be even and at least twice hop {self.hop}, "
                "in whole hops"
            )
        return self


class Data(Section):
    """What the tf.data chain draws from the songs."""

    target: str = Field("synth", min_length=1, description="stem to extract; on MUSDB: other")
    segment_seconds: PositiveFloat = Field(6.0, description="length of a training example")
    batch_size: PositiveInt = Field(8, description="examples a step, over all replicas")
    remix: Share = Field(0.5, description="share of examples whose stems come from several songs")
    gain_db: float = Field(6.0, ge=0.0, description="each stem's gain is drawn from +- this, dB")
    swap_channels: Share = Field(0.5, description="share of stems with left and right exchanged")
    silent_target: Share = Field(0.1, description="share of examples with the target left out")
    valid_segments: PositiveInt = Field(4, description="fixed segments of each validation track")


class Loss(Section):
    """A weighted sum of losses, each one value per example."""

    terms: dict[LossName, PositiveFloat] = Field(
        {"nmse": 1.0}, min_length=1, description="loss name to weight"
    )
    floor: float = Field(
        0.3,
        ge=0.0,
        description="least power of the target, the mixture's being 1, that errors are relative to",
    )


class Training(Section):
    """How long, how fast, on what."""

    strategy: Strategy = Field(
        "auto",
        description="auto mirrors over GPUs if there are several; mirrored takes all devices",
    )
    epochs: PositiveInt = Field(100, description="at most")
    steps_per_epoch: PositiveInt = Field(
        100, description="an epoch ends in validation and a backup"
    )
    minutes: PositiveFloat | None = Field(
        None, description="wall clock of fit, at most; null: none"
    )
    learning_rate: PositiveFloat = Field(1e-3, description="Adam's, at its highest")
    warmup: Share = Field(0.05, description="share of the training in which the rate rises")
    patience: PositiveInt = Field(20, description="epochs without a better val_snr until it stops")


class Config(Section):
    """All of it: `model` decides the network, the rest how it is trained."""

    preset: str = Field("small", description="the preset that this configuration started from")
    seed: int = Field(0, ge=0, lt=2**31, description="of weights, segments and augmentation")
    model: Annotated[CardModel | SpectralModel, Field(discriminator="kind")] = SpectralModel()
    data: Data = Data()
    loss: Loss = Loss()
    training: Training = Training()

    @property
    def segment(self) -> int:
        """Frames of a training example."""
        return round(self.data.segment_seconds * self.model.sample_rate)
