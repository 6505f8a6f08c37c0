"""Title, artist and the like of a file, as far as all formats that are written hold them."""

import os
from collections.abc import Mapping
from pathlib import Path

import soundfile

from synthgen_tf.audio import container
from synthgen_tf.audio.mpeg import is_mpeg
from synthgen_tf.errors import InputError

NAMES = ("title", "artist", "album", "tracknumber", "date", "genre", "comment", "copyright")
"""The tags that are read, as soundfile calls them."""

LONGEST = 2000
"""Characters of a tag that are kept."""


def read_tags(path: Path) -> dict[str, str]:
    """Read the tags of an audio file by `NAMES`, without those that it lacks or that cannot be
    read."""
    name = os.fsencode(path) if os.name == "posix" else str(path)
    try:
        if is_mpeg(Path(path)):
            return _clean(container.read_tags(Path(path)))
        with soundfile.SoundFile(name) as source:
            found = source.copy_metadata()
    except (OSError, InputError):
        return {}
    except (soundfile.LibsndfileError, TypeError):
        try:
            found = container.read_tags(Path(path))
        except InputError:
            return {}
    return _clean(found)


def _clean(found: Mapping[str, str]) -> dict[str, str]:
    texts = {name: found.get(name, "").split("\0")[0].strip()[:LONGEST] for name in NAMES}
    return {name: text for name, text in texts.items() if text}
