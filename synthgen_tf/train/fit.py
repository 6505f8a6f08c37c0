"""Training: strategy, build, compile and `model.fit` into a run directory."""

import contextlib
import functools
import gc
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import keras

from synthgen_tf.config import Config, config_to_yaml
from synthgen_tf.data import open_tracks, refuse_silence, select_tracks
from synthgen_tf.data.chain import training_examples, validation_examples
from synthgen_tf.data.reader import damage_explained
from synthgen_tf.errors import InputError
from synthgen_tf.files import write_text
from synthgen_tf.progress import progress_bar
from synthgen_tf.runs import (
    BEST,
    CONFIG,
    LOGS,
    Row,
    create_run,
    load_weights,
    read_history,
    record_data,
    refuse_complete_run,
    refuse_existing_run,
    refuse_other_monitor,
)
from synthgen_tf.tracks import Track
from synthgen_tf.train.callbacks import Recorder, Schedule, restore, steps_done
from synthgen_tf.train.compile import compile_model, trained_part
from synthgen_tf.train.interrupt import deferred_interrupt
from synthgen_tf.train.precision import bfloat16_products
from synthgen_tf.train.samples import Samples
from synthgen_tf.train.strategy import (
    build_strategy,
    leads,
    lost_workers_explained,
    mean_over_workers,
    share_out,
)
from synthgen_tf.train.validation import Validation


def train(
    config: Config, data: Path, run: Path, resume: bool = False, weights: Path | None = None
) -> Path:
    """Train a model until its epochs, minutes or patience are used up.

    Args:
        config: what to train and how; for a resumed run, that of `read_run_config`.
        data: prepared store, or root of a data set.
        run: directory to write; it must not exist unless `resume` is set.
        resume: go on after the last whole epoch of the run.
        weights: run directory whose best model is where this one begins; same network.

    Returns:
        The path of the best model, by `MONITOR` over the validation segments.

    Raises:
        InputError: before anything is written, when data or run directory do not fit.
        FloatingPointError: when the loss is no longer finite.
        ConnectionError: when another worker is gone.
    """
    leading = leads(config)
    if leading and not resume:
        refuse_existing_run(run)
    tracks = open_tracks(data, config)
    train_tracks = select_tracks(tracks, "train", config)
    valid_tracks = select_tracks(tracks, "valid", config)
    refuse_silence(train_tracks, "train", config.data.target)
    refuse_silence(valid_tracks, "valid", config.data.target)
    strategy = build_strategy(config)
    keras.utils.set_random_seed(config.seed)
    with strategy.scope():
        model = compile_model(config, synchronized=strategy.num_replicas_in_sync > 1)
        if weights:
            load_weights(model, config, weights)
        trained = trained_part(model, config)
        rows = restore(trained, run, read_history(run)) if resume else []
    refuse_other_monitor(run, rows)
    with damage_explained(valid_tracks):
        judge = Validation(model, validation_examples(valid_tracks, config))
    if resume:
        refuse_complete_run(run, config, rows)
        if leading:
            write_text(run / CONFIG, config_to_yaml(config))
            record_data(run, data)
    elif leading:
        create_run(run, config, data, weights)
    explained = damage_explained([*train_tracks, *valid_tracks])
    with explained, lost_workers_explained(strategy):
        fit(trained, judge, config, train_tracks, run, rows)
    if leading and not (run / BEST).is_file():
        raise InputError(
            f"no epoch of run {run} has a finite score, nothing is kept: lower "
            "training.learning_rate"
            if read_history(run)
            else f"run {run} ended before its first epoch: give it more --minutes"
        )
    return run / BEST


def fit(
    trained: keras.Model,
    judge: Validation,
    config: Config,
    tracks: Sequence[Track],
    run: Path,
    rows: list[Row],
) -> None:
    """Run `model.fit` on training tracks, after the epochs that `rows` tells of."""
    strategy, leading = trained.distribute_strategy, leads(config)
    first = steps_done(trained) * config.data.batch_size
    examples = share_out(strategy, functools.partial(training_examples, tracks, config, first))
    with (
        bfloat16_products(config),
        progress_bar("training", total=1.0) as advance,
        deferred_interrupt() as interrupted,
    ):
        agree = functools.partial(mean_over_workers, strategy)
        schedule = Schedule(config, sum(row["seconds"] for row in rows), advance, agree)
        seen = [
            keras.callbacks.TensorBoard(run / LOGS, write_graph=False),
            Samples(run / LOGS, next(iter(judge.examples)), config.model.sample_rate, judge.model),
        ]
        try:
            trained.fit(
                examples,
                epochs=config.training.epochs,
                initial_epoch=len(rows),
                steps_per_epoch=config.training.steps_per_epoch,
                shuffle=False,  # the chain draws at random itself
                verbose=0,
                callbacks=[
                    schedule,
                    Recorder(run if leading else None, rows, config.training.patience, judge),
                    *(seen if leading else ()),
                    interrupted,  # last, so that a finished epoch is recorded
                ],
            )
        except BaseException as error:
            _forget_frames(error)  # they hold the chain's iterator
            raise
        finally:
            del examples
            gc.collect()  # ends the endless chain: readers still at work would hang the exit


def _forget_frames(error: BaseException) -> None:
    """Empty all frames that an error came through; Keras hides its own from the traceback."""
    for each, _ in traceback.walk_tb(error.__traceback__):
        frame: FrameType | None = each
        with contextlib.suppress(RuntimeError):  # the first that is still at work
            while frame is not None:
                frame.clear()
                frame = frame.f_back
