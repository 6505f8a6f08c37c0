"""The networks: sizes, shapes, exact analysis and synthesis, scale, files."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from synthgen_tf.config import load_config, preset_names
from synthgen_tf.model import build_model
from synthgen_tf.model.spectrum import Spectrum, Waveform, inverse_rfft

PARAMETERS = {"card": 249_090, "tiny": 69_200, "small": 1_564_416, "base": 6_578_944}


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_every_preset_has_its_golden_size():
    assert sorted(PARAMETERS) == preset_names()


@pytest.mark.parametrize("preset", PARAMETERS)
def test_golden_sizes(preset):
    model = build_model(load_config(preset))
    assert model.count_params() == PARAMETERS[preset]
    assert model.input_shape == model.output_shape == (None, None, 2)


@pytest.mark.parametrize("preset", PARAMETERS)
@pytest.mark.parametrize("frames", [1, 513, 6000])
def test_any_length_comes_back_signed(preset, frames):
    model = build_model(load_config(preset))
    mixture = noise(2, frames, 2)
    estimate = model.predict_on_batch(mixture)
    assert estimate.shape == mixture.shape
    assert np.isfinite(estimate).all()
    assert frames == 1 or (estimate.min() < 0 < estimate.max())


@pytest.mark.parametrize("normalisation", ["rms", "peak"])
def test_scaling_the_mixture_scales_the_estimate(normalisation):
    config = load_config("tiny", settings=[f"model.normalisation={normalisation}"])
    model = build_model(config)
    mixture = noise(1, 5000, 2)
    estimate = model.predict_on_batch(mixture)
    for gain in (0.01, 10.0):
        scaled = model.predict_on_batch(gain * mixture)
        np.testing.assert_allclose(scaled, gain * estimate, atol=1e-4 * gain * abs(estimate).max())


def test_silence_stays_silent():
    model = build_model(load_config("tiny"))
    assert not model.predict_on_batch(np.zeros((1, 3000, 2), np.float32)).any()


def test_untrained_spectral_network_is_near_the_mask_start():
    """It starts between silence and the mixture, where both mistakes can be learnt from."""
    config = load_config("tiny")
    mixture = noise(1, 44_100, 2)
    estimate = build_model(config).predict_on_batch(mixture)
    gain = (estimate * mixture).sum() / (mixture**2).sum()
    assert gain == pytest.approx(config.model.mask_start, rel=0.1)


@pytest.mark.parametrize(("window", "hop"), [(1024, 512), (1024, 256), (4096, 1024)])
@pytest.mark.parametrize("frames", [1, 255, 4096, 10_001])
def test_spectrum_and_waveform_are_inverse(window, hop, frames):
    signal = noise(2, frames, 2)
    again = np.array(Waveform(window, hop)(*Spectrum(window, hop)(signal), signal))
    error = np.square(again - signal).sum() / np.square(signal).sum()
    assert 10 * np.log10(error + 1e-30) < -100


def test_spectrum_is_numpys():
    signal = noise(1, 2048, 1)
    real, imaginary = (np.array(part) for part in Spectrum(1024, 512)(signal))
    # frame 1 covers samples 0 to 1023, behind one hop of margin
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    expected = np.fft.rfft(signal[0, :1024, 0] * window)
    np.testing.assert_allclose(real[0, 1, 0], expected.real, atol=1e-3)
    np.testing.assert_allclose(imaginary[0, 1, 0], expected.imag, atol=1e-3)
    assert real.shape == Spectrum(1024, 512).compute_output_shape(signal.shape)[0]


def test_spectrum_can_be_traced_by_jax():
    pytest.importorskip("jax")
    code = """
import jax, numpy
from synthgen_tf.model.spectrum import Spectrum, Waveform
spectrum, waveform = Spectrum(256, 64), Waveform(256, 64)
signal = numpy.random.default_rng(0).standard_normal((2, 1001, 2)).astype("float32")
again = jax.jit(lambda x: waveform(*spectrum(x), x))(signal)
assert abs(numpy.asarray(again) - signal).max() < 1e-4
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_inverse_rfft_is_numpys():
    signal = noise(3, 64)
    spectrum = np.fft.rfft(signal)
    again = inverse_rfft(spectrum.real.astype(np.float32), spectrum.imag.astype(np.float32))
    np.testing.assert_allclose(np.array(again), signal, atol=1e-5)


def test_saved_model_file_loads_with_equal_output(tmp_path):
    model = build_model(load_config("tiny"))
    mixture = noise(1, 3000, 2)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict_on_batch(mixture), model.predict_on_batch(mixture))
