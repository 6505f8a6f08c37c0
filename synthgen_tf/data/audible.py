"""A check that there is something to learn: targets that are silent throughout teach nothing."""

from collections.abc import Sequence

import numpy as np

from synthgen_tf.errors import InputError
from synthgen_tf.silence import SILENT
from synthgen_tf.tracks import Track

BLOCK_SECONDS = 10
"""Length of the blocks in which songs are read."""

PEAK = 10 ** (-SILENT / 20)
"""Largest absolute sample of a silent stem, full scale being 1."""


def refuse_silence(tracks: Sequence[Track], split: str, target: str) -> None:
    """Raise `InputError` when the target of no track rises above -100 dB full scale.

    Levels tell, where they were measured; else samples are read, up to the first that sounds.

    Args:
        tracks: of a split, as `select_tracks` gives them.
        split: its name, for the message.
        target: stem to extract.
    """
    having = [track for track in tracks if target in track.stems]
    quick_first = sorted(having, key=lambda track: target not in track.levels)
    if not any(_sounds(track, target) for track in quick_first):
        key = "data.valid_tracks=[NAME]" if split == "valid" else "data.target=NAME"
        raise InputError(
            f"the {target!r} stem is silent in all {len(having)} {split} tracks that have one: "
            f"give other data, or choose by --set {key}"
        )


def _sounds(track: Track, target: str) -> bool:
    if target in track.levels:
        return bool(np.any(track.levels[target] < SILENT))
    step = BLOCK_SECONDS * track.sample_rate
    blocks = (track.read(target, start, step) for start in range(0, track.frames, step))
    return any(np.abs(block).max(initial=0.0) > PEAK for block in blocks)
