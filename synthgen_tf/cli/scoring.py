"""The command `evaluate`, from its options to its files."""

from pathlib import Path

import typer

from synthgen_tf.cli.tables import print_table
from synthgen_tf.config import load_config
from synthgen_tf.data import open_tracks
from synthgen_tf.evaluate import (
    Estimates,
    described,
    evaluate,
    select_test_tracks,
    separated_by,
    write_scores,
)
from synthgen_tf.report.tables import genre_table, score_table
from synthgen_tf.separate import Separator
from synthgen_tf.separate.catalogue import DEFAULT_MODEL
from synthgen_tf.separate.predictors import load_predictor


def score(
    data: Path,
    out: Path,
    split: str,
    kind: str | None,
    target: str | None,
    model: str | None,
    engine: str | None,
    estimates: Path | None,
    stem: str | None,
    museval: bool,
) -> None:
    """Score and write; the options are the command's."""
    config = load_config()
    separator = None if estimates else Separator(load_predictor(model, engine))
    target = target or (separator.stem if separator else config.data.target)
    tracks = select_test_tracks(open_tracks(data, config, kind), split, target)
    if separator:
        estimator, judged = separated_by(separator), separator.settings
    else:
        estimator = Estimates(estimates, stem or target, tracks)
        judged = f"{stem or target} of {estimates}"
    folder = out.with_name(f"{out.stem}_museval") if museval else None
    scores = evaluate(estimator, tracks, target, folder)
    made_of = {"data": data, "split": split, "kind": kind, "judged": judged}
    if separator:
        made_of["model"] = model or DEFAULT_MODEL
    else:
        made_of |= {"estimates": estimates, "stem": stem or target}
    table = write_scores(out, described(scores, **made_of))
    print_table(score_table(scores))
    if scores["by_genre"]:
        print_table(genre_table(scores))
    for path in (out, table, folder):
        if path is not None:
            typer.echo(path)
