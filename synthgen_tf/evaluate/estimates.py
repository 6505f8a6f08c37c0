"""Estimates made elsewhere: a folder of audio files, one for each track and stem."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import Track


class Estimates:
    """What another separator has written, in any layout that ends in `<track>/<stem>.<ending>`.

    That holds for musdb's (`test/<track>/vocals.wav`), for `synthgen separate`, spleeter and
    demucs. Where tracks of two splits have one name, the split's own folder is looked into.

    Args:
        root: of the folder.
        stem: name of the files that are judged.
        tracks: that must all be there.

    Raises:
        InputError: when a track's estimate is missing, or there are several.
    """

    def __init__(self, root: Path, stem: str, tracks: Sequence[Track]):
        self.root, self.stem = root, stem
        found: dict[str, list[Path]] = {}
        for file in audio.find_audio(root):
            if file.stem == stem:
                found.setdefault(file.parent.name, []).append(file)
        self.files = {track.name: self._one(track, found.get(track.name, [])) for track in tracks}
        missing = [name for name, file in self.files.items() if file is None]
        if missing:
            raise InputError(
                f"{root} lacks estimates of {len(missing)} of {len(tracks)} tracks, the first is "
                f"{missing[0]}: expected <track>/{stem}.wav, or name the stem by --stem"
            )

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

    def __call__(self, track: Track, mixture: np.ndarray) -> np.ndarray:
        """The estimate of a track, float32 (time, channels) as the mixture.

        Raises:
            InputError: when it has another length, rate or number of channels.
        """
        file = self.files[track.name]
        estimate, sample_rate = audio.read(file)
        if (sample_rate, estimate.shape) != (track.sample_rate, mixture.shape):
            raise InputError(
                f"{audio.shown(file)} has (time, channels) {estimate.shape} at {sample_rate} Hz: "
                f"the track has {mixture.shape} at {track.sample_rate} Hz"
            )
        return estimate
