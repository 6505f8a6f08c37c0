"""Several hosts: TF_CONFIG, and two processes that learn like one, killed and restarted."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from synthgen_tf.config import load_config
from synthgen_tf.errors import InputError
from synthgen_tf.runs import read_history
from synthgen_tf.train import leads
from synthgen_tf.train.strategy import build_strategy

EPOCHS = 4


def cluster(workers=("one:1", "two:2"), kind="worker", index=0):
    return json.dumps({"cluster": {"worker": workers}, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "needs TF_CONFIG"),
        ("{", "is no JSON"),
        ("[]", "names no cluster.worker list"),
        (cluster([]), "names no cluster.worker list"),
        (cluster(["one"]), "worker 'one', which is no host:port"),
        (cluster(kind="ps"), "no task of type worker"),
        (cluster(index=2), "task index 2 for 2 workers"),
        (cluster(["one:1", "two:2", "three:3"]), "batch_size 4 cannot be shared by 3 workers"),
    ],
)
def test_wrong_tf_config(monkeypatch, text, problem):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text:
        monkeypatch.setenv("TF_CONFIG", text)
    config = load_config("tiny", settings=["training.strategy=multiworker", "data.batch_size=4"])
    with pytest.raises(InputError, match=problem):
        build_strategy(config)


def test_the_first_worker_leads(monkeypatch):
    config = load_config("tiny", settings=["training.strategy=multiworker"])
    for index, leading in ((0, True), (1, False)):
        monkeypatch.setenv("TF_CONFIG", cluster(index=index))
        assert leads(config) is leading


def start(songs, run, workers, *options):
    """`synthgen train` in a process for each worker."""
    settings = {
        "data.segment_seconds": 0.25,
        "data.batch_size": 4,
        "data.valid_segments": 2,
        "training.epochs": EPOCHS,
        "training.steps_per_epoch": 3,
    }
    command = [sys.executable, "-c", "from synthgen_tf.cli import main; main()", "train"]
    command += ["--run", str(run), *options]
    if "--resume" not in options:
        command += ["--data", str(songs), "--preset", "tiny"]
        command += ["--strategy", "multiworker" if workers > 1 else "one"]
        command += [f"--set={key}={value}" for key, value in settings.items()]
    sockets = [socket.create_server(("localhost", 0)) for _ in range(workers)]
    ports = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return [
        subprocess.Popen(
            command,
            env=os.environ | {"TF_CONFIG": cluster(ports, index=index)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(workers)
    ]


def finish(processes, seconds=240):
    """Exit codes and what the processes said on stderr."""
    said = [process.communicate(timeout=seconds)[1] for process in processes]
    return [process.returncode for process in processes], said


@pytest.mark.slow
def test_two_processes_learn_like_one_even_when_one_is_killed(songs, tmp_path):
    codes, said = finish(start(songs, tmp_path / "one", 1))
    assert codes == [0], said
    workers = start(songs, tmp_path / "two", 2)
    wait_for_epoch(tmp_path / "two", workers)
    workers[1].send_signal(signal.SIGKILL)
    codes, said = finish(workers)
    assert 0 not in codes
    assert "another worker is gone: start all of them again with --resume" in said[0]
    assert "Traceback" not in said[0]
    assert len(read_history(tmp_path / "two")) < EPOCHS
    codes, said = finish(start(songs, tmp_path / "two", 2, "--resume"))
    assert codes == [0, 0], said
    for column in ("loss", "val_loss", "val_snr", "val_si_sdr_improvement"):
        one, two = (
            [row[column] for row in read_history(tmp_path / name)] for name in ("one", "two")
        )
        np.testing.assert_allclose(two, one, rtol=1e-5, atol=1e-5)


def wait_for_epoch(run, processes, seconds=120):
    end = time.monotonic() + seconds
    while not (run / "backup").is_dir():
        assert time.monotonic() < end
        assert all(process.poll() is None for process in processes)
        time.sleep(0.02)
