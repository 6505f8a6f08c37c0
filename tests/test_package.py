"""The package as a whole: the map is true, imports point one way, files stay small."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import synthgen_tf

PACKAGE = Path(synthgen_tf.__file__).parent
ROOMS = re.findall(r"^    (\w+) {2,}.*->|^    (cli) ", synthgen_tf.__doc__, flags=re.MULTILINE)
ROOMS = [first or second for first, second in ROOMS]
GROUND = ["errors", "files", "progress", "processes", "quiet", "level", "table"]
"""Small modules below all rooms."""


def sources():
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            parts = node.module.split(".")
            if parts[0] == "synthgen_tf":
                yield from [parts[1]] if len(parts) > 1 else [each.name for each in node.names]


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


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_the_map(path):
    order = [*GROUND, *ROOMS[:-1], "demo", "cli"]
    room = "cli" if path.stem == "__main__" else room_of(path)
    if room == "__init__":
        return
    for other in imported_rooms(path):
        assert other == room or order.index(other) < order.index(room), f"{room} imports {other}"


@pytest.mark.parametrize("room", ["config", "audio", "tracks", "render", "data", "separate"])
def test_rooms_that_need_no_tensorflow_do_not_import_it(room):
    code = (
        f"import sys, synthgen_tf.{room}\n"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'musdb')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_the_reader_asks_for_tensorflow_io():
    asking = [path for path in sources() if "import tensorflow_io" in path.read_text()]
    assert asking == [PACKAGE / "data" / "reader.py"]


def test_model_losses_and_metrics_run_on_any_backend():
    for path in sources():
        if room_of(path) in ("model", "losses", "metrics", "level"):
            assert "tensorflow" not in re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
