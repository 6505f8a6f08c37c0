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
