"""Mastering of examples: limiter, speed, coding."""

import numpy as np
import pytest
import tensorflow as tf

from synthgen_tf.data.mix import code, equalize, limit, stretch


@pytest.fixture
def music():
    """Half a second of a decaying chord with two beats in it, (time, 2)."""
    time = np.arange(22_050) / 44_100
    left = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330))
    right = np.roll(left, 50)
    beats = 0.1 + np.exp(-20 * (time % 0.25))
    return (0.2 * beats[:, None] * np.stack([left, right], 1)).astype(np.float32)


@pytest.mark.parametrize("decibels", [1.0, 6.0, 12.0])
def test_limiter_holds_its_threshold_with_one_gain_for_both(music, decibels):
    target = np.random.default_rng(0).uniform(-0.1, 0.1, music.shape).astype(np.float32)
    limited, limited_target = limit(tf.constant(music), tf.constant(target), decibels)
    threshold = np.abs(music).max() * 10 ** (-decibels / 20)
    assert np.abs(limited).max() == pytest.approx(threshold, rel=1e-2)
    assert np.abs(limited).max() <= threshold * 1.0001
    gain = limited_target.numpy() / target
    np.testing.assert_allclose(gain, np.clip(gain, 0.0, 1.0), atol=1e-5)
    np.testing.assert_allclose(limited, music * gain, atol=1e-4)
    assert np.abs(np.diff(gain[:, 0])).max() < 0.01  # no steps that would crackle
    quiet = np.abs(music).max(axis=1) < threshold / 20
    assert np.median(gain[quiet]) == pytest.approx(1.0, abs=0.2)


def test_stretch_to_the_same_length_changes_nothing(music):
    np.testing.assert_allclose(stretch(tf.constant(music), len(music)), music, atol=1e-6)


def test_stretched_sine_is_a_sine_of_another_pitch():
    wave = np.sin(2 * np.pi * 441 * np.arange(20_000) / 44_100)[:, None].astype(np.float32)
    stretched = stretch(tf.constant(wave), 10_000).numpy()
    expected = np.sin(2 * np.pi * 882 * (np.arange(10_000) + 0.25) / 44_100)[:, None]
    np.testing.assert_allclose(stretched[10:-10], expected[10:-10], atol=1e-2)


def test_coded_mixture_stays_in_place_and_at_its_level(music):
    """At the highest bit rate little is lost, at the lowest more; loud signals do not clip."""
    music = np.tile(music, (4, 1)) * 3.0
    fine = code(tf.constant(music), 44_100, 1.0).numpy()
    coarse = code(tf.constant(music), 44_100, 0.0).numpy()
    assert fine.shape == coarse.shape == music.shape
    error = {name: np.square(x - music).sum() for name, x in {"f": fine, "c": coarse}.items()}
    assert 0.0 < error["f"] < error["c"]
    assert error["f"] < 0.003 * np.square(music).sum()
    assert np.vdot(fine, music) / np.vdot(music, music) == pytest.approx(1.0, abs=0.01)


def test_equalizer_of_zeros_changes_nothing(music):
    np.testing.assert_array_equal(equalize(tf.constant(music), tf.zeros(7), 44_100), music)


def test_equalizer_gives_each_frequency_its_gain():
    """Sines at the marks get their marks' gains; halfway in log frequency, the mean of two."""
    curve = tf.constant([6.0, -3.0, 9.0, 0.0, -9.0, 3.0, -6.0])
    halfway = np.sqrt(400.0 * 1000.0)
    gains = {60.0: 6.0, 400.0: 9.0, 2500.0: -9.0, halfway: 4.5, 18_000.0: -6.0}
    time = np.arange(3 * 44_100)[:, None] / 44_100
    for hertz, decibels in gains.items():
        sine = np.sin(2 * np.pi * hertz * time).astype(np.float32)
        louder = equalize(tf.constant(sine), curve, 44_100).numpy()
        assert louder.shape == sine.shape
        inside = slice(20_000, -20_000)
        expected = sine[inside] * 10 ** (decibels / 20)
        assert np.abs(louder[inside] - expected).max() < 0.03 * 10 ** (decibels / 20)
