"""How a job's music becomes its stems, within the limits."""

from dataclasses import dataclass
from pathlib import Path

from synthgen_tf import audio
from synthgen_tf.choices import Level
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown
from synthgen_tf.separate import Separator
from synthgen_tf.separate.output_format import OutputFormat
from synthgen_tf.separate.predictor import Predictor
from synthgen_tf.serve.jobs import Job
from synthgen_tf.serve.limits import Limits

UPLOAD = "upload"
"""Name of the file that comes in; clients' own names never reach the disk."""


@dataclass(frozen=True)
class Wanted:
    """What a client asked for; the fields are the command line's."""

    output: OutputFormat
    overlap: float
    shifts: int
    segment: float | None
    level: Level


class TooLong(InputError):
    """Raised for more music than the service takes."""

    def __init__(self, limits: Limits):
        super().__init__(f"music is too long: expected at most {limits.audio_seconds:g} s")


def music_seconds(path: Path, limits: Limits) -> float:
    """Return the length of an upload in seconds, by its own account.

    Raises:
        InputError: when it is no music, or `TooLong`.
    """
    seconds = audio.probe(path).seconds
    if seconds > limits.audio_seconds:
        raise TooLong(limits)
    return seconds


def separator_for(predictor: Predictor, wanted: Wanted) -> Separator:
    """Make the separator that a client asked for.

    Raises:
        InputError: for settings out of range.
    """
    separator = Separator(
        predictor,
        overlap=wanted.overlap,
        shifts=wanted.shifts,
        segment_seconds=wanted.segment,
        level=wanted.level,
    )
    wanted.output.of_model(separator.stems)  # checks its stems
    return separator


def separate_job(job: Job, separator: Separator, wanted: Wanted, limits: Limits) -> None:
    """Write the stems of a job's upload beside it; the upload goes.

    A header may lie about the length, so what is really there is counted too.
    """
    upload = job.folder / UPLOAD
    info = audio.probe(upload)
    most = limits.audio_seconds * info.sample_rate

    def progress(done: int) -> None:
        if done > most:
            raise TooLong(limits)
        job.advance(done / max(1, info.seconds * info.sample_rate))

    try:
        separated = separator.write_stems(upload, job.folder, wanted.output, progress)
    except TooLong as error:
        job.error = 413, str(error)
    except InputError as error:
        job.error = 422, without_path(str(error), upload)
    else:
        job.stems = tuple(separated.files)
        upload.unlink()


def without_path(line: str, upload: Path) -> str:
    """Return an error line as a client may read it: our file's place is none of his business."""
    return line.replace(shown(upload), "upload").replace(str(upload), "upload")
