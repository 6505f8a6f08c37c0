"""What all tests share: quiet TensorFlow, two logical CPUs, songs rendered once."""

import os
import signal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest


def pytest_configure():
    """A CI in the background ignores Ctrl-C, and so would the processes that tests interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def two_logical_devices():
    """Let MirroredStrategy be tested without GPUs."""
    import tensorflow as tf

    device = tf.config.list_physical_devices("CPU")[0]
    logical = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(device, [logical, logical])


@pytest.fixture(scope="session")
def songs(tmp_path_factory):
    """Root of six rendered songs of six seconds: four to train on, one valid, one test."""
    from synthgen_tf.render import render_songs

    root = tmp_path_factory.mktemp("songs")
    render_songs(root, 6, seconds=6.0, seed=7)
    return root


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The tiny preset as it is before training, in blocks of half a second, as a SavedModel."""
    import keras

    from synthgen_tf.config import config_to_yaml, load_config
    from synthgen_tf.export import export_run
    from synthgen_tf.model import build_model

    run = tmp_path_factory.mktemp("run")
    config = load_config("tiny", settings=["model.block_seconds=0.5"])
    keras.utils.set_random_seed(3)
    build_model(config).save(run / "best.keras")
    (run / "config.yaml").write_text(config_to_yaml(config))
    out = tmp_path_factory.mktemp("savedmodels") / "tiny"
    export_run(run, out, tflite=())
    return out
