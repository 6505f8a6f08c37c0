"""Losses against numbers computed by hand, by NumPy and across replicas."""

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from synthgen_tf.config import load_config
from synthgen_tf.config.schema import STANDALONE, LossName
from synthgen_tf.errors import InputError
from synthgen_tf.losses import (
    MagnitudeNMSE,
    NormalizedMSE,
    Objective,
    WeightedLoss,
    l1,
    log_mel,
    mr_stft,
    mse,
    objective,
)
from synthgen_tf.losses.objectives import OBJECTIVES
from synthgen_tf.losses.spectral import mel_filters
from synthgen_tf.model import build_model
from synthgen_tf.train import compile_model, trained_part

TARGET = np.array([[[3.0], [4.0]]], np.float32)
ESTIMATE = np.array([[[3.0], [2.0]]], np.float32)


def signals(seed=0, shape=(3, 50, 2)):
    random = np.random.default_rng(seed)
    return [random.standard_normal(shape).astype(np.float32) for _ in range(2)]


def each(loss, target, estimate):
    return np.array(loss.call(tf.constant(target), tf.constant(estimate)))


def test_hand_computed():
    np.testing.assert_allclose(each(NormalizedMSE("target"), TARGET, ESTIMATE), [4 / 25], rtol=1e-6)
    cosine = (9 + 8) / (5 * np.sqrt(13))
    expected = 2 - 2 * cosine
    np.testing.assert_allclose(
        each(NormalizedMSE("unit_norm"), TARGET, ESTIMATE), [expected], rtol=1e-5
    )
    assert round(expected, 4) == 0.1140  # the docstring's
    np.testing.assert_allclose(np.array(mse(TARGET, ESTIMATE)), [2.0])
    np.testing.assert_allclose(np.array(l1(TARGET, ESTIMATE)), [1.0])


def test_one_value_per_example_like_numpy():
    target, estimate = signals()
    expected = ((target - estimate) ** 2).sum((1, 2)) / (target**2).sum((1, 2))
    values = each(NormalizedMSE("target"), target, estimate)
    assert values.shape == (3,)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


@pytest.mark.parametrize(("mode", "free"), [("target", False), ("unit_norm", True)])
def test_level_counts_only_in_target_mode(mode, free):
    target, estimate = signals()
    loss = NormalizedMSE(mode)
    same = np.allclose(each(loss, target, estimate), each(loss, target, 0.3 * estimate), rtol=1e-4)
    assert same is free


@pytest.mark.parametrize("mode", ["target", "unit_norm"])
def test_scaling_both_changes_nothing(mode):
    target, estimate = signals()
    loss = NormalizedMSE(mode)
    np.testing.assert_allclose(
        each(loss, target, estimate), each(loss, 5 * target, 5 * estimate), rtol=1e-4
    )


@pytest.mark.parametrize("mode", ["target", "unit_norm"])
def test_silent_target_is_finite_and_learnable(mode):
    _, estimate = signals()
    loss = NormalizedMSE(mode, floor=0.01)
    variable = tf.Variable(estimate)
    with tf.GradientTape() as tape:
        values = loss.call(tf.zeros_like(variable), variable)
    np.testing.assert_allclose(values, (estimate**2).mean((1, 2)) / 0.01, rtol=1e-5)
    # the gradient leads to silence
    step = variable - 1e-3 * tape.gradient(values, variable)
    assert (each(loss, np.zeros_like(estimate), step.numpy()) < values.numpy()).all()
    assert each(loss, np.zeros_like(estimate), np.zeros_like(estimate)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("mode", ["target", "unit_norm"])
def test_silent_estimate_has_finite_gradient(mode):
    target, _ = signals()
    variable = tf.Variable(tf.zeros_like(target))
    with tf.GradientTape() as tape:
        values = NormalizedMSE(mode).call(target, variable)
    assert np.isfinite(tape.gradient(values, variable).numpy()).all()
    np.testing.assert_allclose(values, 1.0, rtol=1e-5)


def test_config_round_trip():
    loss = NormalizedMSE("unit_norm", floor=0.02)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert (again.mode, again.floor, again.reduction) == ("unit_norm", 0.02, loss.reduction)
    weighted = WeightedLoss({"nmse": 1.0, "l1": 0.5}, floor=0.03)
    again = keras.losses.deserialize(keras.losses.serialize(weighted))
    assert (again.terms, again.floor) == ({"nmse": 1.0, "l1": 0.5}, 0.03)


def test_weighted_sum_of_all_terms():
    target, estimate = signals()
    terms = {"nmse": 1.0, "unit_norm": 0.5, "mse": 2.0, "l1": 3.0, "si_sdr": 0.1}
    terms |= {"mr_stft": 0.7, "log_mel": 0.3}
    alone = [each(WeightedLoss({name: 1.0}), target, estimate) for name in terms]
    expected = sum(weight * one for weight, one in zip(terms.values(), alone, strict=True))
    np.testing.assert_allclose(each(WeightedLoss(terms), target, estimate), expected, rtol=1e-5)


def test_configuration_decides():
    config = load_config("tiny", settings=["loss.terms={mse: 2.0}"])
    target, estimate = signals()
    expected = 2 * ((target - estimate) ** 2).mean((1, 2))
    model = build_model(config)
    trained, loss = objective(config, model)
    assert trained.output is model.output
    np.testing.assert_allclose(each(loss, target, estimate), expected, rtol=1e-5)


def test_every_loss_of_the_configuration_has_a_function_or_an_objective():
    sums = WeightedLoss({}).functions
    assert sorted(get_args(LossName)) == sorted([*sums, *OBJECTIVES])
    assert STANDALONE.keys() == OBJECTIVES.keys()


def test_a_loss_that_stands_alone_says_what_is_trained(monkeypatch):
    """A head for training alone, added in one place."""
    config = load_config("tiny", settings=["loss.terms={magnitude: 1.0}"])
    model = build_model(config)
    trained, loss = objective(config, model)
    assert trained.output is not model.output
    assert (loss.window, loss.hop, loss.floor) == (config.model.window, config.model.hop, 0.3)

    def with_head(config, model):
        louder = keras.layers.Dense(2, kernel_initializer="ones", name="head")(model.output)
        return Objective(keras.Model(model.input, louder), keras.losses.MeanSquaredError())

    monkeypatch.setitem(OBJECTIVES, "magnitude", with_head)
    compiled = compile_model(config)
    trained = trained_part(compiled, config)
    assert {w.path for w in trained.trainable_variables} - {
        w.path for w in compiled.trainable_variables
    } == {"head/kernel", "head/bias"}
    mixture = np.random.default_rng(1).standard_normal((1, 4096, 2)).astype(np.float32)
    both = np.asarray(compiled(mixture)).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(np.asarray(trained(mixture)), np.repeat(both, 2, -1), atol=1e-5)


def test_bad_arguments():
    with pytest.raises(ValueError, match="'norm'"):
        NormalizedMSE("norm")
    with pytest.raises(ValueError, match="-1"):
        NormalizedMSE(floor=-1)


@pytest.mark.parametrize("mode", ["target", "unit_norm"])
def test_same_value_on_two_replicas(mode):
    """Keras divides by the replicas: the sum over them is the value of the whole batch on one."""
    target, estimate = signals(shape=(4, 50, 2))
    loss = NormalizedMSE(mode)
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    assert len(devices) == 2
    strategy = tf.distribute.MirroredStrategy(devices)
    shards = tf.data.Dataset.from_tensor_slices((target, estimate)).batch(4)
    shards = strategy.experimental_distribute_dataset(shards)

    @tf.function
    def step(batch):
        return strategy.run(loss, batch)

    halves = strategy.experimental_local_results(step(next(iter(shards))))
    np.testing.assert_allclose(sum(halves), float(loss(target, estimate)), rtol=1e-5)


def test_magnitude_nmse_is_numpys():
    """Against NumPy's transform of frames cut by hand, in middle and side."""
    window, hop, floor = 64, 16, 0.3
    target, estimate = signals(shape=(2, 160, 2))
    target[1] *= 0.1  # below the floor

    def magnitudes(signal):
        both = np.stack([signal.sum(-1), signal[..., 0] - signal[..., 1]], 1) / np.sqrt(2)
        padded = np.pad(both, ((0, 0), (0, 0), (window - hop, window - hop)))
        starts = range(0, padded.shape[2] - window + 1, hop)
        frames = np.stack([padded[:, :, at : at + window] for at in starts], 1)
        return np.abs(np.fft.rfft(frames * np.hanning(window + 1)[:-1]))  # b f c k

    wanted, found = magnitudes(target), magnitudes(estimate)
    power = np.square(np.hanning(window + 1)[:-1]).sum()
    error = np.square(wanted - found).mean((1, 2, 3)) / power
    energy = np.square(wanted).mean((1, 2, 3)) / power
    assert energy[1] < floor < energy[0]
    values = each(MagnitudeNMSE(window, hop, floor), target, found.astype(np.float32))
    np.testing.assert_allclose(values, error / np.maximum(energy, floor), rtol=1e-3)
    again = MagnitudeNMSE.from_config(MagnitudeNMSE(window, hop, floor).get_config())
    np.testing.assert_array_equal(each(again, target, found.astype(np.float32)), values)


@pytest.mark.parametrize(
    "settings",
    [
        ["loss.terms={magnitude: 1.0, mse: 1.0}"],
        ["loss.terms={magnitude: 1.0}", "model={kind: card}"],
    ],
)
def test_magnitude_stands_alone_and_needs_spectra(settings):
    with pytest.raises(InputError, match="magnitude"):
        load_config("tiny", settings=settings)


def framed(signal, window, hop):
    """Frames as `Spectrum` cuts them, through NumPy's transform: (b, f, c, k)."""
    time = signal.shape[1]
    margin = window - hop
    padded = np.pad(signal, ((0, 0), (margin, margin + -time % hop), (0, 0))).transpose(0, 2, 1)
    starts = range(0, padded.shape[2] - window + 1, hop)
    frames = np.stack([padded[:, :, at : at + window] for at in starts], 1)
    shape = np.hanning(window + 1)[:-1]
    return np.fft.rfft(frames * shape) / np.sqrt(np.square(shape).sum())


def test_mr_stft_is_numpys():
    target, estimate = signals(shape=(2, 5000, 2))
    parts = []
    for window in (512, 2048, 8192):
        wanted, found = (framed(signal, window, window // 4) for signal in (target, estimate))
        error = np.abs(wanted - found) + np.abs(np.abs(wanted) - np.abs(found))
        parts.append(error.mean((1, 2, 3)) / 2)
    np.testing.assert_allclose(
        np.array(mr_stft(target, estimate)), np.mean(parts, axis=0), rtol=2e-3
    )


def test_log_mel_of_a_level_difference():
    """Half the level is 6.02 dB in every band that is well above the floor."""
    target = 30.0 * signals(shape=(1, 44_100, 1))[0]
    found = float(np.array(log_mel(target, 0.5 * target))[0])
    assert found == pytest.approx(0.602, abs=5e-3)
    assert float(np.array(log_mel(target, target))[0]) == 0.0


def test_mel_filters_cover_every_bin_once_and_more():
    filters = mel_filters(2048, 64, 44_100)
    assert filters.shape == (1025, 64)
    np.testing.assert_allclose(filters.sum(axis=0), 1.0, rtol=1e-5)
    centres = filters.T @ np.arange(1025) * 44_100 / 2048
    assert (np.diff(centres) > 0).all()
    # the tenth of 64 bands: mel 3923.3 * 10 / 65 = 603.6, which is 496 Hz
    assert centres[9] == pytest.approx(496, abs=15)


@pytest.mark.parametrize("name", ["mr_stft", "log_mel"])
def test_spectral_losses_are_learnable_in_silence(name):
    _, estimate = signals(shape=(1, 4096, 2))
    loss = WeightedLoss({name: 1.0})
    for target, start in ((np.zeros_like(estimate), estimate), (estimate, 0 * estimate)):
        variable = tf.Variable(start)
        with tf.GradientTape() as tape:
            value = loss.call(target, variable)
        assert np.isfinite(tape.gradient(value, variable).numpy()).all()
