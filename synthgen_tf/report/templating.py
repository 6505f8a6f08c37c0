"""The templates of pages and model cards, and how they are filled in."""

from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)


def open_templates(*folders: Path, **options: Any) -> Environment:
    """Open the templates of `report/templates/`; HTML is escaped, a value that is missing is an
    error.

    Args:
        folders: searched before it.
        options: others of `jinja2.Environment`.
    """
    loader = ChoiceLoader([FileSystemLoader(folders), PackageLoader("synthgen_tf.report")])
    return Environment(
        loader=loader, undefined=StrictUndefined, autoescape=select_autoescape(), **options
    )
