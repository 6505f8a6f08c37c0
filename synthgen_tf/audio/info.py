"""What is known of an audio file before it is decoded, and where audio files are."""

import stat
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.files import is_hidden, shown

AUDIO_SUFFIXES = frozenset(
    ending
    for endings in (
        ".wav .wave .bwf .rf64 .w64 .aif .aiff .aifc .au .snd .caf",  # plain samples
        ".flac .tta .wv .ape .dsf",  # lossless
        ".mp3 .mp2 .mpa .mpga .ogg .oga .ogx .opus .spx .aac .adts .ac3 .eac3 .ec3 .amr .mpc .wma",
        ".m4a .m4b .m4r .mp4 .m4v .mov .3gp .3g2 .mka .mkv .webm .weba .asf .wmv .avi .flv .f4v",
        ".mpg .mpeg .vob .ts .mts .m2ts",  # the first sound of films, as above
    )
    for ending in endings.split()
)
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
    return sort_files(path)[0]


def sort_files(path: Path) -> tuple[list[Path], list[Path]]:
    """What lies anywhere below a folder: the audio files of `find_audio`, and all that are not.

    Among the others are files of other endings, broken links and pipes; what is hidden is in
    neither.

    Raises:
        InputError: as `find_audio`.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"folder {shown(path)} does not exist: give a folder of audio files")
    found: list[Path] = []
    others: list[Path] = []
    for file in sorted(path.rglob("*")):
        if file.is_dir() or any(is_hidden(part) for part in file.relative_to(path).parts):
            continue
        audible = file.suffix.lower() in AUDIO_SUFFIXES and file.is_file()
        (found if audible else others).append(file)
    if not found:
        endings = " ".join(sorted(AUDIO_SUFFIXES))
        raise InputError(
            f"folder {shown(path)} holds no audio file, {len(others)} others: "
            f"expected names ending in {endings}"
        )
    return found, others


KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def check_is_file(path: Path, mode: int) -> None:
    """Refuse what a path leads to, unless it is a plain file.

    Args:
        path: for the message.
        mode: `st_mode` of `os.stat`.

    Raises:
        InputError: that says what it is.
    """
    for is_kind, kind in KINDS:
        if is_kind(mode):
            advice = "" if kind == "a folder" else ", write the sound to one first"
            raise InputError(f"{shown(path)} is {kind}: expected an audio file{advice}")
