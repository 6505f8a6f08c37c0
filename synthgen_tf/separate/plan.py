"""What a batch is to do: inputs found, their folders named, what stands there passed over.

Nothing is written here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown
from synthgen_tf.separate.manifest import Fingerprint, Manifest, fingerprint, full_name
from synthgen_tf.separate.names import distinct, folder_of
from synthgen_tf.separate.output_format import OutputFormat
from synthgen_tf.separate.separator import Separator


@dataclass(frozen=True)
class PlannedSong:
    """One input that is to be separated.

    Attributes:
        path: of the input.
        info: what its header says.
        folder: of its stems, below the output folder.
        origin: what makes its stems stand for it.
    """

    path: Path
    info: audio.AudioInfo
    folder: PurePath
    origin: Fingerprint

    def row(self, state: str, **facts: object) -> dict[str, object]:
        """Its row of the manifest, once it has come to a state."""
        return {
            "output": self.folder,
            "input": full_name(self.path),
            "state": state,
            **vars(self.origin),
            "sample_rate": self.info.sample_rate,
            "channels": self.info.channels,
            **facts,
        }


@dataclass(frozen=True)
class BatchPlan:
    """What is to be done with the inputs of a batch.

    Attributes:
        out: the output folder.
        output: what files the stems become; its stems have names.
        manifest: of the output folder, as it stands.
        todo: inputs to separate, in this order.
        skipped: inputs whose stems stand there already, and the stems' files.
        failed: input file or folder to the line that says why it cannot be read.
        left: files in the input folders that are no audio by their names.
    """

    out: Path
    output: OutputFormat
    manifest: Manifest
    todo: Sequence[PlannedSong]
    skipped: Mapping[Path, dict[str, Path]]
    failed: Mapping[Path, str]
    left: Sequence[Path]

    @property
    def single(self) -> bool:
        """Whether there is one input only, whose error is that of the whole batch."""
        return len(self.todo) + len(self.skipped) + len(self.failed) == 1


def plan_batch(
    separator: Separator,
    inputs: Sequence[Path],
    out: Path,
    output: OutputFormat,
    *,
    overwrite: bool = False,
) -> BatchPlan:
    """Decide what `carry_out` is to do.

    Args:
        separator: that will do it.
        inputs: files and folders. A file that comes twice is planned once.
        out: folder of the stems; it need not exist.
        output: what files the stems become.
        overwrite: plan again what stands there from the same file, model and settings.

    Raises:
        InputError: for a stem that the model does not have; when an output would replace an input;
            when the only input is bad.
    """
    output, out = output.of_model(separator.stems), Path(out)
    settings = f"{separator.settings} {output.settings}"
    names, failed, left = _find(check_inputs(inputs), out)
    manifest = Manifest(out)
    folders = dict(zip(names, distinct(names.values(), names, manifest.owner), strict=True))
    _check_apart(folders, out, output.names.values())
    todo: list[PlannedSong] = []
    skipped: dict[Path, dict[str, Path]] = {}
    for path, info in _probed(folders, failed).items():
        song = PlannedSong(path, info, folders[path], fingerprint(path, settings))
        files = output.files(out / song.folder)
        stands = manifest.has(str(song.folder), song.origin)
        if stands and not overwrite and all(file.is_file() for file in files.values()):
            skipped[path] = files
        else:
            todo.append(song)
    plan = BatchPlan(out, output, manifest, todo, skipped, failed, left)
    if plan.single and failed:
        raise InputError(*failed.values())
    return plan


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


def _find(
    inputs: Sequence[Path], out: Path
) -> tuple[dict[Path, PurePath], dict[Path, str], list[Path]]:
    """Each file once with the folder below `out` that it would like; failed inputs; files left."""
    names: dict[Path, PurePath] = {}
    failed: dict[Path, str] = {}
    left: list[Path] = []
    seen, inside = set(), out.resolve()
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
            failed[path] = str(error)
        except OSError as error:  # a name too long, a closed folder, links in a circle
            failed[path] = (
                f"{shown(path)} cannot be read ({error.strerror}): give a file or a folder"
            )
        else:
            apart = (file for file in others if not (around and inside in file.resolve().parents))
            left.extend(apart)
    return names, failed, left


def _check_apart(folders: Mapping[Path, PurePath], out: Path, files: Iterable[str]) -> None:
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


def _probed(files: Iterable[Path], failed: dict[Path, str]) -> dict[Path, audio.AudioInfo]:
    """What the headers of files say; `failed` is told of those that cannot be read."""
    infos = {}
    for path in files:
        try:
            infos[path] = audio.probe(path)
        except InputError as error:
            failed[path] = str(error)
    return infos
