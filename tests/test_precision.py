"""Products in bfloat16: asked for, found, and gone afterwards."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from synthgen_tf.config import load_config
from synthgen_tf.model import build_model
from synthgen_tf.train import precision
from synthgen_tf.train.precision import bfloat16_products, compute_in_bfloat16, has_bfloat16

OPTION = "auto_mixed_precision_onednn_bfloat16"
ASKED = load_config("tiny", settings=["training.precision=bfloat16"])


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("avx512f avx512_bf16 avx512_vnni", True),
        ("avx512f amx_bf16 amx_tile", True),
        ("avx2 fma avx512f", False),
    ],
)
def test_the_processor_tells_whether_it_has_bfloat16(tmp_path, monkeypatch, flags, found):
    (tmp_path / "cpuinfo").write_text(f"model name : any\nflags : fpu {flags}\n")
    monkeypatch.setattr(precision, "PROCESSOR", tmp_path / "cpuinfo")
    assert has_bfloat16() is found
    with bfloat16_products(ASKED) as used:
        assert used is found
        assert tf.config.optimizer.get_experimental_options().get(OPTION, False) is found
    assert not tf.config.optimizer.get_experimental_options().get(OPTION, False)


def test_a_system_without_that_file_multiplies_in_float32(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "PROCESSOR", tmp_path / "none")
    assert has_bfloat16() is False


def test_it_ends_with_what_failed_in_it(tmp_path, monkeypatch):
    (tmp_path / "cpuinfo").write_text("flags : avx512_bf16\n")
    monkeypatch.setattr(precision, "PROCESSOR", tmp_path / "cpuinfo")
    with pytest.raises(FloatingPointError), bfloat16_products(ASKED):
        raise FloatingPointError
    assert not tf.config.optimizer.get_experimental_options().get(OPTION, False)


def test_float32_stays_float32():
    with bfloat16_products(load_config("tiny")) as used:
        assert used is False


@pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
def test_products_are_rounded_to_eight_bits_of_fraction_inside_alone():
    random = np.random.default_rng(0)
    signal = tf.constant(random.standard_normal((4, 400, 256)), tf.float32)
    kernel = tf.constant(random.standard_normal((3, 256, 256)), tf.float32)

    @tf.function
    def layer(signal, kernel):
        return tf.nn.relu(tf.nn.conv1d(signal, kernel, 1, "SAME"))

    true = np.maximum(
        sum(
            np.pad(np.float64(signal), ((0, 0), (1, 1), (0, 0)))[:, i : i + 400]
            @ np.float64(kernel[i])
            for i in range(3)
        ),
        0.0,
    )

    def error():
        return float(np.abs(layer(signal, kernel) - true).max() / true.max())

    assert error() < 1e-5
    with bfloat16_products(ASKED):
        assert 1e-4 < error() < 2e-2
    assert error() < 1e-5


SCRIPT = """
import sys
import numpy as np, keras
from synthgen_tf.config import load_config
from synthgen_tf.train import compile, precision

precision.has_accelerator = lambda: True
random = np.random.default_rng(5)
mixture = random.standard_normal((2, 60_000, 2)).astype("float32")
found = []
for asked in ("float32", "bfloat16"):
    keras.utils.set_random_seed(5)
    config = load_config("tiny", settings=[*sys.argv[1:], f"training.precision={asked}"])
    model = compile.compile_model(config)
    part = compile.trained_part(model, config)
    losses = [float(part.train_on_batch(mixture, 0.3 * mixture)) for _ in range(3)]
    assert {str(weight.dtype) for weight in model.weights} == {"float32"}
    found.append((model.predict_on_batch(mixture), losses))
(truth, slow), (rounded, fast) = found
print(np.abs(rounded - truth).max() / np.abs(truth).max(), *slow, *fast, rounded.dtype)
"""


@pytest.mark.parametrize(
    "network",
    [
        ["model={kind: unet, window: 1024, hop: 512, fine_bins: 128, widths: [8, 12]}"],
        ["model={kind: band_mixer, window: 1024, hop: 512, fine_bins: 128, width: 8}"],
    ],
    ids=["unet", "band_mixer"],
)
def test_networks_in_bfloat16_learn_as_in_float32(network, monkeypatch):
    """Under JAX, which computes so on any CPU."""
    pytest.importorskip("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    command = [sys.executable, "-c", SCRIPT, *network, "model.dilations=[1]"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    error, *losses, dtype = done.stdout.split()
    slow, fast = np.float64(losses).reshape(2, 3)
    assert dtype == "float32"
    assert 1e-4 < float(error) < 0.05
    np.testing.assert_allclose(fast, slow, rtol=0.02)
    assert fast[2] < fast[0]


def test_networks_of_cpus_and_of_samples_stay_as_they_are(monkeypatch):
    assert not compute_in_bfloat16(build_model(ASKED), ASKED)
    monkeypatch.setattr(precision, "has_accelerator", lambda: True)
    card = load_config("card", settings=["training.precision=bfloat16"])
    assert not compute_in_bfloat16(build_model(card), card)
    assert not compute_in_bfloat16(build_model(ASKED), load_config("tiny"))
