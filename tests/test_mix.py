"""Mastering of examples: limiter, speed, coding."""

import numpy as np
import pytest
import tensorflow as tf

from synthgen_tf.config import load_config
from synthgen_tf.data.draw import Draw
from synthgen_tf.data.effects import code, equalize, limit, saturate, stretch, widen
from synthgen_tf.data.example import TARGET, Cuts, Example, in_order
from synthgen_tf.data.mix import at_gain, mix
from synthgen_tf.data.normalise import normalise


@pytest.fixture
def music():
    """Half a second of a decaying chord with two beats in it, (time, 2)."""
    time = np.arange(22_050) / 44_100
    left = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330))
    right = np.roll(left, 50)
    beats = 0.1 + np.exp(-20 * (time % 0.25))
    return (0.2 * beats[:, None] * np.stack([left, right], 1)).astype(np.float32)


def test_the_target_keeps_its_place_among_the_stems():
    assert in_order("synth", ["bass", "drums", "synth"]) == ["synth", "bass", "drums"]
    assert in_order("synth", ["bass", "drums"])[TARGET] == "synth"
    cuts = Cuts.of(["synth", "bass", "drums"])
    assert cuts == Cuts(target="synth", others=("bass", "drums"))
    assert cuts.stems == ["synth", "bass", "drums"]
    assert Example(mixture=3, target=2).each(lambda number: 2 * number) == Example(6, 4)


@pytest.mark.parametrize("kind", ["int16", "float32"])
def test_a_cut_is_turned_amplified_and_followed_by_silence(kind):
    stored = np.array([[8192, -4096], [16_384, 0]], "int16")
    cut = stored if kind == "int16" else (stored / 32_768).astype(np.float32)

    def taken(cut, gain, swapped, channels=2):
        return at_gain(tf.constant(cut), gain, tf.constant(swapped), 3, channels).numpy()

    np.testing.assert_array_equal(taken(cut, 1.0, False), [[0.25, -0.125], [0.5, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(taken(cut, -2.0, True), [[0.25, -0.5], [0.0, -1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(taken(cut, 1.0, True, 1), [[0.0625], [0.25], [0.0]])
    np.testing.assert_array_equal(taken(cut[:, :1], 2.0, True), [[0.5, 0.5], [1.0, 1.0], [0, 0]])
    assert not taken(cut[:0, :1], 2.0, False).any()


@pytest.mark.parametrize(("way", "level"), [("rms", 2.5**0.5), ("peak", 2.0), ("none", 1.0)])
def test_examples_are_normalised_alike_alone_and_in_batches(way, level):
    config = load_config("tiny", settings=[f"model.normalisation={way}"])
    mixture = np.array([[1.0], [-2.0]], np.float32)
    one = normalise(Example(mixture, 0.5 * mixture), config)
    np.testing.assert_allclose(one.mixture, mixture / level, rtol=1e-6)
    np.testing.assert_allclose(one.target, 0.5 * mixture / level, rtol=1e-6)
    both = np.stack([mixture, 8.0 * mixture])
    batch = normalise(Example(both, 0.5 * both), config)
    expected = np.stack([mixture, mixture if way != "none" else 8.0 * mixture]) / level
    np.testing.assert_allclose(batch.mixture, expected, rtol=1e-6)
    np.testing.assert_allclose(batch.target, 0.5 * expected, rtol=1e-6)


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


def test_equalizer_treats_any_number_of_channels_alike(music):
    curve = tf.constant([6.0, -3.0, 9.0, 0.0, -9.0, 3.0, -6.0])
    both = equalize(tf.constant(music), curve, 44_100).numpy()
    right = equalize(tf.constant(music[:, 1:]), curve, 44_100).numpy()
    np.testing.assert_allclose(both[:, 1:], right, atol=1e-6)
    three = np.concatenate([music, music[:, :1]], axis=1)
    wide = equalize(tf.constant(three), curve, 44_100).numpy()
    np.testing.assert_allclose(wide, both[:, [0, 1, 0]], atol=1e-6)
    whole = limit(tf.constant(three), tf.constant(three), 6.0)
    for found, expected in zip(whole, limit(music, music, 6.0), strict=True):
        np.testing.assert_allclose(found, expected.numpy()[:, [0, 1, 0]], atol=1e-6)


def test_width_multiplies_the_side_alone(music):
    np.testing.assert_array_equal(widen(tf.constant(music), 1.0), music)
    mono = widen(tf.constant(music), 0.0).numpy()
    np.testing.assert_allclose(mono[:, 0], music.mean(axis=1), atol=1e-7)
    np.testing.assert_allclose(mono[:, 1], mono[:, 0], atol=1e-7)
    signal = tf.constant([[1.0, 0.0], [0.5, 0.5], [0.2, -0.2]])
    np.testing.assert_allclose(
        widen(signal, 2.0), [[1.5, -0.5], [0.5, 0.5], [0.4, -0.4]], atol=1e-7
    )
    np.testing.assert_array_equal(widen(signal[:, :1], 2.0), signal[:, :1])


def test_saturation_raises_what_is_quiet_against_the_peak_by_its_drive():
    """Two samples of one and of a thousandth: 12 dB less between them than there was."""
    signal = tf.constant([[1.0, -1e-3], [-1.0, 1e-3]])
    driven = saturate(signal, 12.0).numpy()
    gains = driven / signal.numpy()
    assert 20 * np.log10(gains[0, 1] / gains[0, 0]) == pytest.approx(12.0, abs=1e-3)
    np.testing.assert_allclose(gains[0], gains[1], rtol=1e-6)


def test_saturation_keeps_level_sign_and_order(music):
    np.testing.assert_array_equal(saturate(tf.constant(music), 0.0), music)
    driven = saturate(tf.constant(music), 12.0).numpy()
    assert np.square(driven).mean() == pytest.approx(np.square(music).mean(), rel=1e-4)
    assert (np.sign(driven) == np.sign(music)).all()
    order = np.argsort(music, axis=None)
    assert (np.diff(driven.ravel()[order]) >= -1e-6).all()
    assert np.abs(driven).max() < 0.7 * np.abs(music).max()
    barely = saturate(tf.constant(music), 0.001).numpy()
    np.testing.assert_allclose(barely, music, rtol=2e-4)
    assert not saturate(tf.zeros((10, 2)), 12.0).numpy().any()


def mixed(cuts, shares, **drawn):
    """Mixture and target of half a second whose draw does nothing but what is said."""
    settings = ["data.segment_seconds=0.5", *(f"data.{share}=1" for share in shares)]
    config = load_config("tiny", settings=settings)
    count = len(cuts)
    nothing = Draw(
        songs=None, borrowed=None, firsts=None, lengths=None, starts=None, gains=None, swapped=None,
        frames=tf.constant(config.segment, tf.int64), mono=tf.constant(False),
        limit_db=tf.constant(0.0), bitrate=tf.constant(-1.0), curves=tf.zeros((count, 7)),
        mix_curve=tf.zeros(7), widths=tf.ones(count), drives=tf.zeros(count),
    )  # fmt: skip
    return [part.numpy() for part in mix(Cuts.of(cuts), nothing._replace(**drawn), config)]


def test_equalizer_of_the_mix_is_one_for_all_stems(music):
    cuts = [tf.constant(music), tf.constant(music[::-1] * 0.5), tf.constant(np.roll(music, 999, 0))]
    curve = tf.constant([6.0, -3.0, 5.0, 0.0, -6.0, 3.0, -6.0])
    alone = [equalize(cut, curve, 44_100).numpy() for cut in cuts]
    mixture, target = mixed(cuts, ["equalize_mix"], mix_curve=curve)
    np.testing.assert_allclose(mixture, sum(alone), atol=1e-6)
    np.testing.assert_array_equal(target, alone[0])
    by_stem, _ = mixed(cuts, ["equalize"], curves=tf.stack([curve] * 3))
    np.testing.assert_allclose(mixture, by_stem, atol=1e-6)


def test_what_is_done_to_a_stem_is_in_the_sum_and_in_the_target(music):
    cuts = [tf.constant(music), tf.constant(music[::-1].copy())]
    curves = tf.constant([[9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0] * 7])
    shares = ["width", "saturate", "equalize"]
    drawn = {"widths": tf.constant([0.5, 1.0]), "drives": tf.constant([9.0, 0.0])}
    mixture, target = mixed(cuts, shares, curves=curves, **drawn)
    expected = widen(equalize(saturate(cuts[0], 9.0), curves[0], 44_100), 0.5)
    np.testing.assert_allclose(target, expected, atol=1e-6)
    np.testing.assert_allclose(mixture - target, cuts[1], atol=1e-6)
    untouched, same = mixed(cuts, [*shares, "equalize_mix"])
    np.testing.assert_array_equal(untouched, music + music[::-1])
    np.testing.assert_array_equal(same, music)


def test_equalizer_reaches_neither_across_the_ends_nor_between_channels():
    """A click's answer is the same wherever it stands, blocks' borders included, and soon over."""
    curve = tf.constant([9.0, -9.0, 9.0, 0.0, -9.0, 3.0, -6.0])
    answers = []
    for place in (4000, 12_287, 12_288, 20_000):
        click = np.zeros((30_000, 2), np.float32)
        click[place, 1] = 1.0
        answer = equalize(tf.constant(click), curve, 44_100).numpy()
        assert np.abs(answer[:, 0]).max() < 1e-6
        answers.append(answer[place - 3000 : place + 3001, 1])
        assert np.abs(np.delete(answer, slice(place - 2048, place + 2049), 0)).max() < 1e-6
    for answer in answers:
        np.testing.assert_allclose(answer, answers[0], atol=1e-6)
        np.testing.assert_allclose(answer, answer[::-1], atol=1e-6)  # of zero phase
    click = np.zeros((5000, 1), np.float32)
    click[-1] = 1.0
    ends = equalize(tf.constant(click), curve, 44_100).numpy()
    assert np.abs(ends[:2900]).max() < 1e-6
