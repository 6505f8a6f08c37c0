"""Draws: shares as configured, cuts where the target sounds, nothing left to chance."""

import numpy as np
import pytest

from synthgen_tf.config import load_config
from synthgen_tf.data.draw import Dice, Draw, SongTable
from synthgen_tf.data.store import StoredTrack

RATE = 44_100
STEMS = ["synth", "drums", "vocals"]


def track(name, seconds, sounding):
    """A track whose target sounds in the given seconds only."""
    levels = np.full(seconds, 100, np.uint8)
    levels[list(sounding)] = 20
    return StoredTrack(
        name, "train", {}, RATE, seconds * RATE, 2, "PCM_16", levels={"synth": levels}
    )


def draws(tracks, count=1500, **data):
    settings = [f"data.{key}={value}" for key, value in data.items()]
    config = load_config("tiny", settings=["data.segment_seconds=2", *settings])
    dice, songs = Dice(len(STEMS), config), SongTable.of_tracks(tracks, "synth")
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


def test_targeted_cuts_hold_a_second_in_which_the_target_sounds(tracks):
    sounding = {0: [5, 30], 2: [7]}
    for draw in draws(tracks, 300, target_crops=1, speed=0.5):
        song, start, frames = int(draw.songs[0]), int(draw.starts[0]), int(draw.frames)
        assert song in sounding
        middles = [(second + 0.5) * RATE for second in sounding[song]]
        assert any(start <= middle <= start + frames for middle in middles)
        assert 0 <= start <= tracks[song].frames - frames


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
    dice, songs = Dice(3, load_config("tiny")), SongTable.of_tracks(tracks, "synth")
    together = dice.throw([3, 4], songs)
    alone = dice.throw([4], songs)
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_array_equal(a[1:], b)
    # the random numbers of one example are not those of the next, shifted
    assert len(np.unique(dice._chances(3))) == dice._chances(3).size
    assert not np.isin(dice._chances(3), dice._chances(4)).any()


def test_remixed_stems_come_from_the_other_songs(tracks):
    """Songs in memory, from two tables: the target's lie ahead of frame 10,000, all others after."""
    config = load_config("tiny", settings=["data.segment_seconds=2", "data.remix=0.5"])
    own = SongTable.of_tracks(tracks, "synth", row=64)
    np.testing.assert_array_equal(
        own.firsts,
        [
            0,
            60 * RATE // 64 * 64 + 64 * (60 * RATE % 64 > 0),
            own.firsts[1] + -(-20 * RATE // 64) * 64,
        ],
    )
    levels = np.full(8, 20, np.uint8)
    other = SongTable.of_levels([10**9, 10**9 + 400_000], [8 * RATE] * 2, [levels] * 2, RATE)
    found = Dice(3, config).throw(range(300), own, other)
    np.testing.assert_array_equal(found.firsts >= 10**9, found.borrowed)
    assert not found.borrowed[:, 0].any()
    assert share(found.borrowed[:, 1], 0.5)
    assert (found.borrowed[:, 1] == found.borrowed[:, 2]).all()
    assert (found.lengths[found.borrowed] == 8 * RATE).all()
    assert (found.starts[found.borrowed] <= 6 * RATE).all()
