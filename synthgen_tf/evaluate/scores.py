"""Scores of estimates on tracks whose stems are known, beside what costs nothing and the oracle."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthgen_tf import metrics
from synthgen_tf.errors import InputError
from synthgen_tf.evaluate.bss_eval import bss_eval, load_museval, medians, write_bss_eval
from synthgen_tf.evaluate.oracle import ideal_ratio_mask
from synthgen_tf.progress import progress_bar
from synthgen_tf.separate import Separator
from synthgen_tf.tracks import MIXTURE, Track

SCORES_FORMAT = 2
ESTIMATE, BEST_GAIN, SILENCE, ORACLE = "estimate", "best_gain", "silence", "oracle_irm"
SYSTEMS = (ESTIMATE, MIXTURE, BEST_GAIN, SILENCE, ORACLE)
MEASURES = (
    *("snr", "si_sdr_improvement", "nmse", "snr_improvement", "si_sdr"),
    *("level_error", "silence_level"),
)
ALL = "all"
"""In place of a split: the tracks of every one."""

RESAMPLES, CONFIDENCE = 10_000, 0.95

Scores = dict[str, float | None]
Estimator = Callable[[Track, np.ndarray], np.ndarray]
"""A track and its mixture to the estimate of its stem, (time, channels)."""


@dataclass(frozen=True)
class TrackScore:
    """Scores of one track.

    Attributes:
        name: of the track.
        genre: or style, None where unknown.
        seconds: length.
        systems: name of a system (the estimate, the mixture as it is and at the one gain that is
            best for the track, silence, the ideal ratio mask) to its scores: measure to dB (NMSE: a
            ratio), None where it is not defined. `snr`, `nmse`, `si_sdr`, `level_error` as in
            `synthgen_tf.metrics`; `snr_improvement` and `si_sdr_improvement` over the mixture;
            `silence_level`: the output's energy over the mixture's, and only where the target is
            silent, at -100 dB full scale or below; `sdr`, `isr`, `sir`, `sar`: medians of museval's
            windows.
        split: of the track, where it is known.
    """

    name: str
    genre: str | None
    seconds: float
    systems: dict[str, Scores]
    split: str | None = None

    def as_json(self) -> dict:
        """What `scores.json` holds of the track."""
        return {
            "name": self.name,
            "split": self.split,
            "genre": self.genre,
            "seconds": self.seconds,
            **{name: dict(scores) for name, scores in self.systems.items()},
        }


def separated_by(separator: Separator) -> Estimator:
    """The stem of a separator, whatever it is called."""

    def estimate(track: Track, mixture: np.ndarray) -> np.ndarray:
        return separator.separate(mixture, track.sample_rate)[separator.stem]

    return estimate


def evaluate(
    estimator: Estimator, tracks: Sequence[Track], target: str, museval: Path | None = None
) -> dict:
    """Score the estimates of all tracks.

    Args:
        estimator: `separated_by` a model, or `Estimates` of a folder.
        tracks: all with the stem `target`.
        target: the stem that is the truth.
        museval: folder for the JSON files of BSSEval v4; None leaves it out.

    Returns:
        What `scores.json` holds: format, target, tracks, and medians with their intervals, over
        all tracks and by genre.

    Raises:
        InputError: when museval is not installed, or an estimate is not finite.
    """
    if museval is not None:
        load_museval()
    scores, counts = [], Counter(track.name for track in tracks)
    with progress_bar("evaluating", total=len(tracks)) as advance:
        for track in tracks:
            mixture, truth = track.read(MIXTURE), track.read(target)
            estimate = estimator(track, mixture)
            if not np.isfinite(estimate).all():
                raise InputError(f"the estimate of {track.name} holds values that are not finite")
            score = score_track(track, truth, estimate, mixture)
            if museval is not None:
                name = track.name if counts[track.name] == 1 else f"{track.split} {track.name}"
                store = bss_eval(name, target, truth, estimate, mixture, track.sample_rate)
                write_bss_eval(museval, store)
                score.systems[ESTIMATE] |= medians(store, target)
            scores.append(score)
            advance(1)
    return {"format": SCORES_FORMAT, "target": target, **summarise(scores)}


def score_track(
    track: Track, truth: np.ndarray, estimate: np.ndarray, mixture: np.ndarray
) -> TrackScore:
    """Compare (time, channels) signals of one track."""
    facts = track.name, track.genre, track.frames / track.sample_rate
    if not bool(np.asarray(metrics.audible(truth[None]))[0]):
        signals = {ESTIMATE: estimate, MIXTURE: mixture, SILENCE: np.zeros_like(mixture)}
        systems = {
            name: {"silence_level": measure(metrics.level_error, mixture, signal)}
            for name, signal in signals.items()
        }
        return TrackScore(*facts, systems, track.split)
    gain = np.float32(np.asarray(metrics.best_gain(truth[None], mixture[None]))[0])
    made = {  # one after the other, for each is as long as the song
        ESTIMATE: lambda: estimate,
        MIXTURE: lambda: mixture,
        BEST_GAIN: lambda: gain * mixture,
        SILENCE: lambda: np.zeros_like(mixture),
        ORACLE: lambda: ideal_ratio_mask(truth, mixture, track.sample_rate),
    }
    systems = {name: _measured(truth, make()) for name, make in made.items()}
    # silence has no shape and no level to speak of
    systems[SILENCE] |= {"si_sdr": None, "level_error": None}
    for each in systems.values():
        for kind in ("snr", "si_sdr"):
            own, unchanged = each[kind], systems[MIXTURE][kind]
            rise = None if own is None or unchanged is None else round(own - unchanged, 4)
            each[f"{kind}_improvement"] = rise
    return TrackScore(*facts, systems, track.split)


def _measured(truth: np.ndarray, signal: np.ndarray) -> dict[str, float | None]:
    names = ("snr", "nmse", "si_sdr", "level_error")
    return {name: measure(getattr(metrics, name), truth, signal) for name in names}


def measure(metric, truth: np.ndarray, estimate: np.ndarray) -> float | None:
    """A metric of `synthgen_tf.metrics` on one pair of (time, channels) signals; None for NaN."""
    value = float(np.asarray(metric(truth[None], estimate[None]))[0])
    return None if np.isnan(value) else round(value, 4)


def summarise(scores: Sequence[TrackScore]) -> dict:
    """Tracks, medians and intervals of all, of each genre, and of each split if there are more."""
    genres = sorted({score.genre for score in scores if score.genre})
    splits = list(dict.fromkeys(score.split for score in scores))
    return {
        **_medians(scores),
        "by_genre": {
            genre: _medians([score for score in scores if score.genre == genre]) for genre in genres
        },
        "by_split": {
            split: _medians([score for score in scores if score.split == split])
            for split in (splits if len(splits) > 1 else ())
        },
        "tracks": [score.as_json() for score in scores],
    }


def _medians(scores: Sequence[TrackScore]) -> dict:
    """Median of each measure of each system, with the interval in which it lies."""
    found = {
        system: {kind: _values(scores, system, kind) for kind in _measures(scores, system)}
        for system in SYSTEMS
    }
    return {
        "count": len(scores),
        "median": {
            system: {kind: _rounded(float(np.median(values))) for kind, values in kinds.items()}
            for system, kinds in found.items()
        },
        "interval": {
            system: {kind: interval_of_median(values) for kind, values in kinds.items()}
            for system, kinds in found.items()
        },
    }


def _measures(scores: Sequence[TrackScore], system: str) -> list[str]:
    """Names of the measures that any track has a value of, the usual ones first."""
    names = dict.fromkeys(MEASURES)
    for score in scores:
        names.update(dict.fromkeys(score.systems.get(system, ())))
    return [name for name in names if _values(scores, system, name)]


def _values(scores: Iterable[TrackScore], system: str, kind: str) -> list[float]:
    values = (score.systems.get(system, {}).get(kind) for score in scores)
    return [value for value in values if value is not None]


def interval_of_median(values: Sequence[float]) -> list[float]:
    """Between which the median lies in 95 of 100 draws of as many tracks with replacement.

    The percentile bootstrap, from a fixed seed: equal values give equal intervals.
    """
    random = np.random.default_rng(0)
    drawn = random.integers(len(values), size=(RESAMPLES, len(values)))
    draws = np.median(np.asarray(values)[drawn], axis=1)
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(draws, [tail, 100.0 - tail])
    return [_rounded(low), _rounded(high)]


def _rounded(value: float) -> float:
    return round(float(value), 4)


def select_test_tracks(
    tracks: Sequence[Track], split: str, target: str, most: int | None = None
) -> list[Track]:
    """The tracks of a split that have the target stem.

    Args:
        tracks: of a data set.
        split: any that the data set has, or `all`.
        target: name of the stem.
        most: tracks of each split, taken evenly from all of it; None for all.

    Raises:
        InputError: when there are none, or fewer than one is asked for.
    """
    chosen = [track for track in tracks if split in (track.split, ALL)]
    with_target = [track for track in chosen if target in track.stems]
    if not with_target:
        stems = sorted({stem for track in chosen for stem in track.parts()})
        splits = sorted({track.split for track in tracks})
        raise InputError(
            f"no {split} track has a {target!r} stem: the splits are {', '.join(splits)} or "
            f"{ALL}, stems of {split} {', '.join(stems) or 'none'}"
        )
    if most is None:
        return with_target
    if most < 1:
        raise InputError(f"--most is {most}: expected 1 or more tracks of each split")
    taken = []
    for name in dict.fromkeys(track.split for track in with_target):
        part = [track for track in with_target if track.split == name]
        count = min(most, len(part))
        taken += [part[i * len(part) // count] for i in range(count)]
    return taken
