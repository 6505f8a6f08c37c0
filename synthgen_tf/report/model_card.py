"""`MODEL_CARD.md`, written from a run's own files: nothing stands there that they do not say."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from synthgen_tf.config import config_to_yaml
from synthgen_tf.errors import InputError
from synthgen_tf.evaluate import read_scores
from synthgen_tf.files import write_text
from synthgen_tf.report.tables import ROWS, format_db, format_span
from synthgen_tf.report.templating import open_templates
from synthgen_tf.runs import (
    CONFIG,
    ENVIRONMENT,
    MODEL_CARD,
    MONITOR,
    best_epoch,
    monitor_of,
    read_history,
    read_run_config,
    weights_licence,
)

NOTABLE_DB, QUIET_DB, FEW = 1.0, -40.0, 5
"""Level error and output in silence that are worth a sentence; tracks of a genre that are few."""

LITTLE = 0.5
"""Share of the oracle's SI-SDR improvement below which a model is said to separate little."""

SCORES = "scores.json"


def write_model_card(run: Path, folder: Path | None = None) -> Path:
    """Write the card of a run, with test scores where `scores.json` lies in it.

    The sections are those of Mitchell et al., Model cards for model reporting (arXiv:1810.03993).

    Args:
        run: its directory.
        folder: to write to; the run's own by default.

    Raises:
        InputError: when the directory holds no run, or one without a whole epoch.
    """
    config = read_run_config(run)
    history = read_history(run)
    if not history:
        raise InputError(f"run {run} has no whole epoch yet: train it first, by --resume")
    scores = read_scores(run / SCORES) if (run / SCORES).is_file() else None
    facts = json.loads((run / ENVIRONMENT).read_text(encoding="utf-8"))
    program, *arguments = facts["command"]
    environment = open_templates(trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"db": format_db, "span": format_span}
    card = environment.get_template("model_card.md").render(
        config=config,
        settings=config_to_yaml(config),
        config_file=CONFIG,
        facts=facts,
        licence=weights_licence(run),
        command=shlex.join([program_name(program), *arguments]),
        best=best_epoch(history),
        monitored=monitor_of(history) == MONITOR,
        epochs=len(history),
        minutes=sum(row["seconds"] for row in history) / 60,
        scores=scores,
        titles=ROWS,
        findings=findings(scores) if scores else [],
    )
    path = (folder or run) / MODEL_CARD
    write_text(path, card)
    return path


def program_name(program: str) -> str:
    """What a program is called, of its path: `python -m synthgen_tf` is the command `synthgen`."""
    name = Path(program).name
    return "synthgen" if name == "__main__.py" else name


def findings(scores: Mapping) -> list[str]:
    """The model's weak sides: a sentence only where its numbers bear it out."""
    median = scores["median"]["estimate"]
    found = _beside_a_gain(scores["median"])
    level, silent = median.get("level_error"), median.get("silence_level")
    if level is not None and abs(level) >= NOTABLE_DB:
        how = "quiet" if level < 0 else "loud"
        found.append(f"The estimate is too {how}, by {abs(level):.1f} dB in the median.")
    if silent is not None and silent > QUIET_DB:
        found.append(
            f"Where the target is silent something is left, {-silent:.0f} dB below the mixture."
        )
    genres = {
        genre: part["median"]["estimate"]["snr"]
        for genre, part in scores["by_genre"].items()
        if "snr" in part["median"]["estimate"]
    }
    poor = sorted(genre for genre, snr in genres.items() if snr <= 0)
    if poor:
        found.append(f"No better than silence, by median SNR, on: {', '.join(poor)}.")
    if len(genres) > 1:
        best, worst = max(genres, key=genres.__getitem__), min(genres, key=genres.__getitem__)
        found.append(
            f"It depends on the genre: median SNR is {genres[best]:.1f} dB on {best} and "
            f"{genres[worst]:.1f} dB on {worst}."
        )
    few = sorted(genre for genre, part in scores["by_genre"].items() if part["count"] < FEW)
    if few:
        found.append(f"Fewer than {FEW} test tracks, so little is known of: {', '.join(few)}.")
    return found


def _beside_a_gain(medians: Mapping) -> list[str]:
    """How little of the scores is separation, where turning the mixture down earns as much."""
    found = []
    snr, gain = (medians.get(name, {}).get("snr") for name in ("estimate", "best_gain"))
    if None not in (snr, gain) and snr - gain < NOTABLE_DB:
        found.append(
            f"Its median SNR of {snr:.2f} dB is mostly what a gain earns: the mixture, turned down "
            f"by the best gain for each track, has {gain:.2f} dB."
        )
    rise, most = (
        medians.get(name, {}).get("si_sdr_improvement") for name in ("estimate", "oracle_irm")
    )
    if None not in (rise, most) and rise < LITTLE * most:
        found.append(
            f"It separates little: SI-SDR, which no gain can raise, is {rise:.1f} dB above the "
            f"mixture's, and that of the oracle {most:.1f} dB."
        )
    return found
