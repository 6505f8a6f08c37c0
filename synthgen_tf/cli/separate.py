"""`synthgen separate`: audio files into synth and rest."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from synthgen_tf.cli.options import (
    ClipName,
    EngineName,
    FormatName,
    LevelName,
    Model,
    Overwrite,
    Stems,
    SubtypeName,
    output_format,
)
from synthgen_tf.quiet import import_tensorflow


def separate(
    inputs: Annotated[list[Path], typer.Argument(metavar="FILE_OR_DIR...", help="Audio to take.")],
    out: Annotated[Path, typer.Option(help="Folder for OUT/<input name>/<stem>.wav.")],
    model: Model = None,
    stems: Stems = None,
    format: FormatName = "wav",
    subtype: SubtypeName = None,
    clip: ClipName = "clamp",
    overlap: Annotated[
        float, typer.Option(help="Share of a block that the next covers, 0 to 0.9.")
    ] = 0.25,
    shifts: Annotated[
        int, typer.Option(help="Predictions to average; each costs the time of one.")
    ] = 1,
    segment: Annotated[
        float | None, typer.Option(help="Seconds of a block; the model's own by default.")
    ] = None,
    level: LevelName = "as_is",
    overwrite: Overwrite = False,
    engine: EngineName = None,
) -> None:
    """Separate audio into synth and rest, which add up to it.

    OUT/separated.csv tells what was done. What stands there from the same file, model and settings
    is not done again. Exit code 1 when some inputs failed.
    """
    from synthgen_tf.files import shown
    from synthgen_tf.separate import Separator, carry_out, check_inputs, plan_batch
    from synthgen_tf.separate.predictor import checked_level
    from synthgen_tf.separate.predictors import load_predictor, quick_engine

    output = output_format(stems, format, subtype, clip)
    level = checked_level(level)
    check_inputs(inputs)  # before TensorFlow takes its seconds
    engine = engine.lower() if engine else quick_engine(model)
    if engine != "tflite":
        import_tensorflow()
    separator = Separator(
        load_predictor(model, engine),
        overlap=overlap,
        shifts=shifts,
        segment_seconds=segment,
        level=level,
    )
    plan = plan_batch(separator, inputs, out, output, overwrite=overwrite)
    result = carry_out(plan, separator)
    for files in result.done.values():
        for file in files.values():
            typer.echo(file)
    if result.skipped:
        typer.echo(f"{len(result.skipped)} stood there already: --overwrite does them again")
    if result.left:
        endings = Counter(file.suffix.lower() or "no ending" for file in result.left)
        kinds = ", ".join(f"{shown(Path(kind))} {count}" for kind, count in endings.most_common(5))
        more = ", ..." if len(endings) > 5 else ""
        typer.echo(
            f"synthgen: left {len(result.left)} files that are no audio by name: {kinds}{more}",
            err=True,
        )
    for reason in result.failed.values():
        typer.echo(f"synthgen: failed: {reason}", err=True)
    if result.failed:
        raise typer.Exit(1)
