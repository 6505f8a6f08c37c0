"""Effects, desk and mastering, against numbers worked out by hand."""

import numpy as np
import pytest
from scipy import signal

from synthgen_tf.render.compose.score import STEMS, Note, Part, Score
from synthgen_tf.render.mixing.buses import sample_buses
from synthgen_tf.render.mixing.chains import sample_chain
from synthgen_tf.render.mixing.desk import rms_db
from synthgen_tf.render.mixing.effects import (
    EFFECTS,
    apply_effects,
    crush,
    delay,
    duck,
    gate,
    pan,
    phaser,
    saturate,
    tilt,
    width,
)
from synthgen_tf.render.mixing.master import (
    CODECS,
    Mastering,
    clipping_gain,
    compressor_gain,
    limiter_gain,
    master,
    quantise,
    sample_mastering,
)
from synthgen_tf.render.signals.dsp import SAMPLE_RATE
from synthgen_tf.render.song import _balance_synth, render_song


def stems_of_noise(seed: int = 0, frames: int = SAMPLE_RATE) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal((frames, 2)).astype(np.float32) for name in STEMS}


def test_crush_by_hand():
    sound = np.array([[1.0, 0.0], [0.3, 0.0], [0.2, 0.0], [-1.0, 0.0]], np.float32)
    crushed = crush(sound, bits=3.0, hold=2)
    np.testing.assert_allclose(crushed[:, 0], [1.0, 1.0, 0.25, 0.25], atol=1e-6)


def test_tilt_turns_the_balance_about_its_pivot():
    click = np.zeros((SAMPLE_RATE, 2), np.float32)
    click[0] = 1.0
    gains_db = 20 * np.log10(np.abs(np.fft.rfft(tilt(click, 1000.0, 6.0)[:, 0])))
    assert gains_db[20] == pytest.approx(-3.0, abs=0.1)
    # There a shelf of first order has the mean power of its two ends.
    assert gains_db[1000] == pytest.approx(10 * np.log10((10**0.3 + 10**-0.3) / 2), abs=0.01)
    assert gains_db[18000] == pytest.approx(3.0, abs=0.1)


def test_phaser_has_its_notch_where_the_all_passes_turn_half_a_cycle():
    noise = np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE).astype(np.float32)
    sound = np.stack([noise, noise]).T
    # At a rate of next to nothing the corner stays at 900 Hz; two stages turn by 180 degrees there.
    phased = phaser(sound, rate_hz=1e-6, stages=2, wet=1.0)
    hz, before = signal.welch(sound[:, 0], SAMPLE_RATE, nperseg=8192)
    after = signal.welch(phased[:, 0], SAMPLE_RATE, nperseg=8192)[1]
    change_db = 10 * np.log10(after / before)
    notch = hz[(hz > 300) & (hz < 3000)][np.argmin(change_db[(hz > 300) & (hz < 3000)])]
    assert notch == pytest.approx(900, rel=0.06)
    assert change_db.min() < -12
    assert change_db[(hz > 8000) & (hz < 15000)].mean() > change_db.min() + 12


def test_gate_lets_through_what_the_pattern_says():
    sound = np.ones((SAMPLE_RATE, 2), np.float32)
    gated = gate(sound, 0.25, "x.", depth=0.8)
    for second, level in ((0.1, 1.0), (0.35, 0.2), (0.6, 1.0), (0.85, 0.2)):
        assert gated[round(second * SAMPLE_RATE), 0] == pytest.approx(level, abs=1e-5)


@pytest.mark.parametrize("name", EFFECTS)
def test_every_effect_is_drawn_and_keeps_the_shape(name):
    part = Part("synth_lead", "synth", "synth", (Note(0.0, 1.0, 60, 1.0),))
    score = Score("house", 124.0, "C minor", "AB", (part,), (0.0, 0.5))
    sound = np.random.default_rng(0).standard_normal((SAMPLE_RATE, 2)).astype(np.float32)
    if name == "gate":
        part = Part("synth_pad", "synth", "synth", part.notes)
    for seed in range(500):
        rng = np.random.default_rng(seed)
        chain = sample_chain(rng, part, score, mono=False)
        chain += sample_buses(rng, score).get("synth", [])
        chain = [effect for effect in chain if effect["name"] == name]
        if chain:
            break
    changed = apply_effects(sound, chain, score.kick_seconds)
    assert changed.shape == sound.shape
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert np.abs(changed - sound).max() > 1e-3


def test_a_part_stands_where_it_says():
    notes = (Note(0.0, 1.0, 60, 1.0),)
    for place in (-0.5, 1.0):
        part = Part("drums", "drums", "acoustic_drums", notes, pan=place)
        score = Score("rock", 120.0, "C major", "A", (part,), ())
        chain = sample_chain(np.random.default_rng(0), part, score, mono=True)
        assert chain[-1] == {"name": "pan", "place": place}


def test_delay_echoes_cross_over_and_fade():
    sound = np.zeros((1000, 2), np.float32)
    sound[0, 0] = 1.0
    echoed = delay(sound, 100 / SAMPLE_RATE, feedback=0.5, wet=0.4)
    assert echoed[100, 1] == pytest.approx(0.4)
    assert echoed[200, 0] == pytest.approx(0.2)
    assert np.count_nonzero(echoed[:250]) == 3


def test_duck_and_pan_by_hand():
    sound = np.ones((SAMPLE_RATE, 2), np.float32)
    ducked = duck(sound, [0.5], depth=0.75, seconds=0.2)
    assert ducked[SAMPLE_RATE // 2, 0] == pytest.approx(0.25)
    assert ducked[SAMPLE_RATE // 2 - 1, 0] == 1.0
    assert ducked[round(0.71 * SAMPLE_RATE), 0] == 1.0
    np.testing.assert_allclose(pan(sound, -0.75)[0], [1.0, 0.5])


def test_limiter_holds_the_ceiling_and_leaves_the_quiet_alone():
    sound = 0.1 * np.random.default_rng(0).standard_normal((SAMPLE_RATE, 2)).astype(np.float32)
    sound[20000] = 3.0
    gain = limiter_gain(sound, 0.5)
    assert np.abs(sound * gain[:, None]).max() <= 0.5 + 1e-6
    assert gain[:15000].min() == 1.0
    assert gain[-1] > 0.99


def test_mastered_stems_still_sum_and_fit_into_16_bits():
    rng = np.random.default_rng(0)
    stems = {name: rng.standard_normal((8192, 2)).astype(np.float32) for name in STEMS}
    stems["bass"] = -0.99 * stems["drums"]  # nearly cancel: each is louder than their sum
    mastered, _ = master(stems, Mastering(-9.0, -0.1))
    before, after = sum(stems.values()), sum(mastered.values())
    # One gain curve for all: wherever a stem is scaled, so is the sum.
    np.testing.assert_allclose(after * stems["synth"], before * mastered["synth"], atol=1e-5)
    sounds = quantise(mastered)
    total = sum(sounds[name].astype(np.int64) for name in STEMS)
    np.testing.assert_array_equal(sounds["mixture"], total)


def test_the_synth_is_brought_to_its_level_above_the_rest():
    rng = np.random.default_rng(0)
    stems = {
        name: rng.standard_normal((44100, 2)).astype(np.float32)
        for name in ("drums", "bass", "synth")
    }
    stems["synth"] *= 0.001
    balanced, lift_db = _balance_synth(stems, -7.0)
    rest_db = rms_db(stems["drums"] + stems["bass"])
    assert rms_db(balanced["synth"]) == pytest.approx(rest_db - 7.0, abs=0.01)
    assert lift_db == pytest.approx(rest_db - 7.0 - rms_db(stems["synth"]), abs=0.01)
    silent = stems | {"synth": 0 * stems["synth"]}
    assert _balance_synth(silent, -7.0) == (silent, 0.0)


def test_a_synth_of_moments_is_not_blown_up():
    rng = np.random.default_rng(0)
    drums = rng.standard_normal((10 * SAMPLE_RATE, 2)).astype(np.float32)
    synth = 0 * drums
    synth[:SAMPLE_RATE] = drums[:SAMPLE_RATE]  # a tenth of the time, as loud as the drums there
    balanced, lift_db = _balance_synth({"drums": drums, "synth": synth}, 12.0)
    assert lift_db == pytest.approx(15.0, abs=0.3)
    assert rms_db(balanced["synth"]) == pytest.approx(rms_db(drums) + 5.0, abs=0.3)


def test_clipping_cuts_off_at_the_ceiling_and_stems_still_sum():
    stems = stems_of_noise()
    mastered, _ = master(stems, Mastering(-8.0, -0.5, clip_db=6.0))
    mixture, ceiling = sum(mastered.values()), 10 ** (-0.5 / 20)
    flat = np.mean(np.abs(np.abs(mixture) - ceiling) < 1e-3 * ceiling)
    assert np.abs(mixture).max() <= ceiling * (1 + 1e-5)
    assert flat > 0.01
    unclipped = sum(master(stems, Mastering(-8.0, -0.5))[0].values())
    assert np.mean(np.abs(np.abs(unclipped) - ceiling) < 1e-3 * ceiling) < 0.001
    sound = np.array([[0.2, -3.0]], np.float32)
    np.testing.assert_allclose(sound * clipping_gain(sound, 0.5), [[0.2, -0.5]])


def test_compressor_brings_loud_and_quiet_together():
    sound = np.random.default_rng(0).standard_normal((4 * SAMPLE_RATE, 2)).astype(np.float32)
    sound[: 2 * SAMPLE_RATE] *= 0.1
    glued = sound * compressor_gain(sound, 0.6)
    halves = [slice(SAMPLE_RATE, 2 * SAMPLE_RATE), slice(3 * SAMPLE_RATE, None)]
    before = rms_db(sound[halves[1]]) - rms_db(sound[halves[0]])
    after = rms_db(glued[halves[1]]) - rms_db(glued[halves[0]])
    assert before == pytest.approx(20, abs=0.5)
    # Levels relative to the usual one are 0.14 and 1.41: gains (0.3 + 0.7 level) ** -0.3.
    expected = 20 * 0.3 * np.log10((0.3 + 0.7 * 1.407) / (0.3 + 0.7 * 0.1407))
    assert before - after == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("codec", CODECS)
def test_coded_stems_lose_their_highs_and_still_sum(codec):
    stems = stems_of_noise(frames=2 * SAMPLE_RATE)
    stems["vocals"] *= 0
    mastering = Mastering(-16.0, -0.5, codec=codec, bitrate=0.1)
    sounds = quantise(master(stems, mastering)[0])
    total = sum(sounds[name].astype(np.int64) for name in STEMS)
    np.testing.assert_array_equal(sounds["mixture"], total)
    assert not sounds["vocals"].any()
    hz, power = signal.welch(sounds["synth"][:, 0].astype(float), SAMPLE_RATE, nperseg=4096)
    assert power[hz > 18000].mean() < 1e-3 * power[(hz > 1000) & (hz < 5000)].mean()
    plain = quantise(master(stems, Mastering(-16.0, -0.5))[0])
    coded, uncoded = (song["synth"][:, 0].astype(float) for song in (sounds, plain))
    shifts = [np.dot(coded, np.roll(uncoded, shift)) for shift in range(-3, 4)]
    assert np.argmax(shifts) == 3  # in its place, to the sample


@pytest.mark.parametrize(("seconds", "into_db"), [(4.5, 3.0), (4.5, 6.0)])
def test_the_limiter_takes_what_is_asked_of_a_usual_second(seconds, into_db):
    # Clicks of one height once in a second, but for one second twice as loud, on quiet noise.
    frames = round(seconds * SAMPLE_RATE)
    drums = 0.001 * np.random.default_rng(0).standard_normal((frames, 2)).astype(np.float32)
    drums[SAMPLE_RATE // 2 :: SAMPLE_RATE] = 0.5
    drums[SAMPLE_RATE // 2] = 1.0
    mastered, limited_db = master({"drums": drums}, Mastering(-60.0, -1.0, limiter_db=into_db))
    assert limited_db == pytest.approx(into_db, abs=0.02)
    peak = np.abs(mastered["drums"]).max()
    assert peak == pytest.approx(10 ** (-1.0 / 20), rel=1e-3)
    # Far from the clicks nothing is turned down: the noise stands where the gain has brought it.
    quiet = slice(SAMPLE_RATE + 3 * SAMPLE_RATE // 10, SAMPLE_RATE + 4 * SAMPLE_RATE // 10)
    risen_db = rms_db(mastered["drums"][quiet]) - rms_db(drums[quiet])
    assert risen_db == pytest.approx(into_db - 1.0 - 20 * np.log10(0.5), abs=0.05)
    assert master({"drums": drums}, Mastering(-60.0, -1.0))[1] == 0.0


def test_nothing_is_driven_into_the_limiter_without_end():
    # Noise peaks about 13 dB above its level: 30 dB into the limiter would mean +16 dB.
    noise = {"synth": stems_of_noise()["synth"]}
    loud = master(noise, Mastering(-20.0, 0.0, limiter_db=30.0))[0]
    stopped = master(noise, Mastering(-5.0, 0.0))[0]
    np.testing.assert_allclose(loud["synth"], stopped["synth"], rtol=1e-5)


def test_masterings_spread():
    drawn = [sample_mastering(np.random.default_rng(seed)) for seed in range(1000)]
    loudness = np.array([mastering.loudness_db for mastering in drawn])
    assert loudness.min() >= -25
    assert loudness.max() <= -8
    assert np.std(loudness) == pytest.approx(3.3, abs=0.4)
    assert np.mean([mastering.clip_db > 0 for mastering in drawn]) == pytest.approx(0.17, abs=0.05)
    limited = [mastering.limiter_db for mastering in drawn if mastering.limiter_db]
    assert len(limited) / 1000 == pytest.approx(0.4, abs=0.05)
    assert 2.0 <= min(limited) < 2.2
    assert 6.8 < max(limited) <= 7.0
    codecs = [mastering.codec for mastering in drawn if mastering.codec]
    assert len(codecs) / 1000 == pytest.approx(0.04, abs=0.02)
    assert 0.2 < codecs.count("aac") / len(codecs) < 0.8
    assert all((each.codec is None) == (each.bitrate is None) for each in drawn)


def test_width_scales_the_side_and_leaves_the_middle():
    sound = np.array([[0.5, 0.1], [0.0, 0.0], [-0.2, 0.6]], np.float32)
    wide = width(sound, 2.0)
    np.testing.assert_allclose(wide, [[0.7, -0.1], [0.0, 0.0], [-0.6, 1.0]], atol=1e-6)
    np.testing.assert_allclose(wide.sum(axis=1), sound.sum(axis=1), atol=1e-6)
    np.testing.assert_allclose(width(sound, 0.0), [[0.3, 0.3], [0.0, 0.0], [0.2, 0.2]], atol=1e-6)


def test_saturation_bends_the_loud_and_leaves_the_quiet():
    # The loud parts stand at 1 everywhere but for a hundredth, which is quiet.
    sound = np.ones((16_000, 2), np.float32)
    sound[:1600] = 0.001
    bent = saturate(sound, 0.8)
    assert bent[-1, 0] == pytest.approx(np.tanh(0.8) / 0.8, abs=1e-4)
    assert bent[0, 0] == pytest.approx(0.001, rel=1e-4)
    assert not saturate(0 * sound, 0.8).any()


def test_buses_are_drawn_at_their_shares():
    def drawn(style, kicks=(0.0, 0.5)):
        score = Score(style, 124.0, "C minor", "AB", (), kicks)
        return [sample_buses(np.random.default_rng(seed), score) for seed in range(1000)]

    def share(chains, stem, hit):
        hits = [any(hit(effect) for effect in chain.get(stem, ())) for chain in chains]
        return pytest.approx(np.mean(hits), abs=0.05)

    house = drawn("house")
    assert share(house, "drums", lambda effect: effect["name"] == "duck") == 0.0
    # A side-chain in three songs of four, and then the others duck in four of five.
    assert share(house, "other", lambda effect: effect["name"] == "duck") == 0.75 * 0.8
    assert share(house, "synth", lambda effect: effect.get("factor", 0) > 1) == 0.2
    assert share(house, "synth", lambda effect: effect.get("factor", 2) < 1) == 0.12
    assert share(house, "bass", lambda effect: effect.get("factor", 0) > 1) == 0.0
    assert share(house, "drums", lambda effect: effect["name"] == "saturate") == 0.25
    for chains in house:  # one kick, one rhythm
        ducks = [
            effect for chain in chains.values() for effect in chain if effect["name"] == "duck"
        ]
        assert all(duck == ducks[0] for duck in ducks)
    silent = drawn("house", kicks=())
    assert share(silent, "other", lambda effect: effect["name"] == "duck") == 0.0
    assert share(drawn("rock"), "other", lambda effect: effect["name"] == "duck") == 0.0
    assert share(drawn("midi"), "other", lambda effect: effect["name"] == "duck") == 0.08


def test_a_song_tells_what_its_stems_went_through_and_its_silence_stays_silent():
    for index in range(40):
        song = render_song(11, index, 2.0)
        if "other" not in song.description["buses"]:
            continue
        tracks = {track["stem"] for track in song.description["tracks"]}
        assert set(song.description["buses"]) <= tracks
        for stem in STEMS:
            assert bool(song.sound[stem].any()) == (stem in tracks)
        total = sum(song.sound[stem].astype(np.int64) for stem in STEMS)
        np.testing.assert_array_equal(song.sound["mixture"], total)
        assert song.description["mastering"]["limited_db"] >= 0.0
        return
    raise AssertionError("no stem was ever changed")
