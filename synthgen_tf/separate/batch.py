"""Many files and folders in one go: OUT/<input name>/<stem>.wav, and no two of one name."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown, sweep
from synthgen_tf.progress import progress_bars
from synthgen_tf.separate.files import Clip, check_clip
from synthgen_tf.separate.manifest import (
    DONE,
    FAILED,
    Fingerprint,
    Manifest,
    facts_of,
    fingerprint,
    full_name,
)
from synthgen_tf.separate.names import distinct, folder_of
from synthgen_tf.separate.separator import Separator


@dataclass
class BatchResult:
    """What became of the inputs.

    Attributes:
        done: input file to its stems' files.
        skipped: inputs whose stems stood there already, likewise.
        failed: input file or folder to the line that says why.
        left: files in the input folders that are no audio by their names.
    """

    done: dict[Path, dict[str, Path]] = field(default_factory=dict)
    skipped: dict[Path, dict[str, Path]] = field(default_factory=dict)
    failed: dict[Path, str] = field(default_factory=dict)
    left: list[Path] = field(default_factory=list)


def separate_paths(
    separator: Separator,
    inputs: Sequence[Path],
    out: Path,
    *,
    stems: Sequence[str] | None = None,
    format: str = "wav",
    subtype: str | None = None,
    clip: Clip = "clamp",
    overwrite: bool = False,
) -> BatchResult:
    """Separate files, and all audio files below folders, one after the other, under two bars.

    Writes `out/<name>/<stem>.<format>`, where the name is the file's without its ending; below a
    folder the tree is kept: `out/<sub-folder>/<name>/...`. Of inputs that come to the same name the
    first keeps it and the others get `<name>_2`, `<name>_3` ... in the order given; so does an
    input whose name `out` holds already from a file of another place. When `out` is inside an input
    folder, what lies in it is not an input. `out/separated.csv` tells of each input (see
    `manifest`), and lets a second run skip what the first has done.

    Args:
        separator: does the work.
        inputs: files and folders. A file that comes twice is separated once.
        out: folder, made when missing.
        stems, format, subtype, clip: as for `Separator.separate_file`.
        overwrite: separate again what stands there from the same file, model and settings.

    Returns:
        The outcome. Bad inputs among others are passed over and listed as failed.

    Raises:
        InputError: for an unknown stem, format, subtype or clip policy; when an output would
            replace an input; when the only input is bad. Nothing has then been written.
    """
    stems = separator.check_stems(stems)
    subtype = audio.check_format(format, subtype)
    check_clip(clip)
    settings = f"{separator.settings} {'+'.join(stems)} {format} {subtype or ''} {clip}"
    out, result = Path(out), BatchResult()
    names = _find(check_inputs(inputs), out, result)
    manifest = Manifest(out)
    folders = dict(zip(names, distinct(names.values(), names, manifest.owner), strict=True))
    _check_apart(folders, out, [f"{stem}.{format}" for stem in stems])
    only = len(folders) + len(result.failed) == 1
    infos = _probed(folders, result)
    if only and result.failed:
        raise InputError(*result.failed.values())

    options = {"stems": stems, "format": format, "subtype": subtype}
    todo = {}
    for path, info in infos.items():
        output = _Output(path, info, folders[path], fingerprint(path, settings))
        files = {stem: out / output.folder / f"{stem}.{format}" for stem in stems}
        stands = manifest.has(str(output.folder), output.origin)
        if stands and not overwrite and all(file.is_file() for file in files.values()):
            result.skipped[path] = files
        else:
            todo[path] = output
    total = sum(output.info.seconds for output in todo.values())
    sweep(out, below=True)
    with audio.new_folder(out), progress_bars("separating", total) as begin:
        for path, reason in result.failed.items():
            manifest.add({"input": full_name(path), "state": FAILED, "message": reason})
        for path, output in todo.items():
            meter = _meter(output.info, begin(path.name, output.info.seconds))
            started = time.monotonic()
            try:
                written = separator.separate_file(
                    path, out / output.folder, **options, clip=clip, progress=meter
                )
            except InputError as error:
                if only:
                    raise
                result.failed[path] = str(error)
                manifest.add(output.row(FAILED, message=str(error)))
            else:
                result.done[path] = dict(written.files)
                took = round(time.monotonic() - started, 3)
                manifest.add(output.row(DONE, took_seconds=took, **facts_of(written)))
    return result


@dataclass(frozen=True)
class _Output:
    """What one input is to become: a folder below the output folder."""

    path: Path
    info: audio.AudioInfo
    folder: Path
    origin: Fingerprint

    def row(self, state: str, **facts: object) -> dict[str, object]:
        """Of the manifest."""
        return {
            "output": self.folder,
            "input": full_name(self.path),
            "state": state,
            **vars(self.origin),
            "sample_rate": self.info.sample_rate,
            "channels": self.info.channels,
            **facts,
        }


def check_inputs(inputs: Sequence[str | Path]) -> list[Path]:
    """The inputs as paths.

    Raises:
        InputError: when there is none, when one is an empty name (which `Path` takes for the
            current folder), or when the only one cannot be read.
    """
    if not inputs:
        raise InputError("no input was given: expected audio files, or folders of them")
    if "" in inputs:
        raise InputError("an input is an empty name: expected an audio file, or a folder of them")
    paths = [Path(path) for path in inputs]
    if len(paths) == 1:
        try:
            folder = paths[0].is_dir()
        except OSError:  # a name too long or a closed parent folder: reading it says so
            folder = False
        (audio.find_audio if folder else audio.probe)(paths[0])
    return paths


def _find(inputs: list[Path], out: Path, result: BatchResult) -> dict[Path, Path]:
    """Each file once, and the folder below `out` that it would like."""
    names, seen, inside = {}, set(), out.resolve()
    for path in inputs:
        try:
            found, others = audio.sort_files(path) if path.is_dir() else ([path], [])
            around = path.resolve() in inside.parents
            for file in found:
                real = file.resolve()
                if real in seen or (around and inside in real.parents):
                    continue
                seen.add(real)
                names[file] = folder_of(file.relative_to(path) if file != path else Path(file.name))
        except InputError as error:
            result.failed[path] = str(error)
        except OSError as error:  # a name too long, a closed folder, links in a circle
            result.failed[path] = (
                f"{shown(path)} cannot be read ({error.strerror}): give a file or a folder"
            )
        else:
            apart = (file for file in others if not (around and inside in file.resolve().parents))
            result.left.extend(apart)
    return names


def _check_apart(folders: dict[Path, Path], out: Path, files: list[str]) -> None:
    """Refuse outputs that would replace inputs, whatever links or letter case lead there."""
    inputs = {_identity(path): path for path in folders}
    for folder in folders.values():
        for target in (_identity(out / folder / file) for file in files):
            if target is not None and target in inputs:
                raise InputError(
                    f"input {shown(inputs[target])} would be replaced by a stem: "
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
