"""The networks and their losses under JAX, in a process of its own, against TensorFlow's."""

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
UNDER_JAX = """
import sys
import numpy as np, keras, jax
from synthgen_tf import metrics
from synthgen_tf.config import load_config
from synthgen_tf.losses import objective
from synthgen_tf.model import build_model

assert keras.backend.backend() == "jax"
preset, given, out, *settings = sys.argv[1:]
config = load_config(preset, settings=settings)
model = build_model(config)
files = np.load(given)
model.set_weights([files[f"weight_{i}"] for i in range(len(model.weights))])
mixture, target = files["mixture"], files["target"]
found = {"estimate": model.predict_on_batch(mixture)}
found["snr"] = metrics.snr(target, found["estimate"])
part, loss = objective(config, model)
optimizer = keras.optimizers.SGD(0.01)
optimizer.build(part.trainable_variables)

@jax.jit
def step(weights, others, state, mixture, target):
    def value_of(weights):
        estimate, _ = part.stateless_call(weights, others, mixture, training=True)
        return loss(target, estimate)
    value, slopes = jax.value_and_grad(value_of)(weights)
    return value, optimizer.stateless_apply(state, slopes, weights)[0]

values = [[each.value for each in variables] for variables in
          (part.trainable_variables, part.non_trainable_variables, optimizer.variables)]
found["loss"], weights = step(*values, mixture, target)
found["loss_after"] = step(weights, *values[1:], mixture, target)[0]
np.savez(out, **found)
assert "tensorflow" not in sys.modules
"""


@pytest.mark.parametrize("preset", preset_names())
def test_jax_gives_tensorflows_output_and_loss(preset, tmp_path, monkeypatch):
    """At two blocks, which are alike: compiling all of them takes a minute."""
    settings = [] if preset == "card" else ["model.dilations=[1, 8]"]
    compare(preset, settings, tmp_path, monkeypatch)


def test_jax_gives_tensorflows_output_and_loss_of_a_unet(tmp_path, monkeypatch):
    unet = "model={kind: unet, window: 1024, hop: 512, fine_bins: 128, widths: [8, 12, 16]}"
    compare("tiny", [unet, "model.dilations=[1]"], tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("preset", preset_names())
def test_jax_gives_tensorflows_output_and_loss_at_full_depth(preset, tmp_path, monkeypatch):
    compare(preset, [], tmp_path, monkeypatch)


def compare(preset, settings, tmp_path, monkeypatch):
    pytest.importorskip("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
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
    command = [sys.executable, "-c", UNDER_JAX, preset, *files, *settings]
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
