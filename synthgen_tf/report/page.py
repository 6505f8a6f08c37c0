"""One self-contained page: scores, learning curves, examples to see and hear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synthgen_tf.files import write_text
from synthgen_tf.report.figures import boxes, curves, loudest_db, player, spectrogram
from synthgen_tf.report.score_tables import Table
from synthgen_tf.report.templating import open_templates
from synthgen_tf.runs import Row

EXCERPT_SECONDS = 10.0


@dataclass(frozen=True)
class Example:
    """The signals of one song to see and hear, the mixture first: label to (time, channels)."""

    title: str
    note: str
    sample_rate: int
    signals: Mapping[str, np.ndarray] = field(repr=False)


def write_page(
    path: Path,
    title: str,
    lead: str,
    tables: Sequence[Table],
    examples: Sequence[Example],
    history: Sequence[Row] = (),
    scores: Mapping | None = None,
) -> None:
    """Write the page of a report: tables, box plots, learning curves, and examples with sound.

    Args:
        path: HTML file to write.
        title: of the page.
        lead: a sentence or two under the title.
        tables: scores.
        examples: shown by their loudest ten seconds.
        history: rows of a run's `history.csv`; none leaves the curves out.
        scores: as `evaluate` writes them, for box plots by genre; None leaves them out.
    """
    template = open_templates().get_template("page.html")
    html = template.render(
        title=title,
        lead=lead,
        tables=tables,
        examples=[_show(example) for example in examples],
        curves=curves(history) if history else None,
        boxes=boxes(snr_by_genre(scores), "SNR, dB (silence: 0)") if scores else None,
    )
    write_text(path, html)


def snr_by_genre(scores: Mapping) -> dict[str, list[float]]:
    """Return the SNR of the tracks of each genre, best median first; of all where genres are not
    known."""
    groups: dict[str, list[float]] = {}
    for track in scores["tracks"]:
        snr = track["estimate"].get("snr")
        if snr is not None:
            groups.setdefault(track["genre"] or "all", []).append(snr)
    return dict(sorted(groups.items(), key=lambda item: -float(np.median(item[1]))))


def _show(example: Example) -> dict:
    rate = example.sample_rate
    mixture = next(iter(example.signals.values()))
    first, last = loudest_excerpt(mixture, round(EXCERPT_SECONDS * rate))
    reference = loudest_db(mixture[first:last], rate)
    panels = [
        {
            "label": label,
            "picture": spectrogram(signal[first:last], rate, reference),
            "sound": player(signal[first:last], rate),
        }
        for label, signal in example.signals.items()
    ]
    return {"title": example.title, "note": example.note, "panels": panels}


def loudest_excerpt(signal: np.ndarray, frames: int) -> tuple[int, int]:
    """Return the first and last frame of the excerpt with the most energy, in steps of a tenth
    of it."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(signal, dtype=np.float64).sum(axis=1))])
    starts = np.arange(0, max(len(signal) - frames, 0) + 1, max(frames // 10, 1))
    ends = np.minimum(starts + frames, len(signal))
    best = int(np.argmax(energy[ends] - energy[starts]))
    return int(starts[best]), int(ends[best])
