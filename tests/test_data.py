"""The chain: sums, scale, repeatability, both readers, refusals."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from synthgen_tf.config import load_config
from synthgen_tf.data import reader, select_tracks, training_examples, validation_examples
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import read_tracks

PLAIN = ["data.remix=0", "data.gain_db=0", "data.swap_channels=0", "data.silent_target=0"]


def config_for_tests(*settings):
    small = ["data.segment_seconds=0.5", "data.batch_size=4"]
    return load_config("tiny", settings=[*small, *settings])


def take(dataset, count=1):
    return [(mixture.numpy(), target.numpy()) for mixture, target in dataset.take(count)]


@pytest.fixture
def tracks(songs):
    return select_tracks(read_tracks(songs), "train", config_for_tests())


def test_shapes_and_scale(tracks):
    for mixture, target in take(training_examples(tracks, config_for_tests()), 3):
        assert mixture.shape == target.shape == (4, 22_050, 2)
        assert mixture.dtype == target.dtype == np.float32
        np.testing.assert_allclose(np.square(mixture).mean((1, 2)), 1.0, rtol=1e-4)


def test_plain_examples_are_cuts_of_the_songs(tracks):
    """Without augmentation every example is a scaled piece of one track, target and all."""
    config = config_for_tests(*PLAIN, "model.normalisation=none")
    mixtures = [track.read("mixture") for track in tracks]
    targets = [track.read("synth") for track in tracks]
    for mixture, target in zip(*take(training_examples(tracks, config))[0], strict=True):
        song, start = find(mixture, mixtures)
        np.testing.assert_allclose(mixture, mixtures[song][start : start + 22_050], atol=1e-4)
        np.testing.assert_allclose(target, targets[song][start : start + 22_050], atol=1e-4)


def find(piece, songs):
    for i, song in enumerate(songs):
        hits = np.flatnonzero(np.abs(song[: -len(piece), 0] - piece[0, 0]) < 1e-5)
        for start in hits:
            if np.abs(song[start : start + len(piece)] - piece).max() < 1e-3:
                return i, start
    raise AssertionError("the example is no piece of any song")


def test_same_seed_same_examples_and_resumable(tracks):
    config = config_for_tests()
    first = take(training_examples(tracks, config), 3)
    again = take(training_examples(tracks, config), 3)
    later = take(training_examples(tracks, config, first=8))
    other = take(training_examples(tracks, config_for_tests("seed=1")))
    np.testing.assert_array_equal(first[1][0], again[1][0])
    np.testing.assert_array_equal(first[2][0], later[0][0])
    assert not np.array_equal(first[0][0], other[0][0])


def test_silent_target_share(tracks):
    batches = take(training_examples(tracks, config_for_tests("data.silent_target=1")), 2)
    assert all(not target.any() and mixture.any() for mixture, target in batches)


def test_swap_and_gain(tracks):
    plain = config_for_tests(*PLAIN, "model.normalisation=none")
    swapped = config_for_tests(*PLAIN[:2], "data.swap_channels=1", PLAIN[3])
    swapped = swapped.model_copy(update={"model": plain.model})
    before = take(training_examples(tracks, plain))[0][0]
    after = take(training_examples(tracks, swapped))[0][0]
    np.testing.assert_array_equal(after, before[:, :, ::-1])
    gained = take(training_examples(tracks, config_for_tests(*PLAIN[2:], PLAIN[0])))[0][0]
    assert not np.allclose(gained, take(training_examples(tracks, config_for_tests(*PLAIN)))[0][0])


def test_remix_mixes_songs(tracks):
    """A remixed target alone is still a piece of a song, its mixture is none."""
    config = config_for_tests("data.remix=1", *PLAIN[1:], "model.normalisation=none")
    targets = [track.read("synth") for track in tracks]
    mixtures = [track.read("mixture") for track in tracks]
    mixture, target = take(training_examples(tracks, config))[0]
    assert find(target[0], targets)
    with pytest.raises(AssertionError, match="no piece"):
        find(mixture[0], mixtures)


@pytest.mark.skipif(reader.tfio is None, reason="tensorflow-io has no build here")
def test_both_readers_are_bit_equal(tracks, monkeypatch):
    """Also while a second data set reads the same files, as validation does during training."""
    config = config_for_tests()
    beside = iter(training_examples(tracks, config_for_tests("seed=1")))
    with_tensorflow_io = []
    for batch in training_examples(tracks, config).take(12):
        next(beside)
        with_tensorflow_io.append([part.numpy() for part in batch])
    monkeypatch.setattr(reader, "tfio", None)
    with_soundfile = take(training_examples(tracks, config), 12)
    for one, other in zip(with_tensorflow_io, with_soundfile, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_validation_is_fixed_and_plain(songs):
    config = config_for_tests("data.valid_segments=3", "model.normalisation=none")
    tracks = select_tracks(read_tracks(songs), "valid", config)
    batches = take(validation_examples(tracks, config), 9)
    mixture = np.concatenate([mixture for mixture, _ in batches])
    assert mixture.shape == (3, 22_050, 2)
    whole = tracks[0].read("mixture")
    np.testing.assert_allclose(mixture[0], whole[:22_050], atol=1e-4)
    np.testing.assert_allclose(mixture[2], whole[-22_050:], atol=1e-4)
    np.testing.assert_array_equal(take(validation_examples(tracks, config))[0][0], mixture)


def test_song_shorter_than_a_segment_is_padded(tmp_path):
    for name in ("train/a", "valid/b"):
        (tmp_path / name).mkdir(parents=True)
        for stem in ("synth", "drums"):
            soundfile.write(tmp_path / name / f"{stem}.wav", np.full((1000, 1), 0.25), 44_100)
    config = config_for_tests(*PLAIN, "model.normalisation=none")
    tracks = select_tracks(read_tracks(tmp_path), "train", config)
    mixture, target = take(training_examples(tracks, config))[0]
    # mono spreads to both channels, silence follows
    np.testing.assert_allclose(mixture[0, :1000], 0.5, atol=1e-4)
    np.testing.assert_allclose(target[0, :1000], 0.25, atol=1e-4)
    assert not mixture[0, 1000:].any()


def test_refusals(songs):
    tracks = read_tracks(songs)
    with pytest.raises(InputError, match=r"'organ' stem.*synth.*data\.target"):
        select_tracks(tracks, "train", config_for_tests("data.target=organ"))
    with pytest.raises(InputError, match="no train tracks"):
        select_tracks(
            [track for track in tracks if track.split == "test"], "train", config_for_tests()
        )
    with pytest.raises(InputError, match=r"44100 Hz.*22050 Hz"):
        select_tracks(tracks, "train", config_for_tests("model.sample_rate=22050"))


def test_without_validation_tracks_some_training_tracks_are_lent(songs):
    tracks = [track for track in read_tracks(songs) if track.split != "valid"]
    config = config_for_tests()
    train = select_tracks(tracks, "train", config)
    valid = select_tracks(tracks, "valid", config)
    assert len(train) == 3
    assert len(valid) == 1
    assert valid[0] not in train
    lonely = [replace(tracks[0], split="train")]
    with pytest.raises(InputError, match="no valid tracks"):
        select_tracks(lonely, "valid", config)
