"""Reads a song of a rendered data set as its description tells it, without its sound."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synthgen_tf.errors import InputError
from synthgen_tf.render.compose.score import STEMS
from synthgen_tf.tracks import DESCRIPTION, SPLITS

AUDIBLE_DB, AUDIBLE_BELOW_REST_DB = -40.0, 25.0
"""A synth is audible where it is above the one, and less than the other below all the rest."""
LIMITED_DB = 1.0
"""A song whose limiter takes more than this in a usual second counts as limited."""
NEEDED = ("seconds", "split", "style", "bpm", "has_synth", "rms_db", "tracks")


@dataclass(frozen=True)
class DescribedSong:
    """A song of the set: its folder, what `song.json` says, and the size of its files."""

    folder: Path
    description: Mapping = field(repr=False)
    size_bytes: int

    @property
    def synth_db(self) -> float | None:
        """Return the RMS level of the synth in dB full scale; None where it is silent."""
        return self.description["rms_db"].get("synth")

    @property
    def rest_db(self) -> float | None:
        """Return the level of all but the synth in dB, taken as the sum of the stems' powers."""
        levels = [self.description["rms_db"].get(stem) for stem in STEMS if stem != "synth"]
        power = sum(10 ** (level / 10) for level in levels if level is not None)
        return 10 * float(np.log10(power)) if power else None

    @property
    def above_rest_db(self) -> float | None:
        """Return the level of the synth above the rest in dB; None where either is silent."""
        if self.synth_db is None or self.rest_db is None:
            return None
        return self.synth_db - self.rest_db

    @property
    def audible(self) -> bool:
        """Tell whether the synth can be heard, by `AUDIBLE_DB` and `AUDIBLE_BELOW_REST_DB`."""
        if self.synth_db is None or self.synth_db <= AUDIBLE_DB:
            return False
        return self.above_rest_db is None or self.above_rest_db > -AUDIBLE_BELOW_REST_DB

    @property
    def limited(self) -> bool:
        """Tell whether the limiter takes more than `LIMITED_DB` in a usual second."""
        return self._mastering.get("limited_db", 0.0) > LIMITED_DB

    @property
    def coded(self) -> bool:
        """Tell whether the stems went through a lossy codec."""
        return self._mastering.get("bitrate") is not None

    @property
    def ducks(self) -> bool:
        """Tell whether a track or a stem ducks under the kick."""
        chains = [track.get("effects", ()) for track in self.description["tracks"]] + self._buses
        return any(effect["name"] == "duck" for chain in chains for effect in chain)

    @property
    def widened(self) -> bool:
        """Tell whether a whole stem was widened."""
        return any(effect.get("factor", 0.0) > 1.0 for chain in self._buses for effect in chain)

    @property
    def _mastering(self) -> Mapping:
        return self.description.get("mastering") or {}

    @property
    def _buses(self) -> list[Sequence[Mapping]]:
        """Return the chains of whole stems; songs of earlier versions have none."""
        return list((self.description.get("buses") or {}).values())

    @property
    def synth_tracks(self) -> list[Mapping]:
        """Return the descriptions of the tracks that belong to the synth stem."""
        return [track for track in self.description["tracks"] if track["stem"] == "synth"]


def read_description(folder: Path) -> DescribedSong:
    """Read what a song's folder says of it.

    Raises:
        InputError: when its description is missing, damaged or incomplete.
    """
    path = folder / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        missing = [key for key in NEEDED if key not in description]
        missing += [
            key for track in description["tracks"] for key in ("role", "stem") if key not in track
        ]
        missing += [] if description["split"] in SPLITS else ["split"]
        description["rms_db"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is not a song's description ({error}); expected what `synthgen render` "
            "writes: delete the song and render it anew"
        ) from error
    if missing:
        raise InputError(
            f"{path} says nothing of {missing[0]}; expected what `synthgen render` writes: delete "
            "the song and render it anew"
        )
    return DescribedSong(folder, description, sum(file.stat().st_size for file in folder.iterdir()))
