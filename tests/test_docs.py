"""What README, CONTRIBUTING and docs/ tell is so: links, commands, settings, Python and scores."""

import ast
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

from synthgen_tf.cli.commands import app
from synthgen_tf.config import load_config
from synthgen_tf.errors import InputError, install

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "savedmodels" / "README.md", *DOCS]
LANGUAGES = {"sh", "python", "text"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
INLINE = re.compile(r"`([^`]+)`")
ENDS = {"|", "||", "&", "&&", ";"}
SHIPPED = ROOT / "savedmodels" / "synthgen" / "MODEL_CARD.md"
CLI = typer.main.get_command(app)

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def prose(text: str) -> str:
    return FENCE.sub("", text)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [code for found, code in FENCE.findall(text) if found == language]


def anchors(text: str) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ +(.*)$", prose(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """The relative links whose file or heading does not exist."""
    broken = []
    for link in LINK.findall(prose(text)):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if "://" in link or (target.exists() and not anchor):
            continue
        content = text if target == page else target.read_text() if target.exists() else ""
        if anchor not in anchors(content):
            broken.append(link)
    return broken


def commands(block: str) -> list[list[str]]:
    """The words of each command of a shell block, without what only the shell sees."""
    found, waiting = [], ""
    for line in block.replace("\\\n", " ").splitlines():
        waiting += line + "\n"
        try:
            words = shlex.split(waiting, comments=True)
        except ValueError:  # a quote that a later line closes
            continue
        waiting, command = "", []
        for word in [*words, ";"]:
            if word not in ENDS:
                command.append(word)
            elif command:
                found.append(command)
                command = []
    assert not waiting.strip(), f"a quote stays open in {waiting}"
    for command in found:
        while re.match(r"[A-Z_]+=|export$", command[0]) and len(command) > 1:
            del command[0]
    return found


def synthgen_lines(text: str) -> list[list[str]]:
    """The arguments of each `synthgen` command of a page's shell blocks."""
    words = [command for block in blocks(text, "sh") for command in commands(block)]
    return [command[1:] for command in words if command[0] == "synthgen"]


def refusal(arguments: list[str]) -> str | None:
    """What the real command line and configuration say against arguments; nothing is run."""
    try:
        context = CLI.make_context("synthgen", list(arguments))
        words = [*getattr(context, "_protected_args", []), *context.args]
        name, command, rest = CLI.resolve_command(context, words)
        parsed = command.make_context(name, rest, parent=context).params
        if "settings" in parsed:
            load_config(parsed.get("preset"), settings=parsed["settings"] or ())
    except typer.Exit:  # of --help
        return None
    except InputError as error:
        return str(error)
    except Exception as error:
        if not hasattr(error, "format_message"):  # of Typer
            raise
        return error.format_message()
    return None


@each_page
def test_links_and_anchors_exist(page):
    assert broken_links(page, page.read_text()) == []


def test_a_broken_link_is_found():
    text = "# A b\n[x](LICENSE) [y](#a-b) [z](#b) [v](no.md) [w](docs/audio.md#no)"
    assert broken_links(README, text) == ["#b", "no.md", "docs/audio.md#no"]


def test_readme_links_every_page_and_is_short():
    text = README.read_text()
    linked = {link.partition("#")[0] for link in LINK.findall(text)}
    assert {f"docs/{page.name}" for page in DOCS} <= linked
    assert 850 <= len(text.split()) <= 1000


@each_page
def test_blocks_name_their_language(page):
    text = page.read_text()
    assert {language for language, _ in FENCE.findall(text)} <= LANGUAGES
    assert not re.search(r"^\s*synthgen ", "".join(blocks(text, "text")), flags=re.MULTILINE)
    assert ".venv/bin/synthgen" not in text
    assert "-m synthgen_tf " not in text


@each_page
def test_commands_of_shell_blocks_parse(page):
    refused = {shlex.join(each): refusal(each) for each in synthgen_lines(page.read_text())}
    assert {line: reason for line, reason in refused.items() if reason} == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("synthgen train --run r --no-such-option", "No such option"),
        ("synthgen sing song.wav", "No such command"),
        ("synthgen separate song.wav", "Missing option"),
        ("synthgen prepare songs", "Missing argument"),
        ("synthgen serve --port many", "Invalid value"),
        ("A=1 synthgen train --run r \\\n  --set data.batchsize=4  # nearest", "batch_size"),
        ("true && synthgen train --run r --preset bass", "base"),
    ],
)
def test_a_command_that_does_not_exist_is_found(line, message):
    (arguments,) = synthgen_lines(f"```sh\n{line}\n```\n")
    assert message in refusal(arguments)


@each_page
def test_commands_and_settings_in_prose_exist(page):
    for code in INLINE.findall(prose(page.read_text()).replace("\n", " ")):
        words = code.split()
        if words[0] == "synthgen" and len(words) > 1 and words[1].islower():
            known = CLI.commands[words[1]].params if words[1][0] != "-" else CLI.params
            known = {name for option in known for name in (*option.opts, "--help")}
            assert {word for word in words if word.startswith("--")} <= known, code
        if words[0] == "--set" and words[1].isascii() and words[1].count("=") == 1:
            load_config(settings=words[1:2])


@each_page
def test_scripts_and_targets_of_commands_exist(page):
    text = page.read_text()
    lines = [command for block in blocks(text, "sh") for command in commands(block)]
    lines += [code.split() for code in INLINE.findall(prose(text).replace("\n", " "))]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    for words in lines:
        if words[0] == "make" and len(words) > 1:
            assert words[1] in targets
        if words[0] == "python" and (file := script(words)) is not None:
            source = file.read_text()
            for option in [word for word in words if word.startswith("--")]:
                assert option in source or f"{option[2:].replace('-', '_')}:" in source, words


def script(words: list[str]) -> Path | None:
    """The file of ours that a command of Python runs."""
    if words[1:2] == ["-m"]:
        return ROOT / words[2].replace(".", "/") / "__main__.py"
    return ROOT / words[1] if words[1:] and words[1].endswith(".py") else None


@each_page
def test_files_of_the_code_that_are_named_exist(page):
    """CONTRIBUTING names those of the package in short."""
    package = ROOT / "synthgen_tf"
    short = page.name == "CONTRIBUTING.md"
    places = [ROOT, package, package / "render"] if short else [ROOT]
    ours = r"[\w/]+" if short else r"(synthgen_tf|tests|benchmarks|tuning)[\w/]*"
    for code in INLINE.findall(prose(page.read_text()).replace("\n", " ")):
        if re.fullmatch(ours + r"/([a-z_0-9]+\.(py|csv|md|yaml))?", code):
            assert any((folder / code).exists() for folder in places), code


def extras() -> set[str]:
    """What `pip install '.[...]'` can ask for."""
    text = (ROOT / "pyproject.toml").read_text()
    (section,) = re.findall(r"^\[project.optional-dependencies\]\n(.*?)^\[", text, re.M | re.S)
    return set(re.findall(r"^(\w+) = \[", section, flags=re.MULTILINE))


def test_extras_are_installed_by_one_command_everywhere():
    assert install("ray") == "pip install '.[ray]'"
    assert {"gpu", "serve", "tune", "ray", "jax", "museval", "vita", "voices", "dev"} == extras()
    for page in PAGES:
        for place, name in re.findall(r"pip install '?([\w.]*)\[([\w,]+)\]", page.read_text()):
            assert place == "."
            assert name in extras()
    for path in (ROOT / "synthgen_tf").rglob("*.py"):
        code = path.read_text()
        assert "synthgen_tf[" not in code
        assert set(re.findall(r"\binstall\('(\w+)'\)", code)) <= extras(), path


@each_page
def test_python_blocks_compile_and_name_what_exists(page):
    for block in blocks(page.read_text(), "python"):
        tree = compile(block, str(page), "exec", flags=ast.PyCF_ONLY_AST)
        compile(tree, str(page), "exec")
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("synthgen_tf"):
                exec(compile(ast.Module([node], []), str(page), "exec"), {})


@pytest.fixture
def song(tmp_path, monkeypatch):
    """A folder to work in, with two seconds of sine in stereo, `song.wav` and `album/one.wav`."""
    time = np.arange(88_200) / 44_100
    sine = 0.3 * np.sin(2 * np.pi * 440 * time[:, None] * [1, 1.5]).astype(np.float32)
    (tmp_path / "album").mkdir()
    for name in ("song.wav", "album/one.wav"):
        soundfile.write(tmp_path / name, sine, 44_100, subtype="FLOAT")
    monkeypatch.chdir(tmp_path)
    return sine


def test_five_lines_of_python_separate(song):
    (block,) = blocks(README.read_text(), "python")
    names = {}
    exec(compile(block, "README.md", "exec"), names)
    assert len(block.strip().splitlines()) == 5
    np.testing.assert_allclose(sum(names["stems"].values()), song, atol=1e-6)
    np.testing.assert_allclose(soundfile.read("synth.wav")[0], names["stems"]["synth"], atol=1e-4)


def test_python_of_the_page_on_separating_runs(song, capsys):
    (block,) = blocks((ROOT / "docs" / "separating.md").read_text(), "python")
    exec(compile(block, "separating.md", "exec"), {})
    pieces = re.findall(r"\((\d+), 2\)", capsys.readouterr().out)
    assert sum(map(int, pieces)) == len(song)
    assert list(Path("stems").rglob("synth.wav"))


def test_readmes_separation_runs(song):
    """And `--help` of every command that README names."""
    lines = synthgen_lines(README.read_text())
    (line,) = [arguments for arguments in lines if arguments[0] == "separate"]
    assert CliRunner().invoke(app, line, catch_exceptions=False).exit_code == 0
    for name in ("song", "one"):
        parts = [soundfile.read(f"stems/{name}/{stem}.wav")[0] for stem in ("synth", "rest")]
        np.testing.assert_allclose(sum(parts), song, atol=1e-6)
    for command in {arguments[0] for arguments in lines}:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    assert "synthgen" in CliRunner().invoke(app, ["models"]).output


def scores_of(page: Path, row: str) -> list[tuple[str, str]]:
    """First number of SNR and SI-SDR improvement in the five rows from that which begins so."""
    lines = page.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"| {row}"))
    rows = [[cell.strip() for cell in line.split("|")[2:]] for line in lines[first : first + 5]]
    place = 2 if page == SHIPPED else 1  # the card has the interval between the two
    return [(cells[0].split()[0], cells[place].replace("–", "")) for cells in rows]


def test_scores_are_those_of_the_shipped_models_card():
    card = scores_of(SHIPPED, "the model |")
    assert scores_of(README, "the shipped model's output") == card
    assert scores_of(ROOT / "docs" / "evaluation.md", "shipped model |") == card
