"""Training: strategy, build, compile and `model.fit` into a run directory."""

import gc
from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf

from synthgen_tf import metrics
from synthgen_tf.config import Config
from synthgen_tf.data import open_tracks, select_tracks
from synthgen_tf.data.chain import training_examples, validation_examples
from synthgen_tf.data.reader import damage_explained
from synthgen_tf.errors import InputError
from synthgen_tf.losses import build_loss
from synthgen_tf.model import build_model, masked_magnitudes
from synthgen_tf.progress import progress_bar
from synthgen_tf.tracks import Track
from synthgen_tf.train.callbacks import (
    Recorder,
    Samples,
    Schedule,
    Validation,
    restore,
    steps_done,
)
from synthgen_tf.train.interrupt import deferred_interrupt
from synthgen_tf.train.run import (
    BEST,
    LOGS,
    Row,
    create_run,
    read_history,
    refuse_existing_run,
)


def train(config: Config, data: Path, run: Path, resume: bool = False) -> Path:
    """Train a model until its epochs, minutes or patience are used up.

    Args:
        config: what to train and how; for a resumed run, that of `read_run_config`.
        data: prepared store, or root of a data set.
        run: directory to write; it must not exist unless `resume` is set.
        resume: go on after the last whole epoch of the run.

    Returns:
        The path of the best model, by SNR on the validation segments.

    Raises:
        InputError: before anything is written, when data or run directory do not fit.
        FloatingPointError: when the loss is no longer finite.
    """
    if not resume:
        refuse_existing_run(run)
    tracks = open_tracks(data, config)
    train_tracks = select_tracks(tracks, "train", config)
    valid_tracks = select_tracks(tracks, "valid", config)
    keras.utils.set_random_seed(config.seed)
    strategy = build_strategy(config)
    with strategy.scope():
        model = compile_model(config, synchronized=strategy.num_replicas_in_sync > 1)
        trained = trained_part(model, config)
    rows = restore(trained, run, read_history(run)) if resume else []
    if resume:
        _refuse_complete_run(run, config, rows)
    else:
        create_run(run, config, data)
    with damage_explained([*train_tracks, *valid_tracks]):
        fit(model, trained, config, (train_tracks, valid_tracks), run, rows)
    if not (run / BEST).is_file():
        raise InputError(f"run {run} ended before its first epoch: give it more --minutes")
    return run / BEST


def _refuse_complete_run(run: Path, config: Config, rows: list[Row]) -> None:
    minutes = sum(row["seconds"] for row in rows) / 60
    limit = config.training.minutes
    if len(rows) >= config.training.epochs or (limit and minutes >= limit):
        raise InputError(
            f"run {run} is complete with {len(rows)} epochs in {minutes:.1f} minutes: give it more "
            "by --minutes or --set training.epochs=N"
        )


def build_strategy(config: Config) -> tf.distribute.Strategy:
    """`one` device, or `mirrored` over all GPUs (CPUs where there is none); `auto` mirrors GPUs."""
    gpus = tf.config.list_logical_devices("GPU")
    wanted = config.training.strategy
    if wanted == "one" or (wanted == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    devices = gpus or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def compile_model(config: Config, synchronized: bool = False) -> keras.Model:
    """The network, ready to be scored."""
    model = build_model(config, synchronized)
    model.compile(
        loss="mse" if "magnitude" in config.loss.terms else build_loss(config),
        metrics=[metrics.AudibleMean(metrics.snr), metrics.AudibleMean(metrics.level_error)],
        jit_compile=False,  # XLA is slower on CPUs and does not take every audio op
    )
    return model


def trained_part(model: keras.Model, config: Config) -> keras.Model:
    """What is optimised: as much of the network as the loss looks at, with the same weights.

    A loss on magnitudes needs no way back to samples, forwards or backwards.
    """
    on_magnitudes = "magnitude" in config.loss.terms
    trained = masked_magnitudes(model) if on_magnitudes else keras.Model(model.input, model.output)
    ema = config.training.ema
    trained.compile(
        optimizer=keras.optimizers.Adam(
            config.training.learning_rate, use_ema=ema > 0, ema_momentum=ema or 0.99
        ),
        loss=build_loss(config),
        jit_compile=False,
    )
    return trained


def fit(
    model: keras.Model,
    trained: keras.Model,
    config: Config,
    tracks: tuple[Sequence[Track], Sequence[Track]],
    run: Path,
    rows: list[Row],
) -> None:
    """Run `model.fit` on (training, validation) tracks, after the epochs that `rows` tells of."""
    first = steps_done(trained) * config.data.batch_size
    examples = training_examples(tracks[0], config, first)
    validation = validation_examples(tracks[1], config)
    with progress_bar("training", total=1.0) as advance, deferred_interrupt() as interrupted:
        schedule = Schedule(config, sum(row["seconds"] for row in rows), advance)
        trained.fit(
            examples,
            epochs=config.training.epochs,
            initial_epoch=len(rows),
            steps_per_epoch=config.training.steps_per_epoch,
            shuffle=False,  # the chain draws at random itself
            verbose=0,
            callbacks=[
                schedule,
                Recorder(run, rows, config.training.patience, Validation(model, validation)),
                keras.callbacks.TensorBoard(run / LOGS, write_graph=False),
                Samples(run / LOGS, next(iter(validation)), config.model.sample_rate, model),
                interrupted,  # last, so that a finished epoch is recorded
            ],
        )
    gc.collect()  # ends the endless chain: Python readers still at work would hang the exit
