"""What happens around the steps of `model.fit`: schedule, records, backups, summaries.

All of them take up a killed run where its last whole epoch ended, by what the run directory holds.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np

from synthgen_tf.config import Config
from synthgen_tf.files import replace_file
from synthgen_tf.progress import Advance
from synthgen_tf.runs import BACKUP, BEST, MONITOR, Row, score_of, write_history
from synthgen_tf.train.validation import Validation


class Schedule(keras.callbacks.Callback):
    """Warm-up and cosine decay over the steps or minutes, whichever end first; then the end.

    Args:
        config: section `training`.
        seconds_before: time that earlier sessions of this run have used.
        advance: is told the share of the training that each step was, for a progress bar.
        agree: makes one number for all hosts out of each one's.
    """

    def __init__(
        self,
        config: Config,
        seconds_before: float,
        advance: Advance,
        agree: Callable[[float], float],
    ):
        super().__init__()
        self.training = config.training
        self.seconds_before, self.advance, self.agree = seconds_before, advance, agree
        self.steps = config.training.epochs * config.training.steps_per_epoch
        self.done = self.shown = 0.0

    def on_train_begin(self, logs=None):
        self.started = time.monotonic()
        self.done = self._done()

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = learning_rate(self.training, self.done)

    def on_train_batch_end(self, batch, logs=None):
        self.done = self._done()
        self.advance(self.done - self.shown)
        self.shown = self.done
        if self.done >= 1.0:
            self.model.stop_training = True

    def _done(self) -> float:
        done = steps_done(self.model) / self.steps
        if self.training.minutes:
            seconds = self.seconds_before + time.monotonic() - self.started
            done = max(done, self.agree(seconds / (60.0 * self.training.minutes)))
        return min(done, 1.0)


def steps_done(model: keras.Model) -> int:
    """Steps that the optimizer has taken; int() would fail on mirrored variables."""
    return int(model.optimizer.iterations.numpy())


def learning_rate(training, done: float) -> float:
    """Rate after a share of the training: linear rise, then half a cosine to a hundredth."""
    if done < training.warmup:
        return training.learning_rate * max(done / training.warmup, 0.01)
    decay = (done - training.warmup) / max(1.0 - training.warmup, 1e-9)
    return training.learning_rate * max(0.5 + 0.5 * math.cos(math.pi * decay), 0.01)


@contextmanager
def averaged_weights(trained: keras.Model) -> Iterator[None]:
    """Let a model have its averaged weights for a while, where its optimizer keeps any."""
    if not trained.optimizer.use_ema:
        yield
        return
    swap = keras.callbacks.SwapEMAWeights()
    swap.set_model(trained)
    swap.on_test_begin()
    try:
        yield
    finally:
        swap.on_test_end()


class Recorder(keras.callbacks.Callback):
    """Writes history, the best model and a backup after each epoch; stops when nothing gets better.

    A file is whole or absent at any moment. Keras' BackupAndRestore keeps weights and epoch in two
    files that can disagree after a kill; here the optimizer's step count tells the epoch. An epoch
    whose score is not finite is told of on stderr, and its model is never kept.

    Args:
        run: the run directory; None where another host writes it.
        rows: the history so far, one row for each epoch.
        patience: epochs without a better `MONITOR` after which training ends.
        validation: scores the network after each epoch; its model is the one that is kept.
    """

    def __init__(self, run: Path | None, rows: list[Row], patience: int, validation: Validation):
        super().__init__()
        self.run, self.rows, self.patience = run, rows, patience
        self.validation = validation

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise FloatingPointError(
                f"loss is {logs['loss']} at step {steps_done(self.model)}: {self._kept()}; "
                "lower training.learning_rate"
            )

    def _is_best(self, score: float, before: Sequence[float]) -> bool:
        """Of all epochs, or of those since the file of the best one was lost."""
        gone = self.run is not None and not (self.run / BEST).is_file()
        lost = gone and math.isfinite(score)
        return lost or score > max(before, default=-math.inf)

    def _kept(self) -> str:
        if not self.rows:
            return "no epoch was whole by then, nothing is kept"
        return f"{BEST} holds the best weights before that"

    def on_epoch_end(self, epoch, logs=None):
        before = [score_of(row) for row in self.rows]
        with averaged_weights(self.model):
            logs.update(self.validation(self.model))  # for the callbacks after this one too
            score = score_of(logs)
            if self.run and self._is_best(score, before):
                # Keras tells the format by the suffix
                replace_file(self.run / BEST, self.validation.model.save)
        numbers = {name: float(value) for name, value in logs.items()}
        seconds = time.monotonic() - self.started
        facts = {
            "epoch": epoch,
            "step": steps_done(self.model),
            "seconds": seconds,
            "learning_rate": float(self.model.optimizer.learning_rate.numpy()),
        }
        self.rows.append({**facts, **numbers})
        if self.run:
            if not math.isfinite(score):
                self._tell_unscored(epoch)
            write_history(self.run, self.rows)
            backup = self.run / BACKUP
            backup.parent.mkdir(exist_ok=True)
            replace_file(backup, lambda path: self.model.save_weights(path))
        scores = [*before, score]
        if len(scores) - 1 - int(np.argmax(scores)) >= self.patience:
            self.model.stop_training = True

    @staticmethod
    def _tell_unscored(epoch: int) -> None:
        print(
            f"synthgen: epoch {epoch + 1} has no finite {MONITOR}, its model is not kept: the "
            "network gives values that are not finite; lower training.learning_rate",
            file=sys.stderr,
        )


def restore(model: keras.Model, run: Path, rows: list[Row]) -> list[Row]:
    """Load the backup of a run into a compiled model and return the rows of the epochs it holds."""
    backup = run / BACKUP
    if not backup.is_file():
        return []
    model.optimizer.build(model.trainable_variables)
    model.load_weights(backup)
    return [row for row in rows if row["step"] <= steps_done(model)]
