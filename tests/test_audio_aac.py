"""AAC without a file: length, place, level, and silence."""

import numpy as np
import pytest
from scipy import signal

from synthgen_tf.audio.aac import through_aac

RATE = 44_100


def music(frames: int, channels: int = 2) -> np.ndarray:
    """Noise with most of its power in the lows, as music has, with peaks of about 2."""
    noise = np.random.default_rng(0).standard_normal((frames, channels))
    return signal.lfilter([0.2], [1, -0.9], noise, axis=0).astype(np.float32)


@pytest.mark.parametrize(("share", "lowest_snr_db"), [(0.0, 6.0), (1.0, 15.0)])
def test_aac_keeps_length_place_and_level(share, lowest_snr_db):
    sound = music(2 * RATE + 17)
    coded = through_aac(sound, RATE, share)
    assert coded.shape == sound.shape
    assert coded.dtype == np.float32
    assert 20 * np.log10(np.std(coded) / np.std(sound)) == pytest.approx(0.0, abs=0.5)
    # A sample out of place, or another channel, would leave no such ratio.
    error = np.mean((coded - sound) ** 2)
    assert 10 * np.log10(np.mean(sound**2) / error) > lowest_snr_db
    tail = slice(-1500, None)  # to its end
    assert np.std(coded[tail]) == pytest.approx(np.std(sound[tail]), rel=0.1)
    np.testing.assert_array_equal(coded, through_aac(sound, RATE, share))


@pytest.mark.parametrize(("frames", "channels"), [(0, 2), (10, 1), (1024, 2), (4096, 1)])
def test_any_length_and_silence(frames, channels):
    assert through_aac(music(frames, channels), RATE, 0.5).shape == (frames, channels)
    assert not through_aac(np.zeros((frames, channels), np.float32), RATE, 0.5).any()
