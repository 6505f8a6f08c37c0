"""The work of one Ray actor: songs, one after the other, with a model loaded once."""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.scale.storage import Storage
from synthgen_tf.separate import Separator
from synthgen_tf.separate.manifest import DONE, FAILED, facts_of
from synthgen_tf.separate.output_format import OutputFormat
from synthgen_tf.separate.predictors import load_predictor

TRIES = 3
"""Of a song whose workers die, for instance for want of memory."""


@dataclass(frozen=True)
class Work:
    """What is done to every song; small, for it is sent to the workers.

    Attributes:
        source, out: addresses, see `Storage`.
        model, engine: see `load_predictor`; every machine must find the model at its path.
        threads: of the engine.
        separator: settings of the `Separator`.
        output: what files the stems of each become.
    """

    source: str
    out: str
    model: str | None = None
    engine: str | None = None
    threads: int = 1
    separator: Mapping[str, Any] = field(default_factory=dict)
    output: OutputFormat = field(default_factory=OutputFormat)

    def load(self, threads: int | None = None) -> Separator:
        """The separator, its model loaded; on as many threads as there are cores, or so many."""
        return Separator(load_predictor(self.model, self.engine, threads), **self.separator)


class Begun:
    """How often each song was begun, wherever; one for all workers, which die and come again."""

    def __init__(self):
        self.songs = Counter()

    def begin(self, song: str) -> int:
        """Count one more, and say how many."""
        self.songs[song] += 1
        return self.songs[song]


class Worker:
    """Separates songs of one storage into another.

    Args:
        work: what to do to each.
        begun: handle of a `Begun` on the cluster.
    """

    def __init__(self, work: Work, begun):
        self.work, self.begun, self.separator = work, begun, work.load(work.threads)
        self.source, self.out = Storage(work.source), Storage(work.out)

    def __call__(self, order: dict[str, str]) -> dict[str, str]:
        """Separate one song.

        Args:
            order: `row`, JSON: the manifest's, as far as it is known.

        Returns:
            The same with what became of the song. A bad song is no exception.
        """
        import ray

        row, started = json.loads(order["row"]), time.monotonic()
        try:
            if ray.get(self.begun.begin.remote(row["input"])) > TRIES:
                raise InputError(f"{row['input']} ended its worker {TRIES} times: look at it")
            facts = self._separate(row["input"], row["output"])
        except (InputError, OSError) as error:
            facts = {"state": FAILED, "message": " ".join(str(error).split())}
        except Exception as error:  # one song that nobody foresaw does not end the others
            facts = {"state": FAILED, "message": f"{row['input']}: {type(error).__name__}: {error}"}
        took = round(time.monotonic() - started, 3)
        return {"row": json.dumps({**row, **facts, "took_seconds": took})}

    def _separate(self, song: str, output: str) -> dict[str, object]:
        """Separate on this machine's disk, then put the stems into place."""
        with tempfile.TemporaryDirectory(prefix="synthgen_scale_") as folder:
            local = Path(folder, f"song{PurePosixPath(song).suffix}")
            self.source.fetch(song, local)
            try:
                info = audio.probe(local)
                stems = Path(folder, "stems")
                written = self.separator.write_stems(local, stems, self.work.output)
            except InputError as error:
                raise InputError(str(error).replace(str(local), song)) from None
            for file in written.files.values():
                self.out.put(file, f"{output}/{file.name}")
            heard = {"sample_rate": info.sample_rate, "channels": info.channels}
            return {"state": DONE, **heard, **facts_of(written)}
