"""What files the stems become: asked for together, checked once, handed on as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from synthgen_tf import audio
from synthgen_tf.choices import Clip
from synthgen_tf.errors import InputError

CLIPS = get_args(Clip)


@dataclass(frozen=True)
class OutputFormat:
    """The files that the stems of a song become; checked when it is made.

    Attributes:
        stems: names of those to write, any sequence, kept as a tuple that has each once; None for
            all of the model's.
        format: `wav`, `flac` or `mp3`.
        subtype: `FLOAT`, `PCM_16` or `PCM_24`. None becomes the format's default, and stays for
            mp3, which has none.
        clip: what integer formats do beyond full scale, see `choices.Clip`.

    Raises:
        InputError: for an unknown format or clip policy, or a subtype that the format cannot hold.

    Example: `OutputFormat(["synth"], "flac").subtype == "PCM_24"`
    """

    stems: Sequence[str] | None = None
    format: str = "wav"
    subtype: str | None = None
    clip: str = "clamp"

    def __post_init__(self):
        subtype = audio.check_format(self.format, self.subtype)
        if self.clip not in CLIPS:
            raise InputError(f"unknown clip policy {self.clip!r}: choose one of {', '.join(CLIPS)}")
        object.__setattr__(self, "subtype", subtype)
        if self.stems is not None:
            object.__setattr__(self, "stems", tuple(dict.fromkeys(self.stems)))

    def of_model(self, known: Sequence[str]) -> "OutputFormat":
        """The same for a model with such stems: those asked for, or all of them, by name.

        Raises:
            InputError: for a name that the model does not have, or no name at all.
        """
        choices = f"choose from {', '.join(known)}"
        for stem in self.stems or ():
            if stem not in known:
                raise InputError(f"this model has no stem {stem!r}: {choices}")
        if self.stems is not None and not self.stems:
            raise InputError(f"no stem was asked for: {choices}")
        return replace(self, stems=known if self.stems is None else self.stems)

    @property
    def names(self) -> dict[str, str]:
        """Each stem's file name; of a format `of_model`."""
        return {stem: f"{stem}.{self.format}" for stem in self.stems or ()}

    @property
    def settings(self) -> str:
        """All that decides on the files, as one line; of a format `of_model`."""
        return f"{'+'.join(self.stems or ())} {self.format} {self.subtype or ''} {self.clip}"

    def files(self, folder: Path) -> dict[str, Path]:
        """Each stem's file in a folder; of a format `of_model`."""
        return {stem: folder / name for stem, name in self.names.items()}
