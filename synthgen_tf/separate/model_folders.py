"""Where models are: shipped ones by name, others by path, and what their cards say."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synthgen_tf.errors import InputError

CARD = "card.json"
CARD_FORMAT = 1
DEFAULT_MODEL = "synthgen"

PACKAGE = Path(__file__).resolve().parents[1]
SHIPPED = (PACKAGE / "savedmodels", PACKAGE.parent / "savedmodels")
"""Folders of the shipped models: in an installed package, and in a checkout."""


@dataclass(frozen=True)
class Card:
    """What a user of an exported model must know.

    Attributes:
        folder: of the model.
        name: the folder's.
        version: of the newest SavedModel.
        stem: what the model extracts, `synth` or on MUSDB `other`.
        sample_rate: Hz.
        channels: of input and output.
        segment: frames of a block.
        parameters: count of the network's weights.
        license: of the weights.
        sha256: file, relative to the folder, to its sum.
        level_error: of the model's estimates of validation songs, dB, their median; None where
            nobody measured it.
        labels: stem to the labels that raw data sets have for it, as the model was trained.
    """

    folder: Path
    name: str
    version: int
    stem: str
    sample_rate: int
    channels: int
    segment: int
    parameters: int
    license: str
    sha256: Mapping[str, str]
    level_error: float | None = None
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def savedmodel(self) -> Path:
        """The folder of the newest SavedModel."""
        return self.folder / str(self.version)

    def check(self, part: Path) -> list[str]:
        """Compare a file, or all files of a folder, with the card, and return their sums in the
        order of names.

        Raises:
            InputError: when one is not that of the card.
        """
        wanted = part.relative_to(self.folder).as_posix()
        sums = {
            name: expected
            for name, expected in self.sha256.items()
            if name == wanted or name.startswith(f"{wanted}/")
        }
        for name, expected in sums.items():
            file = self.folder / name
            found = sha256_of(file) if file.is_file() else "no file"
            if found != expected:
                raise InputError(
                    f"{file} is not the one of {CARD}: expected SHA-256 {expected[:12]}..., found "
                    f"{found[:12]}: copy the model again or export it anew"
                )
        if not sums:
            raise InputError(f"{CARD} of {self.folder} does not know {wanted}: export it anew")
        return [sums[name] for name in sorted(sums)]

    def tflite(self) -> Path:
        """Return the fp32 file, or else the first variant that is there, of those that the card
        knows."""
        known = sorted(name for name in self.sha256 if name.endswith(".tflite"))
        for name in (f"{self.name}.tflite", *known):
            if name in known and (self.folder / name).is_file():
                return self.folder / name
        raise InputError(f"model {self.folder} has no .tflite file: export it with --tflite fp32")


def shipped_models() -> list[Card]:
    """Read the cards of the models that come with the package."""
    folders = [folder for root in SHIPPED for folder in sorted(root.glob("*/"))]
    return [read_card(folder) for folder in folders if (folder / CARD).is_file()]


def is_shipped(folder: Path) -> bool:
    """Tell whether a model's folder is one of those that come with the package."""
    return (folder / CARD).is_file() and folder.resolve().parent in SHIPPED


def find_model(name_or_path: str | Path | None) -> Path:
    """Find the folder of a model: by a shipped one's name, or as a run's or exported model's
    folder.

    Raises:
        InputError: when there is none; the line names the shipped models.
    """
    wanted = str(name_or_path or DEFAULT_MODEL)
    for root in SHIPPED:
        if (root / wanted / CARD).is_file() and Path(wanted).name == wanted:
            return root / wanted
    if name_or_path is not None and Path(wanted).is_dir():
        return Path(wanted)
    names = ", ".join(card.name for card in shipped_models()) or "none"
    raise InputError(
        f"no model {wanted!r}: expected a run directory, an exported model's folder or the name of "
        f"a shipped model ({names})"
    )


def read_card(folder: Path) -> Card:
    """Read the card of an exported model.

    Raises:
        InputError: when it is missing, broken or of a newer format.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if card["format"] > CARD_FORMAT:
            raise InputError(
                f"{folder / CARD} has format {card['format']}, this SynthGen knows {CARD_FORMAT}: "
                "update SynthGen"
            )
        own = ("folder", "name", "level_error", "labels")
        fields = {name: card[name] for name in Card.__dataclass_fields__ if name not in own}
        labels = card.get("config", {}).get("data", {}).get("labels", {})
        known = {"level_error": card.get("level_error"), "labels": labels}
        return Card(folder, folder.name, **fields, **known)
    except FileNotFoundError:
        raise InputError(
            f"{folder} holds no model: expected {CARD} of an exported model or a run's config.yaml"
        ) from None
    except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise InputError(f"{folder / CARD} cannot be read ({error!r}): export it anew") from None


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
