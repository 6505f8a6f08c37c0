"""Training on songs that lie in the device's memory, into the same run directory as ever."""

import itertools
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from synthgen_tf.config import Config, config_to_yaml
from synthgen_tf.data import open_tracks, refuse_silence, select_tracks
from synthgen_tf.data.select import stems_of
from synthgen_tf.errors import InputError
from synthgen_tf.files import write_text
from synthgen_tf.progress import progress_bar
from synthgen_tf.resident.feed import Feed, device_room
from synthgen_tf.resident.held_out import HeldOut
from synthgen_tf.resident.renderers import Renderers
from synthgen_tf.resident.songs import Shard, shard_rows, shards_of_tracks
from synthgen_tf.runs import (
    BEST,
    CONFIG,
    Row,
    create_run,
    load_weights,
    read_history,
    record_data,
    record_rendered,
    refuse_complete_run,
    refuse_existing_run,
    refuse_other_monitor,
)
from synthgen_tf.runs.packed import give_packed, is_packed, pack
from synthgen_tf.tracks import Track
from synthgen_tf.train.callbacks import Recorder, Schedule, restore, steps_done
from synthgen_tf.train.compile import compile_model, trained_part
from synthgen_tf.train.interrupt import deferred_interrupt
from synthgen_tf.train.precision import bfloat16_products
from synthgen_tf.train.validation import Validation

PACK_SECONDS = 60.0
"""Between two times that the weights are written in small files."""


@dataclass(frozen=True)
class Music:
    """What is trained on.

    Attributes:
        shards: as they get ready.
        stems: of each, in the order of `data.example.in_order`.
        valid: tracks to validate on.
        origin: folder that it lies in, or words for what lies in none.
        licences: what binds those who learn from the latter, as far as it has got ready.
        rendered: songs that this and earlier sessions of the run have asked for.
        close: ends `shards`, from whatever thread.
    """

    shards: Generator[Shard, None, None]
    stems: tuple[str, ...]
    valid: Sequence[Track]
    origin: Path | str
    licences: Callable[[], Sequence[str]] = tuple
    rendered: int = 0
    close: Callable[[], None] = lambda: None


def stored_music(data: Path, config: Config) -> Music:
    """The songs of a store or data set.

    Raises:
        InputError: as `open_tracks` and `select_tracks`.
    """
    tracks = open_tracks(data, config)
    chosen = {split: select_tracks(tracks, split, config) for split in ("train", "valid")}
    for split, found in chosen.items():
        refuse_silence(found, split, config.data.target)
    train = chosen["train"]
    stems = tuple(stems_of(train, config))
    order = np.random.default_rng(config.seed).permutation(len(train))
    rows = shard_rows([track.frames for track in train], config.segment)
    shards = shards_of_tracks([train[i] for i in order], stems, config.model.channels, rows)
    return Music(shards, stems, chosen["valid"], data)


def rendered_music(renderers: Renderers) -> Music:
    """The songs that renderers make; waits for those to validate on.

    Raises:
        InputError: when none could be rendered.
    """
    finished = renderers.finished()
    early = []
    for shard in finished:
        if shard == 0:
            break
        early.append(shard)

    def shards() -> Generator[Shard, None, None]:
        try:
            for shard in itertools.chain(early, finished):
                yield renderers.shard(shard)
                renderers.forget(shard)  # the device has it
        finally:  # when there is no room for more
            renderers.close()

    valid = renderers.valid_tracks()
    if not valid:
        raise InputError("no song to validate on could be rendered: see above")
    facts = renderers.name, renderers.licences, renderers.last, renderers.close
    return Music(shards(), renderers.stems, valid, *facts)


def train_resident(
    config: Config,
    music: Music,
    run: Path,
    resume: bool = False,
    weights: Path | None = None,
    tell: Callable[[str], object] = print,
) -> Path:
    """Train as `synthgen_tf.train.train` does, without tf.data and on any backend of Keras.

    Args:
        config: what to train and how.
        music: of `stored_music` or `rendered_music`.
        run: directory to write; it must not exist unless `resume` is set.
        resume: go on after the last whole epoch of the run, or from its weights in small files
            where it has no backup.
        weights: run directory whose best model is where this one begins; same network.
        tell: is given a line about songs that find no room.

    Returns:
        The path of the best model.

    Raises:
        InputError: before anything is written, when music or run directory do not fit.
        FloatingPointError: when the loss is no longer finite.
    """
    if not resume:
        refuse_existing_run(run)
    keras.utils.set_random_seed(config.seed)
    model = compile_model(config)
    if weights:
        load_weights(model, config, weights)
    trained = trained_part(model, config)
    rows = _restored(model, trained, run) if resume else []
    refuse_other_monitor(run, rows)
    judge = Validation(model, HeldOut(music.valid, config))
    if resume:
        refuse_complete_run(run, config, rows)
        write_text(run / CONFIG, config_to_yaml(config))
    else:
        create_run(run, config, music.origin, weights)

    def note() -> None:
        record_data(run, music.origin, music.licences())
        if music.rendered:
            record_rendered(run, music.rendered, len(music.valid))

    note()
    room, first = device_room(), steps_done(trained)
    feed = Feed(music.shards, len(music.stems), config, room, first, tell)
    try:
        _fit(trained, feed, judge, config, run, rows, Packer(model, run, note))
    finally:
        music.close()
        feed.close()
        note()
    if not (run / BEST).is_file():
        raise InputError(f"no epoch of run {run} has a finite score: lower training.learning_rate")
    return run / BEST


def _restored(model: keras.Model, trained: keras.Model, run: Path) -> list[Row]:
    """Load what a run has of itself, and return the rows of the epochs that it holds."""
    rows = read_history(run)
    if found := restore(trained, run, rows):
        return found
    if not is_packed(run):
        return []
    averages = give_packed(model, run, averaged=False)
    optimizer = trained.optimizer
    optimizer.build(trained.trainable_variables)
    if optimizer.use_ema and averages:
        kept = optimizer._model_variables_moving_average  # Keras names it nowhere else
        for variable, value in zip(kept, averages, strict=True):
            variable.assign(value)
    if rows:
        optimizer.iterations.assign(int(rows[-1]["step"]))
    return rows


class Packer(keras.callbacks.Callback):
    """Writes the weights in small files every minute and at the end.

    Args:
        network: whose weights.
        run: the run directory.
        note: is called each time, to write down what the run has learnt from.
    """

    def __init__(self, network: keras.Model, run: Path, note: Callable[[], None]):
        super().__init__()
        self.network, self.run, self.note = network, run, note
        self.written = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() - self.written > PACK_SECONDS:
            self.on_train_end()

    def on_train_end(self, logs=None):
        optimizer = self.model.optimizer
        averages = optimizer._model_variables_moving_average if optimizer.use_ema else []
        to_numpy = keras.ops.convert_to_numpy
        pack(self.run, self.network.get_weights(), [to_numpy(each) for each in averages])
        self.note()
        self.written = time.monotonic()


def _fit(
    trained: keras.Model,
    feed: Feed,
    judge: Validation,
    config: Config,
    run: Path,
    rows: list[Row],
    packer: Packer,
) -> None:
    """What `model.fit` does, with batches that never leave the device."""
    with (
        bfloat16_products(config),
        progress_bar("training", total=1.0) as advance,
        deferred_interrupt() as interrupted,
    ):
        seconds = sum(row["seconds"] for row in rows)
        schedule = Schedule(config, seconds, advance, agree=lambda share: share)
        recorder = Recorder(run, rows, config.training.patience, judge)
        callbacks = keras.callbacks.CallbackList(
            [schedule, recorder, packer, interrupted], model=trained
        )
        trained.stop_training = False
        callbacks.on_train_begin()
        for epoch in range(len(rows), config.training.epochs):
            callbacks.on_epoch_begin(epoch)
            losses = []
            for step in range(config.training.steps_per_epoch):
                callbacks.on_train_batch_begin(step)
                trained.reset_metrics()  # Keras 3.12 does not: the loss is this step's
                losses.append(float(trained.train_on_batch(*feed.batch())))
                callbacks.on_train_batch_end(step, {"loss": losses[-1]})
                if trained.stop_training:
                    break
            callbacks.on_epoch_end(epoch, {"loss": float(np.mean(losses))})
            if trained.stop_training:
                break
        callbacks.on_train_end()
