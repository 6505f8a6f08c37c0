"""All songs of a catalogue through the workers of a Ray cluster."""

import json
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from synthgen_tf import audio
from synthgen_tf.errors import InputError, install
from synthgen_tf.progress import progress_bar
from synthgen_tf.quiet import native_noise_silenced
from synthgen_tf.scale.storage import Storage, modified
from synthgen_tf.scale.worker import Begun, Work, Worker
from synthgen_tf.separate.manifest import DONE, Fingerprint, Manifest
from synthgen_tf.separate.names import distinct, folder_of

WAVE = 10_000
"""Songs that Ray is given at a time, so that the driver's memory does not grow with a catalogue."""

KNOCK_SECONDS = 10


@dataclass
class CatalogueResult:
    """What became of the songs.

    Attributes:
        done: songs separated now.
        skipped: those whose stems stood there already.
        failed: song to the line that says why.
    """

    done: int = 0
    skipped: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def separate_catalogue(
    work: Work,
    *,
    manifest: Path | None = None,
    workers: int | None = None,
    gpus: float = 0.0,
    address: str | None = None,
    overwrite: bool = False,
) -> CatalogueResult:
    """Separate every audio file below a folder or bucket, on all machines of a Ray cluster.

    Writes `out/<path without ending>/<stem>.<format>`, and a row of `separated.csv` as each song
    ends. A run that was killed is gone on with by the same call: what the manifest says is done,
    and stands there, is not done again. Songs of a worker that dies are given to another.

    Args:
        work: what to do, and where; `threads` is also the CPUs that Ray keeps for each worker.
        manifest: folder of this machine for `separated.csv`; `out` where that is one.
        workers: processes with a model each; left out, as many as the cluster has CPUs for.
        gpus: that each worker gets.
        address: of the cluster; left out, RAY_ADDRESS tells, or a cluster of this machine's cores
            is started and ended.
        overwrite: do again what is done.

    Raises:
        InputError: for settings that no song could be separated with. Nothing has then been done.
    """
    if work.threads < 1:
        raise InputError(f"a worker gets {work.threads} CPUs: expected 1 or more")
    if work.model and Path(work.model).exists():
        work = replace(work, model=str(Path(work.model).absolute()))
    source, out = Storage(work.source), Storage(work.out)
    if manifest is None and not out.local:
        raise InputError(
            f"{work.out} is not of this machine: --manifest FOLDER says where separated.csv goes"
        )
    folder = Path(out.root) if manifest is None else manifest
    separator = work.load()
    work = replace(work, output=work.output.of_model(separator.stems))
    rows = _rows(work, source, out, separator.settings)
    known, result = Manifest(folder), CatalogueResult()
    todo = rows if overwrite else _missing(rows, known, work, set(out.find()))
    result.skipped = len(rows) - len(todo)
    if todo:
        with audio.new_folder(folder), _cluster(address, workers, work.threads) as size:
            _separate(todo, work, size, gpus, known, result)
    return result


def _rows(work: Work, source: Storage, out: Storage, settings: str) -> list[dict[str, str]]:
    """The manifest's row of each song, before it is separated."""
    if source.inside(out):
        raise InputError(f"stems would lie among the songs of {work.source}: choose another --out")
    songs, stems = source.songs(), f"{out.root[len(source.root) + 1 :]}/"
    if out.inside(source):
        songs = {song: facts for song, facts in songs.items() if not song.startswith(stems)}
    folders = distinct(folder_of(PurePosixPath(song)) for song in songs)
    return [
        {
            "output": str(folder),
            "input": song,
            "input_bytes": str(facts.get("size", "")),
            "input_modified": modified(facts),
            "settings": f"{settings} {work.output.settings}",
        }
        for folder, (song, facts) in zip(folders, songs.items(), strict=True)
    ]


def _missing(
    rows: Sequence[dict[str, str]], known: Manifest, work: Work, there: set[str]
) -> list[dict[str, str]]:
    """Rows of songs whose stems do not stand there, made from just this song in just this way."""

    def stands(row: dict[str, str]) -> bool:
        files = {f"{row['output']}/{name}" for name in work.output.names.values()}
        origin = Fingerprint(row["input_bytes"], row["input_modified"], row["settings"])
        return files <= there and known.has(row["output"], origin)

    return [row for row in rows if not stands(row)]


def _separate(
    todo: Sequence[dict[str, str]],
    work: Work,
    workers: int,
    gpus: float,
    known: Manifest,
    result: CatalogueResult,
) -> None:
    """All songs through the workers, a row of the manifest for each as it ends."""
    with progress_bar("separating", len(todo)) as advance:
        for start in range(0, len(todo), WAVE):
            for row in _through_ray(todo[start : start + WAVE], work, workers, gpus):
                known.add(row)
                if row["state"] == DONE:
                    result.done += 1
                else:
                    result.failed[row["input"]] = row["message"]
                advance(1)


def _through_ray(
    rows: Sequence[dict[str, str]], work: Work, workers: int, gpus: float
) -> Iterator[dict[str, str]]:
    """Rows as their songs end. Ray itself restarts workers that die, and gives on their songs."""
    import ray

    songs = [{"row": json.dumps(row)} for row in rows]  # ASCII, whatever the names hold
    separated = ray.data.from_items(songs, override_num_blocks=len(songs)).map(
        Worker,  # type: ignore[arg-type]  # Ray says that it takes classes
        fn_constructor_args=(work, ray.remote(num_cpus=0)(Begun).remote()),
        compute=ray.data.ActorPoolStrategy(
            size=min(workers, len(songs)), max_tasks_in_flight_per_actor=2
        ),
        num_cpus=work.threads,
        num_gpus=gpus,
    )
    for row in separated.iter_rows():
        yield json.loads(row["row"])


@contextmanager
def _cluster(address: str | None, workers: int | None, cpus: int) -> Iterator[int]:
    """A connection to Ray while the block runs; gives the workers that have room there."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InputError(f"this needs {error.name}: {install('ray')}") from None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent home
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    address = address or os.environ.get("RAY_ADDRESS")
    _knock(address)
    local = None if address else False
    try:
        with native_noise_silenced():
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                include_dashboard=local,
            )
    except ConnectionError as error:
        raise InputError(f"no Ray cluster answers at {address} ({error})") from None
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        room = int(ray.cluster_resources().get("CPU", 0)) // cpus
        if not 1 <= (workers or room) <= room:
            raise InputError(
                f"the cluster has CPUs for {room} workers of {cpus}, {workers or 1} were asked for"
            )
        yield workers or room
    finally:
        ray.shutdown()


def _knock(address: str | None) -> None:
    """Raise `InputError` where nothing answers; Ray itself would try for a quarter of an hour."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return  # a cluster of this machine: "auto", or one to start
    try:
        socket.create_connection((host, int(port)), KNOCK_SECONDS).close()
    except OSError as error:
        raise InputError(
            f"no Ray cluster answers at {address} ({error}): give the address that `ray start "
            "--head` tells"
        ) from None
