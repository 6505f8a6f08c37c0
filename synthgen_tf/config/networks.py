"""What can be configured of each kind of network; see `schema` for the rest."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

Normalisation = Literal["rms", "peak", "none"]


class Section(BaseModel):
    """A group of settings, which are frozen; a key that is unknown is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Signal(Section):
    """The settings of every kind of network: what signals it takes and gives."""

    sample_rate: PositiveInt = Field(44_100, description="Hz")
    channels: PositiveInt = Field(2, description="channels of the input and of the output")
    block_seconds: PositiveFloat = Field(
        12.0, description="length of the blocks in which songs are separated"
    )
    normalisation: Normalisation = Field(
        "rms", description="gain taken from each mixture before the network, undone after it"
    )


class CardModel(Signal):
    """The settings of the SynthGen v1.0 model card's network, a Conv1D encoder and its mirror."""

    kind: Literal["card"] = "card"
    filters: tuple[PositiveInt, ...] = Field((64, 128, 256), description="of the encoder's layers")
    kernel: PositiveInt = Field(3, description="kernel size of every layer, samples")


class MaskingModel(Signal):
    """The settings of all networks that give a mask for every bin of short-time spectra."""

    window: PositiveInt = Field(4096, description="samples of an analysis frame, even")
    hop: PositiveInt = Field(1024, description="samples from frame to frame, divides the window")
    fine_bins: PositiveInt = Field(512, description="lowest bins, which each have a mask value")
    group: PositiveInt = Field(4, description="bins above those that share a mask value")
    level_frames: PositiveInt = Field(
        65, description="frames around each over which the level is taken that it is seen against"
    )
    mask_start: PositiveFloat = Field(0.4, description="every mask value before training")

    @model_validator(mode="after")
    def _frames_must_tile(self) -> "MaskingModel":
        if self.window % 2 or self.window % self.hop or self.window // self.hop < 2:
            raise ValueError(
                f"window {self.window} must be even and at least twice hop {self.hop}, "
                "in whole hops"
            )
        rest = self.window // 2 - self.fine_bins
        if rest < self.group or rest % self.group:
            raise ValueError(
                f"fine_bins {self.fine_bins} of window {self.window} must leave whole groups of "
                f"{self.group}, and one at least"
            )
        return self

    @property
    def groups(self) -> int:
        """How many mask values each channel of a frame has."""
        return self.fine_bins + (self.window // 2 - self.fine_bins) // self.group


class SpectralModel(MaskingModel):
    """The settings of a Conv1D encoder, dilated bottleneck and decoder over all bins at once."""

    kind: Literal["spectral"] = "spectral"
    width: PositiveInt = Field(192, description="channels between the layers")
    bottleneck: PositiveInt = Field(128, description="channels inside a dilated block")
    dilations: tuple[PositiveInt, ...] = Field(
        (1, 2, 4, 8, 1, 2, 4, 8), description="one dilated block each, in frames"
    )


class BandMixerModel(MaskingModel):
    """The settings of a network that sees each band alike through time, then mixes bands."""

    kind: Literal["band_mixer"] = "band_mixer"
    band: PositiveInt = Field(16, description="mask values that make up a band")
    width: PositiveInt = Field(64, description="channels of each band between the layers")
    dilations: tuple[PositiveInt, ...] = Field(
        (1, 2, 4, 8, 16, 1), description="one block each, in frames"
    )

    @property
    def bands(self) -> int:
        """How many bands there are; the last is filled up with zeros."""
        return -(-self.groups // self.band)


FIRST_BAND = 4
"""How many mask values make up a band of a U-Net's first level."""


class UNetModel(MaskingModel):
    """The settings of a U-Net over time and frequency around a dilated Conv1D bottleneck.

    Its first level has a band for every `FIRST_BAND` mask values; each after it has half as many
    bands, and the second and third half as many frames.
    """

    kind: Literal["unet"] = "unet"
    widths: tuple[PositiveInt, ...] = Field(
        (16, 32, 64, 96), min_length=2, description="channels of the levels, the finest first"
    )
    bottleneck: PositiveInt = Field(192, description="channels inside a dilated block")
    dilations: tuple[PositiveInt, ...] = Field(
        (1, 2, 4, 8, 1, 2, 4, 8), description="one dilated block each, in frames of the last level"
    )

    @model_validator(mode="after")
    def _bands_must_halve(self) -> "UNetModel":
        multiple = FIRST_BAND * 2 ** len(self.levels)
        if self.groups % multiple:
            raise ValueError(
                f"{self.groups} mask values of a frame cannot be halved for {len(self.widths)} "
                f"widths: let fine_bins and group make a multiple of {multiple}, or name fewer"
            )
        return self

    @property
    def levels(self) -> list[tuple[int, int]]:
        """The channels, and the stride in frames, of each level after the first."""
        return [(width, 2 if i < 2 else 1) for i, width in enumerate(self.widths[1:])]

    @property
    def frame_stride(self) -> int:
        """How many frames of the spectrum a frame of the last level spans."""
        return 2 ** min(2, len(self.levels))
