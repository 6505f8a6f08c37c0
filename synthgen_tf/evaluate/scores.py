"""Scores of a separator on tracks whose stems are known, beside what costs nothing."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from synthgen_tf import metrics
from synthgen_tf.errors import InputError
from synthgen_tf.progress import progress_bar
from synthgen_tf.separate import Separator
from synthgen_tf.tracks import MIXTURE, Track
from synthgen_tf.train.run import write_text

SCORES_FORMAT = 1
MEASURES = ("snr", "snr_improvement", "si_sdr", "level_error")


@dataclass(frozen=True)
class TrackScore:
    """Scores of one track in dB; None where the target is silent and nothing is defined.

    Attributes:
        name: of the track.
        genre: or style.
        seconds: length.
        snr: of the estimate; silence scores 0.
        snr_improvement: over the mixture taken as estimate.
        si_sdr: scale-invariant.
        level_error: estimate's energy over the target's.
        mixture_snr: of the mixture taken as estimate.
        mixture_si_sdr: likewise.
        mixture_level_error: likewise.
        silence_level: output's energy over the mixture's, only where the target is silent.
    """

    name: str
    genre: str | None
    seconds: float
    snr: float | None = None
    snr_improvement: float | None = None
    si_sdr: float | None = None
    level_error: float | None = None
    mixture_snr: float | None = None
    mixture_si_sdr: float | None = None
    mixture_level_error: float | None = None
    silence_level: float | None = None


def evaluate(separator: Separator, tracks: Sequence[Track], target: str) -> dict:
    """Separate and score each track.

    Args:
        separator: its own stem is compared, whatever it is called.
        tracks: all with the stem `target`.
        target: the stem that is the truth.

    Returns:
        What `scores.json` holds: format, target, tracks, medians by separator and genre.
    """
    scores = []
    with progress_bar("evaluating", total=len(tracks)) as advance:
        for track in tracks:
            mixture, truth = track.read(MIXTURE), track.read(target)
            estimate = separator.separate(mixture, track.sample_rate)[separator.stem]
            scores.append(score_track(track, truth, estimate, mixture))
            advance(1)
    return {
        "format": SCORES_FORMAT,
        "target": target,
        "median": summarise(scores),
        "by_genre": {
            genre: median(scores, "snr", genre)
            for genre in sorted({score.genre for score in scores if score.genre})
        },
        "tracks": [asdict(score) for score in scores],
    }


def score_track(
    track: Track, truth: np.ndarray, estimate: np.ndarray, mixture: np.ndarray
) -> TrackScore:
    """Compare (time, channels) signals of one track."""
    facts = track.name, track.genre, track.frames / track.sample_rate
    if not truth.any():
        level = measure(metrics.level_error, mixture, estimate)
        return TrackScore(*facts, silence_level=level)
    of_estimate, of_mixture = (
        {
            name: measure(getattr(metrics, name), truth, signal)
            for name in ("snr", "si_sdr", "level_error")
        }
        for signal in (estimate, mixture)
    )
    return TrackScore(
        *facts,
        **of_estimate,
        snr_improvement=of_estimate["snr"] - of_mixture["snr"],
        **{f"mixture_{name}": value for name, value in of_mixture.items()},
    )


def measure(metric, truth: np.ndarray, estimate: np.ndarray) -> float | None:
    """A metric of `synthgen_tf.metrics` on one pair of (time, channels) signals; None for NaN."""
    value = float(np.asarray(metric(truth[None], estimate[None]))[0])
    return None if np.isnan(value) else round(value, 4)


def summarise(scores: Sequence[TrackScore]) -> dict[str, dict[str, float | None]]:
    """Medians over the tracks with a target: of the separator, the mixture and silence."""
    model = {name: median(scores, name) for name in MEASURES}
    mixture = {name: median(scores, f"mixture_{name}") for name in ("snr", "si_sdr", "level_error")}
    return {
        "model": {**model, "silence_level": median(scores, "silence_level")},
        "mixture": {**mixture, "snr_improvement": 0.0 if mixture["snr"] is not None else None},
        "silence": {"snr": 0.0 if mixture["snr"] is not None else None},
    }


def median(scores: Sequence[TrackScore], name: str, genre: str | None = None) -> float | None:
    """Median of a measure over the tracks (of a genre) that have it; None if none has."""
    values = [getattr(score, name) for score in scores if genre in (None, score.genre)]
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def select_test_tracks(tracks: Sequence[Track], split: str, target: str) -> list[Track]:
    """The tracks of a split that have the target stem.

    Raises:
        InputError: when there are none.
    """
    chosen = [track for track in tracks if track.split == split]
    with_target = [track for track in chosen if target in track.stems]
    if not with_target:
        stems = sorted({stem for track in chosen for stem in track.parts()})
        splits = sorted({track.split for track in tracks})
        raise InputError(
            f"no {split} track has a {target!r} stem: the splits are {', '.join(splits)}, "
            f"stems of {split} {', '.join(stems) or 'none'}"
        )
    return with_target


def write_scores(path: Path, scores: Mapping) -> None:
    """Write `scores.json`."""
    write_text(path, json.dumps(scores, indent=2) + "\n")
