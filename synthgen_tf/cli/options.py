"""Options that several commands share; help texts of settings come from the configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from pydantic import BaseModel

from synthgen_tf.config.schema import Config, Kind

if TYPE_CHECKING:
    from synthgen_tf.separate.output_format import OutputFormat


def describe(dotted: str) -> str:
    """Help text of a configuration key, for instance `training.minutes`."""
    section: type[BaseModel] | Any = Config
    *sections, key = dotted.split(".")
    for name in sections:
        section = section.model_fields[name].annotation
    return section.model_fields[key].description or ""


def output_format(stems: str | None, format: str, subtype: str | None, clip: str) -> "OutputFormat":
    """The files that are asked for, in whatever case and with commas to spare.

    Raises:
        InputError: for an unknown format, subtype or clip policy.
    """
    from synthgen_tf.separate.output_format import OutputFormat

    names = None if stems is None else names_of(stems)
    subtype = subtype and subtype.strip().upper()
    return OutputFormat(names, format.strip().lower(), subtype, clip.strip().lower())


Model = Annotated[
    str | None,
    typer.Option(help="Run directory, exported model's folder or shipped model's name."),
]
EngineName = Annotated[
    str | None, typer.Option("--engine", help="keras, savedmodel or tflite; told from the model.")
]
Data = Annotated[Path, typer.Option(help="Root of the data set.")]
KindName = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help=f"{', '.join(get_args(Kind))}; told from the layout.",
    ),
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="YAML configuration.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Such as data.remix=0.")
]
Preset = Annotated[
    str | None, typer.Option(help="Preset to start from: card, tiny, small, base, large.")
]
Seed = Annotated[int, typer.Option(help="Of everything random.")]
Midi = Annotated[
    Path | None,
    typer.Option(
        help="Folder of MIDI files: 3 songs in 10 are made from them, the others composed."
    ),
]
Fonts = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="<path>", help="Soundfont, .sf2 or .sf3, that plays some parts; repeatable."
    ),
]
Recorded = Annotated[
    bool,
    typer.Option(
        "--recorded",
        help="Let the soundfonts and drum kits of Debian play that are here (make sources).",
    ),
]
Engines = Annotated[
    str | None,
    typer.Option(
        help="Installed synth engines that play most synth parts: all, or some of amsynth, "
        "xsynth, hexter, scsynth, whysynth, vital, with commas; make sources installs them."
    ),
]


def names_of(text: str | None) -> list[str]:
    """Names with commas between them, and with commas to spare."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
