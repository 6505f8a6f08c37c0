"""What can be configured: every key once, with its type, range, default and meaning.

`Config` is frozen and refuses unknown keys. It travels with a model's weights, so that nobody
has to say sample rate, channels or normalisation twice.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from synthgen_tf.config.networks import (
    BandMixerModel,
    CardModel,
    MaskingModel,
    Section,
    Signal,
    SpectralModel,
    UNetModel,
)

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Strategy = Literal["auto", "one", "mirrored", "multiworker"]
Kind = Literal["rendered", "musdb18", "musdb18hq", "slakh", "moisesdb", "medleydb", "folder"]
LabelledKind = Literal["slakh", "moisesdb", "medleydb"]
LossName = Literal["magnitude", "nmse", "unit_norm", "mse", "l1", "si_sdr", "mr_stft", "log_mel"]
Network = CardModel | SpectralModel | BandMixerModel | UNetModel

STANDALONE: dict[LossName, type[Signal]] = {"magnitude": MaskingModel}
"""Losses on something else than the network's estimate, to the networks that have it. They add up
with no other; `losses.objective` knows what each trains."""


GRID = 1024
"""Blocks of a song begin at multiples of this many frames, as far as they are that long: networks
that hop by a power of two then see the music alike, however it is cut."""


StemName = Annotated[str, Field(pattern=r"^\w[\w-]*$", description="a stem's files are named so")]
StemLabels = dict[StemName, Annotated[tuple[str, ...], Field(min_length=1)]]

DEFAULT_LABELS: dict[LabelledKind, StemLabels] = {
    "slakh": {"synth": ("Synth Lead", "Synth Pad")},
    "moisesdb": {"synth": ("synth_lead", "synth_pad")},
    "medleydb": {"synth": ("synthesizer",)},
}


class Data(Section):
    """What training examples are made of, and which songs they come from."""

    target: str = Field("synth", min_length=1, description="stem to extract; on MUSDB: other")
    labels: dict[LabelledKind, StemLabels] = Field(
        DEFAULT_LABELS,
        description="for each kind of data set, stem to those of its own labels that make it up; "
        "the rest goes to drums, bass, vocals or other",
    )
    segment_seconds: PositiveFloat = Field(6.0, description="length of a training example")
    batch_size: PositiveInt = Field(8, description="examples a step, over all replicas")
    target_holds: str | None = Field(
        None, description="keep only tracks whose target is known to hold this, such as synthesizer"
    )
    valid_tracks: tuple[str, ...] = Field(
        (), description="names of the tracks to validate on; none: the data set's own"
    )
    target_crops: Share = Field(
        0.5, description="share of examples cut where the target sounds, as far as that is known"
    )
    other_crops: Share = Field(
        0.0, description="share of stems from other songs that are cut where they sound"
    )
    remix: Share = Field(0.5, description="share of examples whose stems come from several songs")
    gain_db: float = Field(6.0, ge=0.0, description="each stem's gain is drawn from +- this, dB")
    swap_channels: Share = Field(0.5, description="share of stems with left and right exchanged")
    flip_polarity: Share = Field(0.5, description="share of stems turned upside down")
    mono: Share = Field(0.05, description="share of examples whose channels become their mean")
    silent_target: Share = Field(0.1, description="share of examples with the target left out")
    target_only: Share = Field(0.05, description="share of examples that are the target alone")
    leave_out: Share = Field(0.1, description="share of the other stems left out")
    loud_target: Share = Field(0.0, description="share of examples with the other stems lowered")
    loud_target_db: float = Field(12.0, ge=0.0, description="they are lowered at most this, dB")
    width: Share = Field(
        0.0, description="share of stems made narrower or wider: left less right times 0 to 2"
    )
    saturate: Share = Field(0.0, description="share of stems through a soft saturation")
    saturate_db: float = Field(
        12.0, ge=0.0, description="what is quiet gains at most this on the highest peak, dB"
    )
    equalize: Share = Field(0.0, description="share of stems through an equalizer of random shape")
    equalize_db: float = Field(9.0, ge=0.0, description="its gains are drawn from +- this, dB")
    equalize_mix: Share = Field(0.0, description="share of examples equalized as a whole")
    equalize_mix_db: float = Field(6.0, ge=0.0, description="those gains are from +- this, dB")
    speed: Share = Field(0.1, description="share of examples played faster or slower")
    speed_semitones: float = Field(3.0, ge=0.0, le=12.0, description="at most this far, up or down")
    limit: Share = Field(0.1, description="share of examples through a limiter, target and all")
    limit_db: float = Field(9.0, ge=0.0, description="it takes off the peaks at most this, dB")
    code: Share = Field(
        0.0, description="share of mixtures through mp3 at 64 to 320 kbit/s; slow, 0.1 s each"
    )
    valid_segments: PositiveInt = Field(4, description="fixed segments of each validation track")

    @property
    def fastest(self) -> float:
        """The highest speed that an example is played at, relative to its own; 1 or above."""
        return 2.0 ** (self.speed_semitones / 12.0) if self.speed > 0.0 else 1.0

    @field_validator("labels", mode="before")
    @classmethod
    def _keep_other_kinds(cls, labels: Any) -> Any:
        return {**DEFAULT_LABELS, **labels} if isinstance(labels, dict) else labels

    @field_validator("labels")
    @classmethod
    def _labels_must_be_apart(cls, labels: dict[LabelledKind, StemLabels]) -> Any:
        for kind, stems in labels.items():
            wanted = [label for names in stems.values() for label in names]
            twice = [label for label in wanted if wanted.count(label) > 1]
            if twice:
                raise ValueError(f"label {twice[0]!r} of {kind} in one stem, not in two")
            if "mixture" in stems:
                raise ValueError(f"another name than 'mixture' for a stem of {kind}")
        return labels


class Loss(Section):
    """What training makes small: a weighted sum of losses."""

    terms: dict[LossName, PositiveFloat] = Field(
        {"nmse": 1.0},
        min_length=1,
        description="loss name to weight; magnitude, which spares training the way back to "
        "samples, stands alone",
    )
    floor: float = Field(
        0.3,
        ge=0.0,
        description="least power of the target, the mixture's being 1, that errors are relative to",
    )

    @field_validator("terms")
    @classmethod
    def _must_add_up(cls, terms: Any) -> Any:
        for name in STANDALONE.keys() & terms:
            if len(terms) > 1:
                raise ValueError(f"{name} alone, or the other losses without it")
        return terms


class Training(Section):
    """How long a model is trained, how fast, and on what devices."""

    strategy: Strategy = Field(
        "auto",
        description="auto mirrors over GPUs if there are several; mirrored takes all devices; "
        "multiworker the hosts that TF_CONFIG names",
    )
    epochs: PositiveInt = Field(100, description="at most")
    steps_per_epoch: PositiveInt = Field(
        100, description="an epoch ends in validation and a backup"
    )
    minutes: PositiveFloat | None = Field(
        None, description="wall clock of fit, at most; null: none"
    )
    learning_rate: PositiveFloat = Field(1e-3, description="Adam's, at its highest")
    clip_norm: PositiveFloat | None = Field(
        None, description="norm that the gradient, over all replicas, is cut down to; null: none"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="of products; bfloat16 on GPUs, and under TensorFlow on CPUs that have it",
    )
    ema: Share = Field(
        0.99, lt=1.0, description="share of the averaged weights that a step keeps; 0: none"
    )
    warmup: Share = Field(0.05, description="share of the training in which the rate rises")
    patience: PositiveInt = Field(
        20, description="epochs without a better val_si_sdr_improvement until it stops"
    )


class Config(Section):
    """The whole configuration: `model` decides the network, the rest how it is trained."""

    preset: str = Field("small", description="the preset that this configuration started from")
    seed: int = Field(0, ge=0, lt=2**31, description="of weights, segments and augmentation")
    model: Annotated[Network, Field(discriminator="kind")] = SpectralModel()
    data: Data = Data()
    loss: Loss = Loss()
    training: Training = Training()

    @model_validator(mode="after")
    def _loss_must_fit_the_network(self) -> "Config":
        for name in STANDALONE.keys() & self.loss.terms:
            networks = [each for each in get_args(Network) if issubclass(each, STANDALONE[name])]
            if type(self.model) not in networks:
                kinds = " or ".join(each.model_fields["kind"].default for each in networks)
                raise ValueError(
                    f"loss.terms with {name} needs model.kind {kinds}: start from "
                    "--preset card, or name other losses, such as loss.terms={nmse: 1}"
                )
        return self

    @property
    def segment(self) -> int:
        """The length of a training example, in frames."""
        return round(self.data.segment_seconds * self.model.sample_rate)

    @property
    def block(self) -> int:
        """The length of the blocks in which songs are separated, in frames, see `block_frames`."""
        return block_frames(self.model.block_seconds, self.model.sample_rate)


def block_frames(seconds: float, sample_rate: int) -> int:
    """Turn the length of a block into frames: the nearest multiple of its `grid_step`.

    Blocks shorter than that step keep their length, 1 frame at least.

    Args:
        seconds: length of the block.
        sample_rate: Hz.
    """
    frames = max(1, round(seconds * sample_rate))
    step = grid_step(frames)
    return frames if frames < step else round(frames / step) * step


def grid_step(frames: int) -> int:
    """Return what blocks of about so many frames are multiples of: `GRID`, or 8 times it if long.

    Networks may halve their frames again and again, and are to find them whole.
    """
    return 8 * GRID if frames >= 64 * GRID else GRID
