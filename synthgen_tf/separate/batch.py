"""Many files and folders in one go: OUT/<input name>/<stem>.wav, and no two of one name."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.files import sweep
from synthgen_tf.progress import progress_bars
from synthgen_tf.separate.batch_plan import BatchPlan, plan_batch
from synthgen_tf.separate.manifest import DONE, FAILED, columns_of, full_name
from synthgen_tf.separate.output_format import Clip, OutputFormat
from synthgen_tf.separate.separator import Separator


@dataclass
class BatchResult:
    """What became of the inputs of a batch.

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
    output = OutputFormat(stems, format, subtype, clip)
    return carry_out(plan_batch(separator, inputs, out, output, overwrite=overwrite), separator)


def carry_out(plan: BatchPlan, separator: Separator) -> BatchResult:
    """Separate what a plan says, under two bars, and write the manifest.

    Args:
        plan: of `plan_batch`.
        separator: the one that the plan was made for.

    Returns:
        The outcome. Bad inputs among others are passed over and listed as failed.

    Raises:
        InputError: when the only input is bad.
        OutputError: when the disk does not take the manifest.
    """
    result = BatchResult({}, dict(plan.skipped), dict(plan.failed), list(plan.left))
    total = sum(song.info.seconds for song in plan.todo)
    sweep(plan.out, below=True)
    with audio.new_folder(plan.out), progress_bars("separating", total) as begin:
        for path, reason in plan.failed.items():
            plan.manifest.add({"input": full_name(path), "state": FAILED, "message": reason})
        for song in plan.todo:
            meter = _meter(song.info, begin(song.path.name, song.info.seconds))
            started = time.monotonic()
            try:
                written = separator.write_stems(
                    song.path, plan.out / song.folder, plan.output, meter
                )
            except InputError as error:
                if plan.single:
                    raise
                result.failed[song.path] = str(error)
                plan.manifest.add(song.row(FAILED, message=str(error)))
            else:
                result.done[song.path] = dict(written.files)
                took = round(time.monotonic() - started, 3)
                plan.manifest.add(song.row(DONE, took_seconds=took, **columns_of(written)))
    return result


def _meter(info: audio.AudioInfo, advance: Callable[[float], None]) -> Callable[[int], None]:
    """Return a function that turns frames done so far into seconds since its last call."""
    done = 0

    def meter(frames: int) -> None:
        nonlocal done
        advance((frames - done) / info.sample_rate)
        done = frames

    return meter
