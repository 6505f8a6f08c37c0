"""Draws: shares as configured, cuts where the target sounds, nothing left to chance."""

import numpy as np
import pytest

from synthgen_tf.config import load_config
from synthgen_tf.data.draw import Dice, Draw
from synthgen_tf.data.song_table import SongTable
from synthgen_tf.data.store import StoredTrack

RATE = 44_100
STEMS = ["synth", "drums", "vocals"]


def track(name, seconds, sounding, **others):
    """A track whose stems sound in the given seconds only, those of its target first."""
    levels = {}
    for stem, places in {"synth": sounding, **others}.items():
        levels[stem] = np.full(seconds, 100, np.uint8)
        levels[stem][list(places)] = 20
    return StoredTrack(name, "train", {}, RATE, seconds * RATE, 2, "PCM_16", levels=levels)


def draws(tracks, count=1500, **data):
    settings = [f"data.{key}={value}" for key, value in data.items()]
    config = load_config("tiny", settings=["data.segment_seconds=2", *settings])
    dice, songs = Dice(len(STEMS), config), SongTable.of_tracks(tracks, STEMS)
    found = dice.throw(range(count), songs)
    return [Draw(*(each[number] for each in found)) for number in range(count)]


@pytest.fixture(scope="module")
def tracks():
    return [track("a", 60, [5, 30]), track("b", 20, []), track("c", 8, [7])]


def share(values, expected):
    """True where a share of so many draws is within four standard deviations of the expected."""
    deviation = np.sqrt(expected * (1 - expected) / len(values))
    return abs(np.mean(values) - expected) <= 4 * deviation + 1e-9


def test_shares_are_as_configured(tracks):
    shares = {"silent_target": 0.2, "target_only": 0.1, "leave_out": 0}
    found = draws(tracks, **shares, speed=0.3, limit=0.25, code=0.15)
    gains = np.array([draw.gains for draw in found])
    assert share(gains[:, 0] == 0, 0.2)
    assert share((gains[:, 1:] == 0).all(axis=1), 0.1)
    assert not (gains == 0).all(axis=1).any()
    assert share((gains < 0)[gains != 0], 0.5)
    assert np.abs(20 * np.log10(np.abs(gains[gains != 0]))).max() <= 6.0
    assert share([draw.frames != 2 * RATE for draw in found], 0.3)
    assert share([draw.limit_db > 0 for draw in found], 0.25)
    assert share([draw.bitrate >= 0 for draw in found], 0.15)
    assert share(np.array([draw.swapped for draw in found]).ravel(), 0.5)
    songs = np.array([draw.songs for draw in found])
    # a remixed example may draw one song for all its stems
    assert np.mean((songs != songs[:, :1]).any(axis=1)) == pytest.approx(0.5 * 8 / 9, abs=0.06)


def test_stems_left_out_are_others_and_never_all_stems(tracks):
    found = draws(tracks, silent_target=0.2, target_only=0, leave_out=0.3)
    gains = np.array([draw.gains for draw in found])
    silent = gains[:, 0] == 0
    assert share(silent, 0.2)
    assert (gains[silent, 1:] != 0).all()
    assert share((gains[~silent, 1:] == 0).ravel(), 0.3)


def test_other_stems_are_lowered_and_equalized_in_their_share(tracks):
    found = draws(tracks, gain_db=0, silent_target=0, target_only=0, leave_out=0, loud_target=0.4,
                  equalize=0.3)  # fmt: skip
    decibels = 20 * np.log10(np.abs([draw.gains for draw in found]))
    assert np.abs(decibels[:, 0]).max() < 1e-4
    assert np.abs(decibels[:, 1:] - decibels[:, 1:2]).max() < 1e-4
    assert share(decibels[:, 1] < -1e-4, 0.4)
    assert -12.0 <= decibels.min() < -10.0
    curves = np.array([draw.curves for draw in found])
    assert share((curves != 0).any(axis=2).ravel(), 0.3)
    assert 8.0 < np.abs(curves).max() <= 9.0


def test_width_saturation_and_the_equalizer_of_the_mix_come_in_their_shares(tracks):
    shares = {"width": 0.3, "saturate": 0.2, "equalize_mix": 0.25, "equalize": 0.5}
    found = draws(tracks, leave_out=0, silent_target=0, target_only=0, **shares)
    widths = np.array([draw.widths for draw in found])
    drives = np.array([draw.drives for draw in found])
    curves = np.array([draw.mix_curve for draw in found])
    assert share((widths != 1).ravel(), 0.3)
    assert share(widths[widths != 1] < 0.5, 0.25)  # even from 0 to 2
    assert 0 <= widths.min() < 0.05
    assert 1.95 < widths.max() <= 2
    assert share((drives > 0).ravel(), 0.2)
    assert share(drives[drives > 0] < 3, 0.25)  # even from 0 to 12 dB
    assert 11.5 < drives.max() <= 12
    assert share((curves != 0).any(axis=1), 0.25)
    assert 5.5 < np.abs(curves).max() <= 6


def test_stems_left_out_take_no_filter(tracks):
    shares = {"saturate": 1, "equalize": 1}
    found = draws(tracks, 100, leave_out=0.5, silent_target=0.3, **shares)
    silent = np.array([draw.gains for draw in found]) == 0
    assert silent.any()
    assert not np.array([draw.curves for draw in found])[silent].any()
    assert not np.array([draw.drives for draw in found])[silent].any()


def test_further_augmentation_leaves_what_a_seed_draws_else_as_it_is(tracks):
    plain = draws(tracks, 20)
    further = draws(tracks, 20, width=1, saturate=1, equalize_mix=1)
    new = {"widths", "drives", "mix_curve"}
    for one, other in zip(plain, further, strict=True):
        for name in set(one._fields) - new:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert (other.widths != 1).all()


def test_targeted_cuts_hold_a_second_in_which_the_target_sounds(tracks):
    sounding = {0: [5, 30], 2: [7]}
    for draw in draws(tracks, 300, target_crops=1, speed=0.5):
        song, start, frames = int(draw.songs[0]), int(draw.starts[0]), int(draw.frames)
        assert song in sounding
        middles = [(second + 0.5) * RATE for second in sounding[song]]
        assert any(start <= middle <= start + frames for middle in middles)
        assert 0 <= start <= tracks[song].frames - frames


def test_stems_from_other_songs_are_cut_where_they_sound():
    drummers = [
        track("a", 60, [5], drums=[]),
        track("b", 20, [1], drums=[3, 17]),
        track("c", 8, []),
    ]
    settings = {"remix": 1, "speed": 0}
    for wanted in (1.0, 0.5):
        found = draws(drummers, 400, other_crops=wanted, **settings)
        drums = [(int(draw.songs[1]), int(draw.starts[1])) for draw in found]
        sounds = [
            song == 1 and any(start <= second * RATE <= start + 2 * RATE for second in (3.5, 17.5))
            for song, start in drums
        ]
        by_chance = 1 / 3 * 4 / 18  # that song, and a start within one of two stretches of 2 s
        assert share(sounds, wanted + (1 - wanted) * by_chance)
        assert {int(draw.songs[2]) for draw in found} == {0, 1, 2}  # nobody knows of a voice
    plain = draws(drummers, 50, **settings)
    for one, other in zip(plain, draws(drummers, 50, other_crops=1, **settings), strict=True):
        for name in set(one._fields) - {"songs", "starts", "lengths"}:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert one.songs[0] == other.songs[0]


def test_stems_of_the_target_s_own_song_keep_its_place():
    drummers = [track("a", 60, [5], drums=[40]), track("b", 20, [1], drums=[3])]
    for draw in draws(drummers, 100, other_crops=1, remix=0):
        assert len(set(draw.songs.tolist())) == len(set(draw.starts.tolist())) == 1


def test_without_targeted_cuts_every_song_and_place_is_drawn(tracks):
    found = draws(tracks, 300, target_crops=0, remix=0, speed=0)
    songs = [int(draw.songs[0]) for draw in found]
    assert set(songs) == {0, 1, 2}
    starts = [int(draw.starts[0]) / RATE for draw in found if draw.songs[0] == 0]
    assert min(starts) < 6
    assert 52 < max(starts) <= 58


def test_a_song_shorter_than_the_cut_starts_at_its_beginning():
    assert all(draw.starts[0] == 0 for draw in draws([track("short", 1, [0])], 50))


def test_a_draw_depends_on_its_number_and_the_seed_only(tracks):
    one, again = draws(tracks, 5), draws(tracks, 5)
    for first, second in zip(one, again, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
    other = draws(tracks, 5, gain_db=6)  # the default, said aloud
    np.testing.assert_array_equal(one[4].gains, other[4].gains)


def test_draws_do_not_depend_on_those_made_with_them(tracks):
    dice, songs = Dice(3, load_config("tiny")), SongTable.of_tracks(tracks, STEMS)
    together = dice.throw([3, 4], songs)
    alone = dice.throw([4], songs)
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_array_equal(a[1:], b)
    # the random numbers of one example are not those of the next, shifted
    assert len(np.unique(dice._chances(3))) == dice._chances(3).size
    assert not np.isin(dice._chances(3), dice._chances(4)).any()


def test_remixed_stems_come_from_the_other_songs(tracks):
    """Songs in memory, from two tables: the target's come first, all others far behind."""
    config = load_config("tiny", settings=["data.segment_seconds=2", "data.remix=0.5"])
    own = SongTable.of_tracks(tracks, STEMS, row=64)
    np.testing.assert_array_equal(
        own.firsts,
        [
            0,
            60 * RATE // 64 * 64 + 64 * (60 * RATE % 64 > 0),
            own.firsts[1] + -(-20 * RATE // 64) * 64,
        ],
    )
    levels = np.full((3, 8), 20, np.uint8)
    other = SongTable.of_levels([10**9, 10**9 + 400_000], [8 * RATE] * 2, [levels] * 2, RATE)
    found = Dice(3, config).throw(range(300), own, other)
    np.testing.assert_array_equal(found.firsts >= 10**9, found.borrowed)
    assert not found.borrowed[:, 0].any()
    assert share(found.borrowed[:, 1], 0.5)
    assert (found.borrowed[:, 1] == found.borrowed[:, 2]).all()
    assert (found.lengths[found.borrowed] == 8 * RATE).all()
    assert (found.starts[found.borrowed] <= 6 * RATE).all()
