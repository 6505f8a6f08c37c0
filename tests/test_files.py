"""Files are whole or absent; drafts end with their process, or are swept by the next one alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from synthgen_tf.errors import OutputError
from synthgen_tf.files import (
    PREFIX,
    draft_beside,
    entries_of,
    replace_file,
    sweep,
    write_text,
    writing,
)

HOLD = """
import sys, time
from pathlib import Path
from synthgen_tf.files import draft_beside
with draft_beside(Path(sys.argv[1]), folder=sys.argv[2] == "folder") as draft:
    if draft.is_dir():
        (draft / "part").touch()
    print(draft, flush=True)
    time.sleep(60)
"""


def drafts_in(folder):
    return sorted(file.name for file in folder.rglob(f"{PREFIX}*"))


@pytest.mark.parametrize("folder", [False, True])
def test_a_draft_becomes_its_file_or_goes(tmp_path, folder):
    path = tmp_path / "song.wav"
    with draft_beside(path, folder=folder) as draft:
        assert draft.parent == tmp_path
        assert draft.name.endswith(".wav")
        assert draft.is_dir() == folder
        draft.rename(path)
    assert path.exists()
    with pytest.raises(KeyboardInterrupt), draft_beside(path, folder=folder):
        raise KeyboardInterrupt
    assert drafts_in(tmp_path) == []
    with pytest.raises(FileNotFoundError), draft_beside(tmp_path / "no" / "x"):
        pass


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_sweep_takes_what_a_killed_process_left_and_nothing_else(tmp_path, kind):
    deep = tmp_path / "song"
    deep.mkdir()
    command = [sys.executable, "-c", HOLD, str(deep / "x.wav"), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        draft = process.stdout.readline().strip()
        sweep(tmp_path, below=True)
        assert os.path.exists(draft)  # noqa: PTH110 -- in use
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / f"{PREFIX}1").touch()
    (tmp_path / "mine.wav").touch()
    sweep(tmp_path)
    assert len(drafts_in(deep)) == 1  # not asked for
    sweep(tmp_path, below=True)
    assert drafts_in(tmp_path) == [f"{PREFIX}1"]
    assert sorted(file.name for file in tmp_path.iterdir()) == [".hidden", "mine.wav"]
    sweep(tmp_path / "missing", below=True)


@pytest.mark.parametrize("folder", [False, True])
def test_an_interrupt_while_a_draft_is_made_leaves_none(tmp_path, monkeypatch, folder):
    def interrupted(draft):
        assert draft.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr("synthgen_tf.files._locked", interrupted)
    with pytest.raises(KeyboardInterrupt), draft_beside(tmp_path / "song.wav", folder=folder):
        pass
    assert not list(tmp_path.iterdir())


def test_replaced_files_are_whole_or_as_they_were(tmp_path):
    path = tmp_path / "history.csv"
    write_text(path, "a\nä\n")
    assert path.read_bytes() == "a\nä\n".encode()

    def fail(draft):
        draft.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_file(path, fail)
    assert replace_file(path, lambda draft: draft.write_text("new")) == 3
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(path.name, "new")]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("full")])
def test_what_a_disk_says_becomes_one_line(error):
    also = () if isinstance(error, OSError) else (RuntimeError,)
    with pytest.raises(OutputError) as raised, writing(Path("a\nb"), ", or go", also):
        raise error
    reason = "full" if also else "No space left on device"
    assert str(raised.value) == (
        f"cannot write a\\nb ({reason}): check the folder, its permissions and the room on the "
        "disk, or go"
    )
    with pytest.raises(ValueError, match="other"), writing(Path("a"), also=also):
        raise ValueError("other")


def test_hidden_entries_are_passed_over(tmp_path):
    for name in ("b.wav", ".DS_Store", PREFIX + "1", "a", "__MACOSX", "...wav", "_x"):
        (tmp_path / name).touch()
    assert [entry.name for entry in entries_of(tmp_path)] == ["__MACOSX", "_x", "a", "b.wav"]
    assert entries_of(tmp_path / "missing") == entries_of(tmp_path / "a") == []
