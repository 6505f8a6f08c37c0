"""Networks and losses under JAX and PyTorch, in a process of their own, against TensorFlow's."""

import importlib.util
import subprocess
import sys

import keras
import numpy as np
import pytest

from synthgen_tf.config import load_config, preset_names
from synthgen_tf.losses import objective
from synthgen_tf.model import build_model

FRAMES = 60_000
"""Enough for the deepest layers: batch norm of two values magnifies rounding."""
SCRIPT = """
import sys
import numpy as np, keras
from synthgen_tf import metrics
from synthgen_tf.config import load_config
from synthgen_tf.losses import objective
from synthgen_tf.model import build_model

backend, preset, given, out, *settings = sys.argv[1:]
assert keras.backend.backend() == backend
config = load_config(preset, settings=settings)
model = build_model(config)
files = np.load(given)
model.set_weights([files[f"weight_{i}"] for i in range(len(model.weights))])
mixture, target = files["mixture"], files["target"]
found = {"estimate": model.predict_on_batch(mixture)}
found["snr"] = keras.ops.convert_to_numpy(metrics.snr(target, found["estimate"]))
part, loss = objective(config, model)
part.compile(optimizer=keras.optimizers.SGD(0.01), loss=loss)
for name in ("loss", "loss_after"):
    part.reset_metrics()
    found[name] = part.train_on_batch(mixture, target)
np.savez(out, **found)
assert "tensorflow" not in sys.modules
"""

OTHERS = pytest.mark.parametrize("backend", ["jax", "torch"])


@OTHERS
@pytest.mark.parametrize("preset", preset_names())
def test_output_and_loss_are_tensorflows(backend, preset, tmp_path, monkeypatch):
    """At two blocks, which are alike: compiling all of them takes a minute."""
    settings = [] if preset == "card" else ["model.dilations=[1, 8]"]
    compare(backend, preset, settings, tmp_path, monkeypatch)


@OTHERS
def test_output_and_loss_of_a_unet_are_tensorflows(backend, tmp_path, monkeypatch):
    unet = "model={kind: unet, window: 1024, hop: 512, fine_bins: 128, widths: [8, 12, 16]}"
    compare(backend, "tiny", [unet, "model.dilations=[1]"], tmp_path, monkeypatch)


@pytest.mark.slow
@OTHERS
@pytest.mark.parametrize("preset", preset_names())
def test_output_and_loss_at_full_depth_are_tensorflows(backend, preset, tmp_path, monkeypatch):
    compare(backend, preset, [], tmp_path, monkeypatch)


@pytest.mark.slow
@OTHERS
@pytest.mark.parametrize("loss", ["unit_norm", "si_sdr", "mr_stft", "log_mel"])
def test_losses_are_tensorflows(backend, loss, tmp_path, monkeypatch):
    settings = ["model.dilations=[1]", f"loss.terms={{{loss}: 1}}"]
    compare(backend, "tiny", settings, tmp_path, monkeypatch)


def compare(backend, preset, settings, tmp_path, monkeypatch):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    keras.utils.set_random_seed(5)
    config = load_config(preset, settings=settings)
    model = build_model(config)
    random = np.random.default_rng(5)
    mixture = random.standard_normal((2, FRAMES, config.model.channels)).astype(np.float32)
    target = (mixture * 0.5 + 0.1 * random.standard_normal(mixture.shape)).astype(np.float32)
    weights = {f"weight_{i}": weight for i, weight in enumerate(model.get_weights())}
    np.savez(tmp_path / "given.npz", mixture=mixture, target=target, **weights)
    files = [str(tmp_path / "given.npz"), str(tmp_path / "found.npz")]
    command = [sys.executable, "-c", SCRIPT, backend, preset, *files, *settings]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = np.load(files[1])

    np.testing.assert_allclose(found["estimate"], model.predict_on_batch(mixture), atol=1e-4)
    part, loss = objective(config, model)
    part.compile(optimizer=keras.optimizers.SGD(0.01), loss=loss)
    for name in ("loss", "loss_after"):
        part.reset_metrics()
        loss = part.train_on_batch(mixture, target)
        np.testing.assert_allclose(found[name], loss, rtol=1e-4)
    assert found["loss_after"] < found["loss"]
