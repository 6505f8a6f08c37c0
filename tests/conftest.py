"""What all tests share: quiet TensorFlow, two logical CPUs, songs rendered once, a browser."""

import os
import shutil
import signal
import subprocess
import sys

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


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """What `make web` builds, below a folder: it must work from a sub-path."""
    from browsing import WEB

    subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=WEB, check=True)
    subprocess.run([sys.executable, "web/model.py", "web/dist"], cwd=WEB.parent, check=True)
    subprocess.run(["node", "build.mjs"], cwd=WEB, check=True)
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(WEB / "dist", root / "below" / "here")
    return root


@pytest.fixture(scope="session")
def host(built):
    from browsing import Host

    with Host(built) as host:
        host.address += "below/here/"
        yield host


@pytest.fixture(scope="session")
def driver():
    from browsing import chromium

    driver = chromium()
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver, host, tmp_path):
    """A browser that saves into the test's folder and complains of nothing."""
    from browsing import complaints, save_into

    save_into(driver, tmp_path)
    yield driver
    driver.execute_script("sessionStorage.clear()")
    driver.get("about:blank")
    host.down, host.headers, host.instead = False, {}, {}
    assert not complaints(driver)


@pytest.fixture
def page(browser, host):
    """The page, ready."""
    from browsing import visit

    visit(browser, host)
    return browser
