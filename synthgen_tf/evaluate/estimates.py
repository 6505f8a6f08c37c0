"""Estimates made elsewhere: a folder of audio files, one for each track and stem."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown
from synthgen_tf.tracks import Track


class Estimates:
    """What another separator has written, in any layout that ends in `<track>/<stem>.<ending>`.

    That holds for musdb's (`test/<track>/vocals.wav`), for `synthgen separate`, spleeter and
    demucs. Where tracks of two splits have one name, the split's own folder is looked into.

    An estimate that is shorter than its track ends in silence, a longer one is cut, as museval does
    it; `refitted` knows by how much.

    Args:
        root: of the folder.
        stem: name of the files that are judged.
        tracks: that must all be there.

    Attributes:
        refitted: split and name of a track whose estimate had another length, to how many frames
            it had more than the track; filled as estimates are read.

    Raises:
        InputError: when a track's estimate is missing, or there are several, or one cannot be read
            or has another rate or number of channels than its track.
    """

    def __init__(self, root: Path, stem: str, tracks: Sequence[Track]):
        self.root, self.stem = root, stem
        found: dict[str, list[Path]] = {}
        for file in audio.find_audio(root):
            if file.stem == stem:
                found.setdefault(file.parent.name, []).append(file)
        self.refitted: dict[tuple[str, str], int] = {}
        self.files: dict[tuple[str, str], Path] = {}
        missing = []
        for track in tracks:
            if estimate := self._one(track, found.get(track.name, [])):
                self.files[_key(track)] = estimate
            else:
                missing.append(track.name)
        if missing:
            raise InputError(
                f"{root} lacks estimates of {len(missing)} of {len(tracks)} tracks, the first is "
                f"{missing[0]}: expected <track>/{stem}.wav, or name the stem by --stem"
            )
        for track in tracks:
            self._check(track)

    def _one(self, track: Track, files: list[Path]) -> Path | None:
        if len(files) > 1:
            inside = [file for file in files if track.split in file.relative_to(self.root).parts]
            files = inside or files
        if len(files) > 1:
            raise InputError(
                f"{self.root} has {len(files)} estimates of {track.name}, such as {files[0]} and "
                f"{files[1]}: name the folder of one separator"
            )
        return files[0] if files else None

    def _check(self, track: Track) -> None:
        file = self.files[_key(track)]
        info = audio.probe(file)
        wanted = track.sample_rate, track.channels
        if (info.sample_rate, info.channels) != wanted:
            raise InputError(
                f"{shown(file)} has {info.channels} channels at {info.sample_rate} Hz: its "
                f"track has {track.channels} at {track.sample_rate} Hz, and so must the estimate"
            )

    def __call__(self, track: Track, mixture: np.ndarray) -> np.ndarray:
        """The estimate of a track, float32 (time, channels) as the mixture, padded or cut.

        Raises:
            InputError: when its file cannot be read.
        """
        estimate, _ = audio.read(self.files[_key(track)])
        more = len(estimate) - len(mixture)
        if more:
            self.refitted[_key(track)] = more
        return np.pad(estimate[: len(mixture)], ((0, max(-more, 0)), (0, 0)))

    def told(self) -> str:
        """How many of the estimates read were padded or cut, in a line; empty where none was."""
        if not self.refitted:
            return ""
        most = max(map(abs, self.refitted.values()))
        return (
            f"{len(self.refitted)} of {len(self.files)} estimates had another length than their "
            f"tracks, by up to {most:,} frame{'s' * (most > 1)}: padded with silence or cut, as "
            "museval does"
        )


def _key(track: Track) -> tuple[str, str]:
    return track.split, track.name
