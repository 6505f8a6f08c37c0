"""What is said of files that cannot be decoded."""

import mmap
import re
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.files import shown

PROTECTED = re.compile(rb"stsd.{12}(enca|drms)", re.DOTALL)
"""How an mp4 names sound under copy protection: the first entry of its sample descriptions."""


def damaged(path: Path, error: Exception | None = None) -> InputError:
    """Return the error for a file that cannot be decoded."""
    reason = f" ({getattr(error, 'strerror', error)})" if error else ""
    return _unless_protected(
        path, f"cannot be decoded{reason}: it is damaged or cut off, get the whole file"
    )


def no_audio(path: Path, what: str = "") -> InputError:
    """Return the error for a file that is no audio, `what` being all that is known of it."""
    return InputError(
        f"{shown(path)} is not audio that can be read: expected wav, flac, mp3, m4a or ogg{what}"
    )


def silent(path: Path) -> InputError:
    """Return the error for a file without a sample."""
    return _unless_protected(path, "holds no sound: expected one sample or more")


def changed(path: Path, before: tuple[int, int], after: tuple[int, int]) -> InputError:
    """Return the error for a file whose rate or number of channels changes on its way."""
    return _unless_protected(
        path,
        f"changes from {before} to {after} (Hz, channels) on its way: "
        "expected one format throughout, convert it with ffmpeg",
    )


def _unless_protected(path: Path, what: str) -> InputError:
    """Return the error that tells `what` of a file, or that it is copy-protected: what is encrypted
    decodes to nothing, to damage, or by chance to a frame of some format."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if PROTECTED.search(content):
            what = "is copy-protected: expected a file without it"
    return InputError(f"{shown(path)} {what}")
