"""What is known of an audio file before it is decoded, and where audio files are."""

from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.errors import InputError

PLAIN = (".wav", ".rf64", ".w64", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".au")
CONTAINERS = (".caf", ".m4a", ".mp4", ".aac", ".wma", ".webm", ".mka", ".ac3")
AUDIO_SUFFIXES = frozenset(PLAIN + CONTAINERS)
"""Names of audio files end like this; what is inside is told by their content, not by the name."""

USUAL_MASKS = {1: 4, 2: 3, 3: 7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F}
"""Number of channels to WAV's mask, as in RFC 9639 (FLAC) and RFC 7845 (Opus)."""


@dataclass(frozen=True)
class AudioInfo:
    """An audio file's own account of itself.

    Attributes:
        sample_rate: Hz.
        channels: one or more.
        frames: length, or None where only decoding tells (m4a and whatever else PyAV decodes).
            Exact but for mp3, where it may be off by a few thousand.
        subtype: sample format as soundfile names it (`PCM_16`), else the codec in capitals (`AAC`).
        seconds: length, which a container may give inexactly; 0.0 where it says nothing.
        mask: which loudspeakers the channels are for, a bit for each in WAV's order (front left 1,
            front right 2, centre 4, LFE 8 ...); 0 where nothing tells.
    """

    sample_rate: int
    channels: int
    frames: int | None
    subtype: str
    seconds: float
    mask: int = 0


def channel_mask(channels: int) -> int:
    """The loudspeakers that FLAC, Vorbis and Opus mean by a number of channels; 0 where none."""
    return USUAL_MASKS.get(channels, 0)


def find_audio(path: Path) -> list[Path]:
    """Audio files anywhere below a folder, by their names' endings, sorted.

    Hidden files and all below hidden folders are skipped; links to folders are not followed.

    Raises:
        InputError: when the folder is missing or holds no audio file.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"folder {shown(path)} does not exist: give a folder of audio files")
    found = [
        file
        for file in path.rglob("*")
        if file.suffix.lower() in AUDIO_SUFFIXES
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and file.is_file()
    ]
    if not found:
        endings = " ".join(sorted(AUDIO_SUFFIXES))
        raise InputError(
            f"folder {shown(path)} holds no audio file: expected names ending in {endings}"
        )
    return sorted(found)


def shown(path: Path) -> str:
    """A path as one printable line: line breaks and broken bytes in names are escaped."""
    return "".join(
        char if char.isprintable() else ascii(char)[1:-1]  # without ascii's quotes
        for char in str(path)
    )
