"""What a user chooses from: each list stands once, and all that hangs on it is complete."""

import ast
from pathlib import Path
from typing import get_args

import pytest

import synthgen_tf
from synthgen_tf import audio, choices, tracks
from synthgen_tf.cli.info import ENGINES
from synthgen_tf.config import networks, schema
from synthgen_tf.export import VARIANTS
from synthgen_tf.render import dataset
from synthgen_tf.render.engines.plugins.kinds import KINDS
from synthgen_tf.separate import output_format, predictors

PACKAGE = Path(synthgen_tf.__file__).parent
HOMES = (choices, schema, networks)
LISTS = {
    name: set(get_args(choice))
    for home in HOMES
    for name, choice in vars(home).items()
    if len(get_args(choice)) > 1 and all(isinstance(each, str) for each in get_args(choice))
}


def test_rooms_check_by_the_types():
    assert audio.FORMATS["wav"] == ("FLOAT", "PCM_16", "PCM_24")
    assert audio.FORMATS["flac"] == ("PCM_24", "PCM_16")
    assert audio.FORMATS["mp3"] == (None,)
    assert tuple(audio.FORMATS) == get_args(choices.Format) == ("wav", "flac", "mp3")
    assert {each for kind in audio.FORMATS.values() for each in kind} == {
        None,
        *get_args(choices.Subtype),
    }
    assert dataset.FORMATS == ("wav", "flac")
    assert VARIANTS == ("fp32", "fp16", "dynamic", "int8")
    assert output_format.CLIPS == ("clamp", "rescale", "none")
    assert predictors.ENGINES == ("keras", "savedmodel", "tflite")
    assert tracks.SPLITS == ("train", "valid", "test", "far", "hard")
    assert set(ENGINES) == set(get_args(choices.Engine))
    assert set(KINDS) == set(get_args(choices.Plugin))


def repeated(code):
    """Names of the lists that code writes out again, as a tuple, list, set or `Literal`."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            words = [each.value for each in node.elts if isinstance(each, ast.Constant)]
            if len(words) == len(node.elts):
                yield from (name for name, names in LISTS.items() if set(words) == names)


def spelled_out(code):
    """Texts that tell more than one name of a list themselves, docstrings aside."""
    tree = ast.parse(code)
    docs = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
            words = node.value.replace(",", " ").replace(":", " ").replace(".", " ").split()
            if any(len(names.intersection(words)) > 1 for names in LISTS.values()):
                yield node.value


def test_lists_written_again_are_found():
    assert {"Format", "Engine", "Kind", "Plugin", "Strategy", "Variant"} <= set(LISTS)
    code = (
        'a: Literal["mp3", "flac", "wav"] = 1\nb = ["fp32", "fp16", "int8", "dynamic"]\nc = (1, 2)'
    )
    assert sorted(repeated(code)) == ["Format", "Variant"]
    assert list(
        spelled_out('"""keras, tflite."""\nhelp = "keras, savedmodel or tflite; told."')
    ) == ["keras, savedmodel or tflite; told."]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_list_of_choices_stands_twice(path):
    if path not in [Path(home.__file__) for home in HOMES]:
        assert list(repeated(path.read_text())) == []


@pytest.mark.parametrize(
    "path",
    [*sorted((PACKAGE / "cli").glob("*.py")), PACKAGE / "scale" / "__main__.py"],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_help_texts_take_choices_from_the_types(path):
    assert list(spelled_out(path.read_text())) == []
