"""The package as a whole: the map is true, imports point one way, files stay small."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import synthgen_tf
import synthgen_tf.render

PACKAGE = Path(synthgen_tf.__file__).parent
ROOMS = re.findall(r"^    (\w+) {2,}.*->|^    (cli) ", synthgen_tf.__doc__, flags=re.MULTILINE)
ROOMS = [first or second for first, second in ROOMS]
GROUND = [
    "choices",
    "errors",
    "files",
    "progress",
    "processes",
    "quiet",
    "silence",
    "level",
    "table",
]
"""Small modules below all rooms."""


def sources():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(code, folder):
    """All that code imports from modules, `module.name`: anywhere in it, in any spelling.

    Args:
        code: as text.
        folder: packages that its module lies in, the outermost first.
    """
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(folder[: len(folder) + 1 - node.level]) if node.level else []
            base += node.module.split(".") if node.module else []
            yield from (".".join([*base, each.name]) for each in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            name = ast.unparse(node.args[0]).strip("'\"")
            yield name.removeprefix("f'").replace("{__name__}", ".".join(folder))


def imported_rooms(path):
    folder = path.relative_to(PACKAGE.parent).parts[:-1]
    for name in imported_names(path.read_text(), folder):
        top, _, below = name.partition(".")
        if top == "synthgen_tf" and below:
            yield below.split(".")[0]


def test_every_room_of_the_map_exists_and_every_room_is_on_it():
    rooms = {
        path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.name[0] not in "._"
    }
    rooms -= {"savedmodels", *GROUND, "demo"}
    assert set(ROOMS) == rooms


def test_readme_has_the_same_map():
    readme = (PACKAGE.parent / "README.md").read_text()
    for line in synthgen_tf.__doc__.splitlines():
        if "->" in line:
            assert line.strip() in readme


def test_imports_are_found_in_every_spelling():
    code = """
import synthgen_tf.audio.riff, numpy as np
from synthgen_tf import metrics, level as loud
from synthgen_tf.tracks import Track
from ..processes import in_processes
from . import lines
from .styles.style import STYLES
def late():
    from ...errors import InputError
    import_module(f"{__name__}.beats")
    importlib.import_module("synthgen_tf.train")
if TYPE_CHECKING:
    from synthgen_tf.data.store import StoredTrack
"""
    assert sorted(imported_names(code, ("synthgen_tf", "render"))) == sorted(
        [
            "synthgen_tf.audio.riff",
            "numpy",
            "synthgen_tf.metrics",
            "synthgen_tf.level",
            "synthgen_tf.tracks.Track",
            "synthgen_tf.processes.in_processes",
            "synthgen_tf.render.lines",
            "synthgen_tf.render.styles.style.STYLES",
            "errors.InputError",  # above the package: Python refuses it
            "synthgen_tf.render.beats",
            "synthgen_tf.train",
            "synthgen_tf.data.store.StoredTrack",
        ]
    )


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_the_map(path):
    order = [*GROUND, *ROOMS[:-1], "demo", "cli"]
    room = "cli" if path.stem == "__main__" else room_of(path)
    if room == "__init__":
        return
    for other in imported_rooms(path):
        assert other == room or order.index(other) < order.index(room), f"{room} imports {other}"


def test_only_those_who_train_import_training():
    found = {room_of(path) for path in sources() if "train" in imported_rooms(path)}
    assert found == {"train", "resident", "cli", "demo"}


@pytest.mark.parametrize(
    "room", ["config", "audio", "tracks", "render", "data", "runs", "separate"]
)
def test_rooms_that_need_no_tensorflow_do_not_import_it(room):
    code = (
        f"import sys, synthgen_tf.{room}\n"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'musdb')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_the_reader_asks_for_tensorflow_io():
    asking = [path for path in sources() if "import tensorflow_io" in path.read_text()]
    assert asking == [PACKAGE / "data" / "segment_reader.py"]


def test_model_losses_and_metrics_run_on_any_backend():
    for path in sources():
        if room_of(path) in ("model", "losses", "metrics", "level"):
            assert "tensorflow" not in re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_are_absolute(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes)


def test_no_two_files_of_render_have_one_name():
    names = [path.stem for path in (PACKAGE / "render").rglob("*.py") if path.stem != "__init__"]
    assert sorted(names) == sorted(set(names))


def test_imports_within_render_point_down_its_map():
    order = re.findall(r"^    (\w+) {2,}", synthgen_tf.render.__doc__, flags=re.MULTILINE)
    for path in (PACKAGE / "render").rglob("*.py"):
        room, *_ = path.relative_to(PACKAGE / "render").with_suffix("").parts
        names = [name.split(".") for name in imported_names(path.read_text(), ())]
        for other in {name[2] for name in names if name[:2] == ["synthgen_tf", "render"]}:
            if room not in ("__init__", other):
                assert order.index(other) < order.index(room), f"{path} imports {other}"


def test_every_room_of_render_names_its_files():
    for room in (PACKAGE / "render").rglob("__init__.py"):
        map_of_room = ast.get_docstring(ast.parse(room.read_text()))
        for path in room.parent.iterdir():
            if (path.suffix == ".py" or (path / "__init__.py").exists()) and path != room:
                assert re.search(rf"\b{path.stem}\b", map_of_room), path
