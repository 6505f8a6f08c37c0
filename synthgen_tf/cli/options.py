"""Options that several commands share; help texts of settings come from the configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from pydantic import BaseModel

from synthgen_tf.choices import FORMATS, Clip, Engine, Format, Plugin, Subtype
from synthgen_tf.config import preset_names
from synthgen_tf.config.schema import Config, Kind

if TYPE_CHECKING:
    from synthgen_tf.separate.output_format import OutputFormat


def help_of(dotted: str) -> str:
    """Help text of a configuration key, for instance `training.minutes`."""
    section: type[BaseModel] | Any = Config
    *sections, key = dotted.split(".")
    for name in sections:
        section = section.model_fields[name].annotation
    return section.model_fields[key].description or ""


def listed(choices: Any, last: str | None = None, **meanings: str) -> str:
    """The names of a type in `choices` or `config`, for a help text.

    Args:
        choices: a `Literal`.
        last: word before the last name; a comma where there is none.
        meanings: of some of the names, told in brackets behind each.

    Raises:
        KeyError: for the meaning of a name that is no choice.
    """
    shown = {name: name for name in get_args(choices)}
    for name, meaning in meanings.items():
        shown[name] = f"{shown[name]} ({meaning})"
    if last is None:
        return ", ".join(shown.values())
    *names, end = shown.values()
    return f"{', '.join(names)} {last} {end}"


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
    str | None, typer.Option("--engine", help=f"{listed(Engine, 'or')}; told from the model.")
]
Stems = Annotated[str | None, typer.Option("--stems", help="Comma-separated; both by default.")]
FormatName = Annotated[str, typer.Option("--format", help=f"{listed(Format, 'or')}.")]
SubtypeName = Annotated[
    str | None,
    typer.Option(
        "--subtype",
        help=f"{listed(Subtype, 'or')}; wav is {FORMATS['wav'][0]}, flac {FORMATS['flac'][0]}.",
    ),
]
FULL_SCALE = listed(
    Clip, "or", rescale="turn all stems of the song down by one gain", none="refuse the song"
)
ClipName = Annotated[
    str, typer.Option("--clip", help=f"Of PCM and mp3, beyond full scale: {FULL_SCALE}.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Do again what is done already.")]
Data = Annotated[Path, typer.Option(help="Root of the data set.")]
KindName = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help=f"{listed(Kind)}; told from the layout.",
    ),
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="YAML configuration.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Such as data.remix=0.")
]
PRESET = typer.Option(help=f"Preset to start from: {', '.join(preset_names())}.")
Preset = Annotated[str | None, PRESET]
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
        help="Installed synth engines that play most synth parts: all, or some of "
        f"{listed(Plugin)}, vital, with commas; make sources installs them."
    ),
]


def names_of(text: str | None) -> list[str]:
    """Names with commas between them, and with commas to spare."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
