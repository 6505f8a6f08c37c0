"""Metrics against numbers computed by hand and by NumPy in double precision."""

import numpy as np
import pytest

from synthgen_tf.metrics import AudibleMean, best_gain, level_error, nmse, si_sdr, snr

TARGET = np.array([[[3.0], [4.0]]], np.float32)
ESTIMATE = np.array([[[3.0], [2.0]]], np.float32)


def value(metric, target=TARGET, estimate=ESTIMATE):
    return float(np.array(metric(target, estimate))[0])


def test_docstring_examples():
    assert value(nmse) == pytest.approx(0.16)
    assert value(snr) == pytest.approx(7.96, abs=5e-3)
    assert value(si_sdr) == pytest.approx(9.05, abs=5e-3)
    assert value(level_error, TARGET, 0.5 * TARGET) == pytest.approx(-6.02, abs=5e-3)


def test_like_numpy_in_double_precision():
    random = np.random.default_rng(1)
    target = random.standard_normal((4, 300, 2))
    estimate = 0.7 * target + 0.3 * random.standard_normal((4, 300, 2))
    error = ((target - estimate) ** 2).sum((1, 2))
    energy = (target**2).sum((1, 2))
    scale = (target * estimate).sum((1, 2)) / energy
    distortion = ((scale[:, None, None] * target - estimate) ** 2).sum((1, 2))
    pair = target.astype(np.float32), estimate.astype(np.float32)
    np.testing.assert_allclose(snr(*pair), 10 * np.log10(energy / error), atol=1e-3)
    expected = 10 * np.log10(scale**2 * energy / distortion)
    np.testing.assert_allclose(si_sdr(*pair), expected, atol=1e-3)


def test_silence_scores_zero_and_an_exact_estimate_the_ceiling():
    assert value(snr, estimate=np.zeros_like(TARGET)) == pytest.approx(0.0, abs=1e-4)
    assert value(snr, estimate=TARGET) == pytest.approx(100.0)
    assert value(level_error, estimate=np.zeros_like(TARGET)) == pytest.approx(-100.0)


def test_si_sdr_ignores_level_and_snr_does_not():
    assert value(si_sdr, estimate=0.1 * ESTIMATE) == pytest.approx(value(si_sdr), abs=1e-3)
    assert value(snr, estimate=0.1 * ESTIMATE) < value(snr) - 5


@pytest.mark.parametrize("metric", [nmse, snr, si_sdr, level_error])
def test_silent_target_is_undefined(metric):
    assert np.isnan(value(metric, target=np.zeros_like(TARGET)))


def test_audible_mean_leaves_silent_targets_out():
    metric = AudibleMean(snr)
    metric.update_state(
        np.concatenate([TARGET, np.zeros_like(TARGET)]), np.concatenate([ESTIMATE, ESTIMATE])
    )
    assert metric.name == "snr"
    assert float(metric.result()) == pytest.approx(value(snr), abs=1e-4)


def test_best_gain_and_what_it_earns():
    """Mixture 3, 2: g = 17/13, rho^2 = 289/325, and the SNR 10 log10(325/36)."""
    gain = value(best_gain)
    assert gain == pytest.approx(17 / 13)
    assert value(snr, estimate=gain * ESTIMATE) == pytest.approx(9.556, abs=1e-3)
    assert value(snr, estimate=(gain + 0.01) * ESTIMATE) < 9.556
    assert value(snr, estimate=(gain - 0.01) * ESTIMATE) < 9.556
    assert value(best_gain, estimate=np.zeros_like(TARGET)) == 0.0


def test_target_of_minus_180_db_is_not_audible():
    faint = 1e-9 * TARGET / np.sqrt(12.5)
    assert np.isnan(value(snr, faint, 1e-7 * ESTIMATE))
    assert np.isfinite(value(snr, 2e-5 * TARGET, ESTIMATE))


def test_audible_mean_of_no_target_or_of_nan_is_no_score():
    metric = AudibleMean(snr)
    assert np.isnan(float(metric.result()))
    metric.update_state(np.zeros_like(TARGET), ESTIMATE)
    assert np.isnan(float(metric.result()))
    metric.update_state(TARGET, ESTIMATE)
    assert float(metric.result()) == pytest.approx(value(snr), abs=1e-4)
    metric.update_state(TARGET, np.full_like(TARGET, np.nan))
    assert np.isnan(float(metric.result()))


def test_floor_of_a_mean():
    """An exact copy counts 100 dB, silence -30 rather than -100: their mean is 35."""
    metric = AudibleMean(si_sdr, floor=-30.0)
    both = np.concatenate([TARGET, TARGET])
    metric.update_state(both, np.concatenate([TARGET, np.zeros_like(TARGET)]))
    assert float(metric.result()) == pytest.approx(35.0, abs=1e-3)
