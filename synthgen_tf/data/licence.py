"""The licence of a model's weights follows from those of the songs that it learns from."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from synthgen_tf.data.store import is_store, read_index
from synthgen_tf.tracks import DESCRIPTION, detect_kind

FREE = "MIT"
BIND_NOBODY = (FREE, "CC0-1.0", "public domain", "none: drawn by SynthGen")
"""Terms of sounds that ask nothing of those who learn from them."""

UNKNOWN = "unknown: decide before you publish"
NAMES: dict[str, str] = {
    "musdb18": "non-commercial: trained on MUSDB18 (academic use only, CC BY-NC-SA 4.0 in part)",
    "musdb18hq": "non-commercial: trained on MUSDB18-HQ (academic use only, CC BY-NC-SA 4.0 in "
    "part)",
    "moisesdb": "non-commercial: trained on MoisesDB (CC BY-NC-SA 4.0)",
    "medleydb": "non-commercial: trained on MedleyDB (CC BY-NC-SA 4.0)",
    "slakh": "CC BY 4.0: trained on Slakh2100, which is to be named",
}
"""What the publishers of each kind of data set allow; rendered songs each say it themselves."""

LICENCES = "licences"
"""Key of a store's index: what its rendered songs to learn from say, each once."""


def licences_of(root: Path) -> list[str]:
    """Licences that songs under a root, a data set or a store of one, put on what learns from them.

    `MIT` stands for songs that bind nobody. Songs of split `test` do not count.

    Raises:
        InputError: when the index of a store cannot be read.
    """
    if not is_store(root):
        return data_set_licences(root, detect_kind(root))
    index = read_index(root)
    if index["kind"] == "rendered":
        return index.get(LICENCES, [UNKNOWN])  # stores of earlier versions do not say
    return data_set_licences(root, index["kind"])


def data_set_licences(root: Path, kind: str) -> list[str]:
    """The same of a data set as it lies on disk."""
    if kind == "rendered":
        learnt = (root.glob(f"{split}/*/{DESCRIPTION}") for split in ("train", "valid"))
        files = [file for found in learnt for file in found]
        return sorted({said for file in files for said in _file_licences(file)}) or [UNKNOWN]
    return [NAMES.get(kind, UNKNOWN)]


def _file_licences(file: Path) -> list[str]:
    try:
        return song_licences(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [UNKNOWN]


def song_licences(description: Mapping) -> list[str]:
    """The terms of all sounds of a song; its sentence where it names none, or for a MIDI file."""
    from synthgen_tf.render.song import LICENCE

    said, named = description["licence"], list(description.get("licences") or [])
    if said == LICENCE:
        return [FREE]
    if description.get("source") or not named:
        named.append(said)
    binding = sorted(set(named) - set(BIND_NOBODY))
    return [f"{each} (song.json)" for each in binding] or [FREE]


def together(licences: Iterable[str]) -> str:
    """One line of all that binds the weights; `MIT` where nothing does."""
    return "; ".join(sorted(set(licences) - {FREE})) or FREE
