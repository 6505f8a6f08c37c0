"""`synthgen evaluate`: a model, or estimates made elsewhere, against known stems."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.choices import UsualSplit
from synthgen_tf.cli.options import (
    ConfigFile,
    Data,
    EngineName,
    KindName,
    LevelName,
    Model,
    Settings,
    listed,
)
from synthgen_tf.config import Config, load_config
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow


def evaluate(
    data: Data,
    out: Annotated[Path, typer.Option(help="JSON file to write; a CSV of its name beside it.")],
    split: Annotated[
        str, typer.Option(help=f"{listed(UsualSplit)}, another that the data set has, or all.")
    ] = "test",
    most: Annotated[
        int | None, typer.Option(help="Tracks of each split, taken evenly; all by default.")
    ] = None,
    model: Model = None,
    engine: EngineName = None,
    estimates: Annotated[
        Path | None,
        typer.Option(help="Folder of <track>/<stem>.wav made elsewhere, in place of a model."),
    ] = None,
    stem: Annotated[
        str | None, typer.Option(help="Name of the files in --estimates; the target's by default.")
    ] = None,
    level: LevelName = "as_is",
    museval: Annotated[
        bool, typer.Option("--museval", help="BSSEval v4 too, its JSON in OUT_museval/test.")
    ] = False,
    kind: KindName = None,
    target: Annotated[
        str | None, typer.Option(help="Stem that is the truth; the model's own by default.")
    ] = None,
    config: ConfigFile = None,
    settings: Settings = None,
) -> None:
    """Score a model, or estimates, against known stems.

    --split all --most 100 tells too little learnt, learnt by heart and music of another kind apart.
    """
    from synthgen_tf.separate.predictor import checked_level

    level = checked_level(level)
    if estimates and (model or engine):
        raise InputError("--estimates and --model were given: score one at a time")
    if estimates and level != "as_is":
        raise InputError("--level is of what a model separates: leave it out with --estimates")
    if stem and not estimates:
        raise InputError("--stem names files of --estimates: give both, or leave it out")
    import_tensorflow()
    chosen = (model, engine, estimates, stem, museval, config, settings or ())
    _score(data, out, split, kind, target, *chosen, most=most, level=level)


def _score(
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
    config_file: Path | None = None,
    settings: Sequence[str] = (),
    most: int | None = None,
    level: str = "as_is",
) -> None:
    """Score and write; the options are the command's."""
    from synthgen_tf.cli.terminal import print_table
    from synthgen_tf.data import open_tracks
    from synthgen_tf.evaluate import (
        Estimates,
        Estimator,
        described,
        evaluate,
        make_room_for_scores,
        score_files,
        select_test_tracks,
        separated_by,
        write_scores,
    )
    from synthgen_tf.report.diagnosis import split_table
    from synthgen_tf.report.score_tables import genre_table, score_table
    from synthgen_tf.separate import Separator
    from synthgen_tf.separate.model_folders import DEFAULT_MODEL
    from synthgen_tf.separate.predictors import load_predictor

    config = scoring_config(None if estimates else model or DEFAULT_MODEL, config_file, settings)
    separator = None if estimates else Separator(load_predictor(model, engine), level=level)
    target = target or (separator.stem if separator else config.data.target)
    tracks = select_test_tracks(open_tracks(data, config, kind), split, target, most)
    estimator: Estimator
    if separator:
        estimator, judged = separated_by(separator), separator.settings
    elif estimates:
        estimator = Estimates(estimates, stem or target, tracks)
        judged = f"{stem or target} of {estimates}"
    folder = score_files(out)[2] if museval else None
    make_room_for_scores(out)
    scores = evaluate(estimator, tracks, target, folder)
    if isinstance(estimator, Estimates) and (told := estimator.told()):
        typer.echo(f"synthgen: {told}", err=True)
        judged = f"{judged}; {told}"
    labels = config.data.model_dump(mode="json")["labels"]
    made_of = {"data": data, "split": split, "kind": kind, "judged": judged, "labels": labels}
    if separator:
        made_of |= {"model": model or DEFAULT_MODEL, "level": level}
    else:
        made_of |= {"estimates": estimates, "stem": stem or target}
    written = write_scores(out, described(scores, **made_of))
    print_table(score_table(scores))
    if scores["by_genre"]:
        print_table(genre_table(scores))
    if scores["by_split"]:
        print_table(split_table(scores))
    for path in (*written, folder):
        if path is not None:
            typer.echo(path)


def scoring_config(model: str | None, file: Path | None, settings: Sequence[str]) -> Config:
    """Return the configuration that tells the labels of each stem of a data set, and the target.

    Args:
        model: whose own configuration holds where nothing is given; None for estimates.
        file: `--config`.
        settings: `--set`.
    """
    from synthgen_tf.runs import CONFIG
    from synthgen_tf.separate.model_folders import CARD, find_model, read_card

    if model and file is None:
        folder = find_model(model)
        if (folder / CARD).is_file():
            if labels := read_card(folder).labels:
                settings = [f"data.labels={json.dumps(labels)}", *settings]
        elif (folder / CONFIG).is_file():
            return load_config(None, folder / CONFIG, settings, recorded=True)
    return load_config(None, file, settings)
