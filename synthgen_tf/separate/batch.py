"""Many files and folders in one go: OUT/<input name>/<stem>.wav, and no two of one name."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.progress import progress_bar
from synthgen_tf.separate.separator import Separator


@dataclass
class BatchResult:
    """What became of the inputs.

    Attributes:
        done: input file to its stems' files.
        failed: input file or folder to the line that says why.
    """

    done: dict[Path, dict[str, Path]] = field(default_factory=dict)
    failed: dict[Path, str] = field(default_factory=dict)


def separate_paths(
    separator: Separator,
    inputs: Sequence[Path],
    out: Path,
    *,
    stems: Sequence[str] | None = None,
    format: str = "wav",
    subtype: str | None = None,
) -> BatchResult:
    """Separate files, and all audio files below folders, one after the other, under one bar.

    Writes `out/<name>/<stem>.<format>`, where the name is the file's without its ending; below a
    folder the tree is kept: `out/<sub-folder>/<name>/...`. Of inputs that come to the same name the
    first keeps it and the others get `<name>_2`, `<name>_3` ... in the order given. When `out` is
    inside an input folder, what lies in it is not an input.

    Args:
        separator: does the work.
        inputs: files and folders. A file that comes twice is separated once.
        out: folder, made when missing.
        stems, format, subtype: as for `Separator.separate_file`.

    Returns:
        The outcome. Bad inputs among others are skipped and listed as failed.

    Raises:
        InputError: for an unknown stem, format or subtype; when an output would replace an input;
            when the only input is bad. Nothing has then been written.
    """
    stems = separator.check_stems(stems)
    audio.check_format(format, subtype)
    out, result = Path(out), BatchResult()
    names = _find([Path(path) for path in inputs], out, result)
    folders = dict(zip(names, _distinct(names.values()), strict=True))
    _check_apart(folders, out, [f"{stem}.{format}" for stem in stems])
    only = len(folders) + len(result.failed) == 1
    infos = _probed(folders, result)
    if only and result.failed:
        raise InputError(*result.failed.values())

    with progress_bar("separating", sum(info.seconds for info in infos.values())) as advance:
        for path, info in infos.items():
            target = out / folders[path]
            meter = _meter(info, advance)
            try:
                result.done[path] = separator.separate_file(
                    path, target, stems=stems, format=format, subtype=subtype, progress=meter
                )
            except InputError as error:
                if only:
                    raise
                result.failed[path] = str(error)
    return result


def _find(inputs: list[Path], out: Path, result: BatchResult) -> dict[Path, Path]:
    """Each file once, and the folder below `out` that it would like."""
    names, seen, inside = {}, set(), out.resolve()
    if not inputs:
        raise InputError("no input was given: expected audio files, or folders of them")
    for path in inputs:
        try:
            found = audio.find_audio(path) if _is_folder(path) else [path]
        except InputError as error:
            result.failed[path] = str(error)
            continue
        for file in found:
            real = file.resolve()
            if real in seen or (path.resolve() in inside.parents and inside in real.parents):
                continue
            seen.add(real)
            branch = file.relative_to(path).parent  # of a file given by itself: none
            # a file named "...wav" must not lead to the folder ".."
            names[file] = branch / (file.stem.rstrip(". ") or "unnamed")
    return names


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long or a closed parent folder: reading it will say so
        return False


def _distinct(names: Iterable[Path]) -> list[Path]:
    """Names as they are, but with a number where a file system could take two for one."""
    names, distinct = list(names), []
    wanted, taken = {_folded(name) for name in names}, set()
    for name in names:
        free, number = name, 1
        while _folded(free) in taken or (number > 1 and _folded(free) in wanted):
            number += 1
            free = name.with_name(f"{name.name}_{number}")
        taken.add(_folded(free))
        distinct.append(free)
    return distinct


def _folded(name: Path) -> str:
    return unicodedata.normalize("NFC", str(name)).casefold()


def _check_apart(folders: dict[Path, Path], out: Path, files: list[str]) -> None:
    """Refuse outputs that would replace inputs, whatever links or letter case lead there."""
    inputs = {_identity(path): path for path in folders}
    for folder in folders.values():
        for target in (_identity(out / folder / file) for file in files):
            if target is not None and target in inputs:
                raise InputError(
                    f"input {audio.shown(inputs[target])} would be replaced by a stem: "
                    "choose another output folder, or leave this input out"
                )


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells one file from another, whatever it is called; None where there is no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _probed(files: Iterable[Path], result: BatchResult) -> dict[Path, audio.AudioInfo]:
    infos = {}
    for path in files:
        try:
            infos[path] = audio.probe(path)
        except InputError as error:
            result.failed[path] = str(error)
    return infos


def _meter(info: audio.AudioInfo, advance: Callable[[float], None]) -> Callable[[int], None]:
    """Frames done so far, turned into seconds since the last call."""
    done = 0

    def meter(frames: int) -> None:
        nonlocal done
        advance((frames - done) / info.sample_rate)
        done = frames

    return meter
