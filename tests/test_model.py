"""The networks: sizes, shapes, exact analysis and synthesis, scale, files."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from synthgen_tf.config import grid_step, load_config, preset_names
from synthgen_tf.model import build_model
from synthgen_tf.model.band_mixer import AcrossBands, PerBand
from synthgen_tf.model.spectrum import Spectrum, Waveform, inverse_rfft

PARAMETERS = {
    "card": 249_090,
    "tiny": 69_200,
    "small": 1_564_416,
    "base": 8_581_864,
    "large": 1_702_336,
}
MIXER = (
    "model={kind: band_mixer, window: 1024, hop: 512, fine_bins: 128, band: 24, width: 16, "
    "dilations: [1, 4]}"
)
"""Small, and with a last band that bins do not fill."""
UNET = (
    "model={kind: unet, window: 1024, hop: 512, fine_bins: 128, widths: [8, 12, 16], "
    "bottleneck: 8, dilations: [1, 2]}"
)
MASKING = pytest.mark.parametrize(
    "settings", [[], [MIXER], [UNET]], ids=["spectral", "band_mixer", "unet"]
)


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


@pytest.mark.parametrize("frames", [1, 513, 6000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_unet_takes_any_length_and_channels(channels, frames):
    settings = [UNET, f"model.channels={channels}"]
    model = build_model(load_config("tiny", settings=settings))
    assert model.output_shape == (None, None, channels)
    mixture = noise(2, frames, channels)
    estimate = model.predict_on_batch(mixture)
    assert estimate.shape == mixture.shape
    assert np.isfinite(estimate).all()


def test_unet_sees_music_alike_from_every_step_of_the_grid_on():
    """Its frames are halved twice, so that it is no use to begin in between."""
    model = build_model(load_config("tiny", settings=[UNET]))
    frames = load_config("tiny", settings=[UNET]).block
    step = grid_step(frames)
    mixture = noise(1, frames, 2)
    mixture[:, :step] = mixture[:, -step:]  # so that both cuts have one level
    whole = model.predict_on_batch(mixture)
    later = model.predict_on_batch(mixture[:, step:])
    middle = slice(8 * step, -8 * step)
    error = whole[:, step:][:, middle] - later[:, middle]
    assert 10 * np.log10(np.mean(error**2) / np.mean(whole**2)) < -60


@pytest.mark.parametrize(
    ("channels", "window", "hop", "group"), [(1, 1024, 512, 4), (2, 1024, 256, 1), (3, 512, 128, 2)]
)
def test_band_mixer_takes_any_channels_window_and_hop(channels, window, hop, group):
    keys = {"channels": channels, "window": window, "hop": hop, "group": group}
    settings = [MIXER, *(f"model.{key}={value}" for key, value in keys.items())]
    config = load_config("tiny", settings=settings).model
    assert config.bands == -(-(128 + (window // 2 - 128) // group) // 24)
    mixture = noise(2, 3000, channels)
    estimate = build_model(load_config("tiny", settings=settings)).predict_on_batch(mixture)
    assert estimate.shape == mixture.shape
    assert np.isfinite(estimate).all()


def test_bands_are_mixed_and_weighted_as_numpy_does():
    bands = noise(2, 3, 5, 4)  # b n f c
    across, per_band = AcrossBands(6), PerBand(7)
    for layer in (across, per_band):
        layer.build(bands.shape)
        layer.set_weights([noise(*weight.shape, seed=i) for i, weight in enumerate(layer.weights)])
    (kernel, bias), expected = across.get_weights(), np.empty((2, 6, 5, 4))
    for unit in range(6):
        expected[:, unit] = np.tensordot(kernel[unit], bands, (0, 1)) + bias[unit]
    np.testing.assert_allclose(np.array(across(bands)), expected, atol=1e-5)
    (kernel, bias), expected = per_band.get_weights(), np.empty((2, 3, 5, 7))
    for band in range(3):
        expected[:, band] = bands[:, band] @ kernel[band] + bias[band]
    np.testing.assert_allclose(np.array(per_band(bands)), expected, atol=1e-5)


def test_band_mixer_hears_left_from_right():
    """Left and right exchanged leaves the magnitudes of middle and side: the cosine tells."""
    model = build_model(load_config("tiny", settings=[MIXER]))
    features = keras.Model(model.input, model.get_layer("bins_as_channels").output)
    mixture = noise(1, 4000, 2)
    there, swapped = (
        np.array(features(each)).reshape(-1, 3, 224) for each in (mixture, mixture[..., ::-1])
    )
    np.testing.assert_allclose(swapped[:, :2], there[:, :2], atol=1e-4)
    np.testing.assert_allclose(swapped[:, 2], -there[:, 2], atol=1e-4)
    assert 0.1 < abs(there[:, 2]).max() <= 1


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


@MASKING
def test_untrained_network_of_masks_is_near_the_mask_start(settings):
    """It starts between silence and the mixture, where both mistakes can be learnt from."""
    config = load_config("tiny", settings=settings)
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


@MASKING
def test_saved_model_file_loads_with_equal_output(tmp_path, settings):
    model = build_model(load_config("tiny", settings=settings))
    mixture = noise(1, 3000, 2)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict_on_batch(mixture), model.predict_on_batch(mixture))
