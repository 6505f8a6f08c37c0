"""The report on a run, or on scores alone: one page, and for a run its model card."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from synthgen_tf.config import load_config
from synthgen_tf.data import open_tracks
from synthgen_tf.errors import InputError
from synthgen_tf.evaluate import Estimates, Estimator, read_scores, separated_by
from synthgen_tf.report.diagnosis import split_table
from synthgen_tf.report.model_card import SCORES, write_model_card
from synthgen_tf.report.page import Example, write_page
from synthgen_tf.report.tables import format_db, genre_table, score_table
from synthgen_tf.runs import CONFIG, read_history
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import MIXTURE, Track

PAGE = "report.html"
SHOWN = 2
"""Tracks at either end of the scores that are shown."""


def write_report(source: Path, out: Path | None = None) -> list[Path]:
    """Write `report.html`, and for a run `MODEL_CARD.md`.

    The page holds scores, box plots by genre, learning curves, and the best and worst tracks to see
    and hear, as far as data and model are still where the scores were made.

    Args:
        source: run directory, or a file of `synthgen evaluate`.
        out: folder to write, made when missing; the source's own by default.

    Returns:
        The files written.

    Raises:
        InputError: when the source is neither, or is a run without a whole epoch.
    """
    run = source if source.is_dir() else source.parent
    is_run = (run / CONFIG).is_file()
    if source.is_dir() and not is_run:
        raise InputError(f"{source} holds no run: expected a run directory, or a file of scores")
    file = run / SCORES if source.is_dir() else source
    scores = read_scores(file) if file.is_file() or not source.is_dir() else None
    history = read_history(run) if is_run else []
    if source.is_dir() and not history:
        raise InputError(f"run {run} has no whole epoch yet: train it first, by --resume")
    folder = run if out is None else out
    folder.mkdir(parents=True, exist_ok=True)
    cards = [write_model_card(run, folder)] if history else []  # first, for it may be refused
    lead, examples, tables = "", [], []
    if scores is None:
        lead = "Not yet scored on test tracks: synthgen evaluate does it."
    else:
        tables = [score_table(scores, "Scores")]
        if scores["by_genre"]:
            tables.append(genre_table(scores))
        if scores.get("by_split"):
            tables.append(split_table(scores))
        lead = f"{scores['judged']}, on split {scores['split']} of {scores['data']}."
        try:
            examples = _examples(scores)
        except InputError as error:
            lead += f" No sounds are shown: {error}."
    title = f"SynthGen report: {run.resolve().name if is_run else file.stem}"
    write_page(folder / PAGE, title, lead, tables, examples, history, scores)
    return [folder / PAGE, *cards]


def _examples(scores: Mapping) -> list[Example]:
    """The best and the worst tracks, separated anew or read from the estimates."""
    chosen = best_and_worst(scores["tracks"])
    config, target = load_config(flags={"data.labels": scores.get("labels")}), scores["target"]
    tracks = {
        (track.split, track.name): track
        for track in open_tracks(Path(scores["data"]), config, scores["kind"])
    }
    keys = [(track.get("split") or scores["split"], track["name"]) for track, _ in chosen]
    missing = [" track ".join(key) for key in keys if key not in tracks]
    if missing:
        raise InputError(f"{scores['data']} has no {missing[0]} any more")
    wanted = [tracks[key] for key in keys]
    estimator: Estimator
    if scores["estimates"]:
        estimator = Estimates(Path(scores["estimates"]), scores["stem"], wanted)
    else:
        separator = Separator(load_predictor(scores["model"]))
        estimator = separated_by(separator)
    notes = [note for _, note in chosen]
    return [_show(*pair, estimator, target) for pair in zip(wanted, notes, strict=True)]


def best_and_worst(tracks: Sequence[Mapping]) -> list[tuple[Mapping, str]]:
    """The scores of the tracks with the highest and the lowest SNR, and what they are."""
    scored = [track for track in tracks if track["estimate"].get("snr") is not None]
    scored.sort(key=lambda track: -track["estimate"]["snr"])
    ends = [("One of the best", scored[:SHOWN])]
    ends.append(("One of the worst", scored[SHOWN:][-SHOWN:]))
    return [(track, f"{title}: {_told(track)}") for title, end in ends for track in end]


def _told(track: Mapping) -> str:
    estimate = track["estimate"]
    rise = estimate.get("si_sdr_improvement")
    more = "" if rise is None else f", SI-SDR improvement {format_db(rise)} dB"
    return f"{track['genre'] or 'genre unknown'}, SNR {format_db(estimate['snr'])} dB{more}"


def _show(track: Track, note: str, estimator, target: str) -> Example:
    mixture, truth = track.read(MIXTURE), track.read(target)
    estimate = estimator(track, mixture)
    signals = {
        "mixture": mixture,
        f"true {target}": truth,
        f"{target}, estimate": estimate,
        "rest, estimate": mixture - estimate,
    }
    return Example(track.name, note, track.sample_rate, signals)
