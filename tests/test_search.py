"""The search: its space, trials in processes of their own, kills, findings."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import keras_tuner
import numpy as np
import pytest
import yaml

from synthgen_tf.config import load_config
from synthgen_tf.errors import InputError

ROOT = Path(__file__).parent.parent
SEARCH = str(ROOT / "tuning" / "search.py")
sys.path.insert(0, str(ROOT / "tuning"))

from findings import read_trials  # noqa: E402
from importance import importance  # noqa: E402
from process import Failed, call_in_process  # noqa: E402
from space import ConfiguredModel, Space, read_space  # noqa: E402
from trials import OBJECTIVE, build_oracle  # noqa: E402

TINY = """
preset: tiny
config:
  data: {segment_seconds: 0.25, batch_size: 2, valid_segments: 1}
  training: {epochs: 3, steps_per_epoch: 2}
search:
  model.dilations: [[1], [1, 2]]
  training.learning_rate: {min: 1.0e-4, max: 1.0e-2, log: true}
"""


@pytest.fixture
def space_file(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


def test_the_space_that_comes_with_it_is_sound():
    read_space(ROOT / "tuning" / "space.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("search: {}", "search: got .* at least 1"),
        ("search: {model.widht: [1]}", "unknown configuration key 'model.widht'.*'model.width'"),
        ("search: {model.width: []}", "model.width.*at least 1"),
        ("search: {model.width: {min: 8, max: 8}}", "from 8 to 8: expected min below max"),
        ("search: {model.width: {min: 8, mox: 9}}", "model.width"),
        ("search: {data.remix: {min: 0.0, max: 2.0}}", "data.remix: got 2.0"),
        ("search: {data.gain_db: {min: 0.0, max: 2.0, log: true}}", "expected min above 0"),
        ("search: {data.gain_db: {min: 0.0, max: 2.0, step: 0}}", "has step 0"),
        ("search: {model.group: [4, 7]}", "must leave whole groups"),
        ("preset: tyni\nsearch: {model.width: [8]}", "unknown preset 'tyni'"),
        ("search: {model.width: [8}", "cannot be read as YAML"),
    ],
)
def test_unsound_spaces(tmp_path, text, problem):
    path = tmp_path / "space.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        read_space(path)


def test_values_become_a_configuration(space_file):
    space = read_space(space_file)
    values = {"model.dilations": "[1, 2]", "training.learning_rate": 0.002, "tuner/epochs": 3}
    config = space.build_config(values)
    assert config.model.dilations == (1, 2)
    assert config.training.learning_rate == 0.002
    assert config.data.segment_seconds == 0.25
    assert space.build_config().model.dilations == (1,)


def test_hypermodel_builds_what_train_trains(space_file):
    chosen = keras_tuner.HyperParameters()
    model = ConfiguredModel(read_space(space_file)).build(chosen)
    assert model.optimizer is not None
    assert {"model.dilations", "training.learning_rate"} == set(chosen.values)


@pytest.mark.filterwarnings("ignore:currentThread:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:getName:DeprecationWarning")
@pytest.mark.parametrize("tuner", ["hyperband", "bayesian", "random"])
def test_oracles_choose_within_the_space_and_end(tuner, tmp_path, space_file):
    space = read_space(space_file)
    oracle = build_oracle(tuner, 6, 1, space.build_config())
    oracle._set_project_dir(str(tmp_path), "search")
    hyperparameters = oracle.get_space()
    space.declare(hyperparameters)
    oracle.update_space(hyperparameters)
    oracle.verbose = 0
    for _ in range(6):
        trial = oracle.create_trial("tuner0")
        assert 1e-4 <= trial.hyperparameters.values["training.learning_rate"] <= 1e-2
        oracle.update_trial(trial.trial_id, {OBJECTIVE.name: 1.0})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    assert oracle.create_trial("tuner0").status == "STOPPED"


@pytest.mark.filterwarnings("ignore:currentThread:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:getName:DeprecationWarning")
@pytest.mark.parametrize("tuner", ["hyperband", "bayesian", "random"])
def test_after_its_minutes_a_search_begins_no_trial(tuner, tmp_path, space_file):
    space = read_space(space_file)
    for minutes, expected in ((10.0, "RUNNING"), (0.0, "STOPPED")):
        oracle = build_oracle(tuner, 6, 1, space.build_config(), minutes)
        oracle._set_project_dir(str(tmp_path / str(minutes)), "search")
        declared = oracle.get_space()
        space.declare(declared)
        oracle.update_space(declared)
        oracle.verbose = 0
        assert oracle.create_trial("tuner0").status == expected


def test_objective_is_what_training_keeps_models_by():
    from synthgen_tf.runs import MONITOR

    assert OBJECTIVE.name == MONITOR == "val_si_sdr_improvement"


def test_the_key_that_matters_is_found_and_how_sure_that_is():
    draw = np.random.default_rng(0).uniform(size=(40, 2))
    values = [{"a": a, "b": ["even", "odd"][round(b)]} for a, b in draw]
    clear = importance(values, [3] * 40, [5 * a for a, _ in draw])
    assert list(clear) == ["a", "b"]
    assert clear["a"].mean > 0.9
    assert sum(share.mean for share in clear.values()) == pytest.approx(1.0)
    assert all(share.low <= share.mean <= share.high for share in clear.values())
    chance = importance(values, [3] * 40, np.random.default_rng(1).normal(size=40).tolist())
    assert chance["a"].high - chance["a"].low > 3 * (clear["a"].high - clear["a"].low)
    assert importance(values[:5], [3] * 5, [1.0] * 5) is None


def test_long_trials_leave_the_keys_their_own_share():
    draw = np.random.default_rng(0).uniform(size=(40, 2))
    lengths = [9 if i % 2 else 1 for i in range(40)]
    scores = [0.1 * a + length for (a, _), length in zip(draw, lengths, strict=True)]
    found = importance([{"a": a, "b": b} for a, b in draw], lengths, scores)
    assert found["epochs"].mean > 0.9
    assert found["a"].mean < 0.1


def test_process_returns_raises_and_dies():
    assert call_in_process(max, 2, 3) == 3
    with pytest.raises(Failed, match="invalid literal"):
        call_in_process(int, "x")
    with pytest.raises(Failed, match="exit code 3"):
        call_in_process(os._exit, 3)


def search(songs, out, *options, **popen):
    command = [sys.executable, SEARCH, "--data", str(songs), "--out", str(out), *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen
    )


def test_what_cannot_be_searched_is_one_line_and_writes_nothing(songs, tmp_path, space_file):
    out = tmp_path / "out"
    old = tmp_path / "old"  # of a version that searched for the highest SNR
    old.mkdir()
    (old / "search.yaml").write_text(f"data: {songs}\ntuner: hyperband\nseed: 0\n")
    cases = [
        (search(songs, old, "--resume"), "has objective val_snr, not val_si_sdr_improvement"),
        (search(tmp_path / "nowhere", out), "nowhere"),
        (search(songs, out, "--resume"), "holds no search"),
        (search(songs, tmp_path), "exists: choose another directory"),
        (search(songs, out, env=os.environ | {"KERASTUNER_TUNER_ID": "chief"}), "is not: set all"),
    ]
    ended = [(process, process.communicate(timeout=120)[1], problem) for process, problem in cases]
    for process, said, problem in ended:
        assert process.returncode == 2, said
        assert problem in said
        assert len(said.splitlines()) == 1
    assert not out.exists()


@pytest.mark.slow
def test_killed_search_goes_on_and_loses_no_trial(songs, tmp_path, space_file):
    out = tmp_path / "search"
    options = ("--space", str(space_file), "--tuner", "hyperband", "--trials", "5")
    killed = 0
    for seconds in (9, 14, 11):
        process = search(songs, out, *options)
        time.sleep(seconds)
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (out / "search.yaml").is_file():
            options = ("--resume", "--trials", "5")
    assert killed
    process = search(songs, out, *options)
    said, problems = process.communicate(timeout=300)
    assert process.returncode == 0, problems
    trials = read_trials(out, read_space(out / "space.yaml"))
    assert [trial.status for trial in trials] == ["COMPLETED"] * 5
    assert sorted(trial.name for trial in trials) == list("01234")
    best = load_config(file=out / "best.yaml")
    assert best.model.dilations == tuple(trials[0].values["model.dilations"])
    for name in ("hparams", "search.html"):
        assert (out / name).exists()
    assert f"{trials[0].score:.2f}" in said


@pytest.mark.slow
def test_failing_trials_are_told_of_and_the_search_goes_on(songs, tmp_path, space_file):
    text = yaml.safe_load(TINY)
    text["config"]["model"] = {"hop": 256}
    # sound one by one; 256 fine bins are all that windows of 512 have
    text["search"] = {"model.window": [1024, 512], "model.fine_bins": [128, 256]}
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(text))
    Space.model_validate(text).check()
    process = search(songs, tmp_path / "out", "--space", str(path), "--tuner", "random")
    said, problems = process.communicate(timeout=300)
    assert process.returncode == 0, problems
    assert "Traceback" not in problems
    trials = read_trials(tmp_path / "out", read_space(path))
    failed = [trial for trial in trials if trial.status == "FAILED"]
    assert failed
    assert all("fine_bins 256 of window 512" in trial.reason for trial in failed)
    assert said.count("fine_bins 256 of window 512") >= len(failed)


@pytest.mark.slow
def test_a_chief_and_two_workers_share_a_search(songs, tmp_path, space_file):
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    out = tmp_path / "search"
    options = ("--space", str(space_file), "--tuner", "random", "--trials", "4")
    common = os.environ | {
        "KERASTUNER_ORACLE_IP": "localhost",
        "KERASTUNER_ORACLE_PORT": str(port),
    }
    processes = [
        search(songs, out, *options, env=common | {"KERASTUNER_TUNER_ID": name})
        for name in ("chief", "worker0", "worker1")
    ]
    said = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert len(json.loads((out / "oracle.json").read_text())["end_order"]) == 4
    assert all("trial" in out for out, _ in said[1:])  # both had some
