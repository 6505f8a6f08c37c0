"""Trials of a search: KerasTuner decides what is tried, `synthgen_tf.train` tries it.

A search directory holds `oracle.json`, which is KerasTuner's memory, and for each trial
`trial_N/trial.json`, its run directory `trial_N/run` and, once it ended, `trial_N/result.json`.
Every file is written whole or not at all, so that a search killed at any moment goes on.
"""

import contextlib
import io
import json
import math
import shutil
import time
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.errors import FailedTrialError, FatalError
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    HyperbandOracle,
    RandomSearchOracle,
)
from process import Failed, call_in_process
from space import ConfiguredModel, Space

from synthgen_tf.config import Config
from synthgen_tf.errors import InputError
from synthgen_tf.files import write_text
from synthgen_tf.runs import CONFIG, MONITOR, best_epoch

OBJECTIVE = keras_tuner.Objective(MONITOR, direction="max")
RUN, RESULT = "run", "result.json"
FACTOR = 3
"""Hyperband trains the best third of a round three times as long in the next."""


class Durable(keras_tuner.Oracle):
    """An oracle whose memory survives a kill at any moment, and whose time can run out."""

    ends = math.inf
    """`time.monotonic()` after which no trial begins."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        if time.monotonic() >= self.ends:
            return {"status": TrialStatus.STOPPED, "values": None}
        return super().populate_space(trial_id)

    def save(self) -> None:
        write_text(Path(self._get_oracle_fname()), json.dumps(self.get_state()))

    def _save_trial(self, trial: Trial) -> None:
        path = Path(self._get_trial_dir(trial.trial_id)) / "trial.json"
        write_text(path, json.dumps(trial.get_state()))

    def reload(self) -> None:
        super().reload()
        # Killed between a trial's file and its own: it will come up with that trial again.
        for name in set(self.trials) - set(self.start_order):
            del self.trials[name]
            shutil.rmtree(self._get_trial_dir(name))


class DurableHyperband(Durable, HyperbandOracle):
    """KerasTuner's Hyperband oracle, made `Durable`: many short trials, the best of them longer."""


class DurableBayesian(Durable, BayesianOptimizationOracle):
    """KerasTuner's Bayesian oracle, made `Durable`: what was tried tells what is tried next."""


class DurableRandom(Durable, RandomSearchOracle):
    """KerasTuner's random oracle, made `Durable`: values drawn without regard to earlier trials."""


def build_oracle(
    tuner: str, trials: int, seed: int, config: Config, minutes: float | None = None
) -> keras_tuner.Oracle:
    """Make the oracle, which decides which values are tried.

    Args:
        tuner: `hyperband`, `bayesian` or `random`.
        trials: at most, those that go on with an earlier one included.
        seed: of its choices.
        config: whose `training.epochs` is what the longest trial gets.
        minutes: from now, after which no trial begins.
    """
    # failed trials are told of at the end; a search is not lost by a few in a row
    common = {"objective": OBJECTIVE, "seed": seed or None, "max_consecutive_failed_trials": trials}
    oracle: Durable
    if tuner == "hyperband":
        oracle = DurableHyperband(
            max_epochs=config.training.epochs, factor=FACTOR, hyperband_iterations=None, **common
        )
        oracle.max_trials = trials
    else:
        kind = {"bayesian": DurableBayesian, "random": DurableRandom}[tuner]
        oracle = kind(max_trials=trials, **common)
    if minutes is not None:
        oracle.ends = time.monotonic() + 60.0 * minutes
    return oracle


class ProcessTuner(BaseTuner):
    """A KerasTuner tuner whose trials train in processes of their own.

    Args:
        oracle: of `build_oracle`.
        space: what is searched.
        data: prepared store, or root of a data set.
        directory: the search directory.
    """

    def __init__(self, oracle: keras_tuner.Oracle, space: Space, data: Path, directory: Path):
        self.space, self.data = space, data
        model = ConfiguredModel(space)
        super().__init__(oracle, model, str(directory.parent), directory.name)

    def _populate_initial_space(self) -> None:
        """Nothing is built in this process, which would keep memory and GPUs from the trials."""
        space = self.oracle.get_space()
        self.hypermodel.declare_hyperparameters(space)
        self.oracle.update_space(space)

    def save(self) -> None:
        """Do nothing: the tuner itself knows nothing that the oracle does not."""
        if not self._is_worker():
            self.oracle.save()

    def pre_create_trial(self) -> None:
        if self._is_worker():
            time.sleep(0.2)  # an idle worker asks its chief again and again

    def _try_run_and_update_trial(self, trial: Trial, *args: Any, **options: Any) -> None:
        """Run a trial; its traceback, if it fails, goes into its file and not to the terminal."""
        with contextlib.redirect_stderr(io.StringIO()):  # a trial's process has its own
            super()._try_run_and_update_trial(trial, *args, **options)

    def on_trial_end(self, trial: Trial) -> None:
        super().on_trial_end(trial)
        folder = Path(self.get_trial_dir(trial.trial_id))
        print(f"trial {trial.trial_id}: {outcome(trial.status, trial.message, folder)}", flush=True)

    def run_trial(self, trial: Trial, **_: Any) -> dict[str, float]:
        values = trial.hyperparameters.values
        folder = Path(self.get_trial_dir(trial.trial_id))
        try:
            config = self.space.build_config(values)
            if "tuner/epochs" in values:
                config = with_epochs(config, values["tuner/epochs"])
        except InputError as error:
            raise FailedTrialError(str(error)) from None
        if not (folder / RESULT).is_file():
            earlier = values.get("tuner/trial_id")
            if earlier:
                _take_over(Path(self.get_trial_dir(earlier)) / RUN, folder / RUN, config)
            self._train(config, folder)
        return json.loads((folder / RESULT).read_text(encoding="utf-8"))

    def _train(self, config: Config, folder: Path) -> None:
        try:
            call_in_process(train_trial, config, self.data, folder)
        except Failed as error:
            if error.kind == InputError.__name__ and not self.data.exists():
                raise FatalError(f"the data set is gone: {error}; --resume goes on") from None
            raise FailedTrialError(str(error)) from None


def train_trial(config: Config, data: Path, folder: Path) -> None:
    """Train into `folder`, or go on with what a killed process left there; then write the result.

    The result is the row of `history.csv` whose model was kept.
    """
    from synthgen_tf.quiet import import_tensorflow

    import_tensorflow()
    from synthgen_tf.runs import is_complete, read_history
    from synthgen_tf.train import train

    run = folder / RUN
    begun = (run / CONFIG).is_file()
    if run.exists() and not begun:
        shutil.rmtree(run)
    if not is_complete(config, read_history(run)):
        train(config, data, run, resume=begun)
    write_text(folder / RESULT, json.dumps(best_epoch(read_history(run))))


def outcome(status: str, message: str | None, folder: Path) -> str:
    """Return a trial's score as its files tell it, or why it has none."""
    if status == "FAILED":
        return (message or "failed").strip().splitlines()[-1].rpartition("Error: ")[2]
    if not (folder / RESULT).is_file():
        return status.lower()
    row = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    return f"{row[OBJECTIVE.name]:.2f} dB"


def with_epochs(config: Config, epochs: int) -> Config:
    """Return the configuration with that many epochs."""
    return config.model_copy(
        update={"training": config.training.model_copy(update={"epochs": epochs})}
    )


def _take_over(earlier: Path, run: Path, config: Config) -> None:
    """Go on from the run of a trial that Hyperband gives more epochs."""
    from synthgen_tf.config import config_to_yaml

    if run.exists():
        return
    temporary = run.with_name("run.part")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(earlier, temporary)
    write_text(temporary / CONFIG, config_to_yaml(config))
    temporary.rename(run)
