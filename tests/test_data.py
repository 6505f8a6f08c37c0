"""The chain: sums, scale, repeatability, both readers, refusals."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from synthgen_tf.config import Config, load_config
from synthgen_tf.data import segment_reader, select_tracks
from synthgen_tf.data.chain import training_examples, validation_examples
from synthgen_tf.data.segment_reader import damage_explained
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import read_tracks

NO_AUGMENTATION = {
    "data.remix": 0,
    "data.gain_db": 0,
    "data.swap_channels": 0,
    "data.flip_polarity": 0,
    "data.mono": 0,
    "data.silent_target": 0,
    "data.target_only": 0,
    "data.leave_out": 0,
    "data.speed": 0,
    "data.limit": 0,
    "data.target_crops": 0,
    "model.normalisation": "none",
}


def plain(**changes):
    """A configuration that cuts and sums only, but for `changes` to section `data`."""
    settings = NO_AUGMENTATION | {f"data.{key}": value for key, value in changes.items()}
    return config_for_tests(*(f"{key}={value}" for key, value in settings.items()))


def config_for_tests(*settings):
    small = ["data.segment_seconds=0.5", "data.batch_size=4"]
    return load_config("tiny", settings=[*small, *settings])


def take(dataset, count=1):
    return [(mixture.numpy(), target.numpy()) for mixture, target in dataset.take(count)]


@pytest.fixture
def tracks(songs):
    return select_tracks(read_tracks(songs), "train", config_for_tests())


def test_shapes_and_scale(tracks):
    powers = []
    for mixture, target in take(training_examples(tracks, config_for_tests()), 3):
        assert mixture.shape == target.shape == (4, 22_050, 2)
        assert mixture.dtype == target.dtype == np.float32
        powers.extend(np.square(mixture).mean((1, 2)))
    powers = np.array(powers)
    np.testing.assert_allclose(powers[powers > 0], 1.0, rtol=1e-4)
    assert np.count_nonzero(powers) >= 6, "nearly all examples are silent"


def test_plain_examples_are_cuts_of_the_songs(tracks):
    """Without augmentation every example is a scaled piece of one track, target and all."""
    mixtures = [track.read("mixture") for track in tracks]
    targets = [track.read("synth") for track in tracks]
    for mixture, target in zip(*take(training_examples(tracks, plain()))[0], strict=True):
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


@pytest.mark.parametrize("channels", [1, 2])
def test_all_augmentation_at_once_gives_whole_examples(tracks, channels):
    shares = ("remix", "mono", "leave_out", "loud_target", "width", "saturate", "equalize",
              "equalize_mix", "speed", "limit", "code")  # fmt: skip
    settings = [f"data.{name}=0.5" for name in shares]
    config = load_config("tiny", settings=[*settings, f"model.channels={channels}"])
    mixture, target = next(iter(training_examples(tracks, config)))
    assert mixture.shape == target.shape == (config.data.batch_size, config.segment, channels)
    assert np.isfinite(mixture).all()
    power = np.square(mixture).mean((1, 2))
    silent = power == 0.0  # all stems that sound there were left out
    np.testing.assert_allclose(power[~silent], 1.0, rtol=1e-4)
    assert not target.numpy()[silent].any()
    assert silent.sum() < len(silent) // 2


def test_what_is_limited_comes_at_the_level_of_all_else(tracks):
    config = plain(limit=1, limit_db=12).model_dump()
    config["model"]["normalisation"] = "rms"
    before = take(training_examples(tracks, plain()), 2)
    after = take(training_examples(tracks, Config.model_validate(config)), 2)
    for (mixture, _), (limited, _) in zip(before, after, strict=True):
        heard = mixture.any(axis=(1, 2))
        crests = []
        for batch in (mixture[heard], limited[heard]):
            crests.append(np.abs(batch).max((1, 2)) / np.sqrt(np.square(batch).mean((1, 2))))
        assert (crests[1] < crests[0]).all()
        np.testing.assert_allclose(np.square(limited[heard]).mean((1, 2)), 1.0, rtol=1e-4)


def test_silent_target_and_target_only(tracks):
    for mixture, target in take(training_examples(tracks, plain(silent_target=1)), 2):
        assert mixture.any()
        assert not target.any()
    for mixture, target in take(training_examples(tracks, plain(target_only=1)), 2):
        np.testing.assert_array_equal(mixture, target)


def test_swap_polarity_mono_and_gain_against_the_plain_example(tracks):
    before, target = take(training_examples(tracks, plain()))[0]
    swapped, _ = take(training_examples(tracks, plain(swap_channels=1)))[0]
    np.testing.assert_array_equal(swapped, before[:, :, ::-1])
    flipped, _ = take(training_examples(tracks, plain(flip_polarity=1)))[0]
    np.testing.assert_array_equal(flipped, -before)
    mono, mono_target = take(training_examples(tracks, plain(mono=1)))[0]
    np.testing.assert_allclose(mono[:, :, 0], before.mean(axis=2), atol=1e-6)
    np.testing.assert_array_equal(mono[:, :, 0], mono[:, :, 1])
    np.testing.assert_allclose(mono_target[:, :, 1], target.mean(axis=2), atol=1e-6)
    _, louder = take(training_examples(tracks, plain(gain_db=6)))[0]
    gains = [np.vdot(a, b) / np.vdot(b, b) for a, b in zip(louder, target, strict=True) if b.any()]
    decibels = 20 * np.log10(gains)
    assert np.abs(decibels).max() <= 6.0
    assert np.ptp(decibels) > 1.0


def test_speed_changes_pitch_and_length_of_what_is_read(tmp_path):
    """A sine of 1000 Hz comes out within the range, somewhere else each time."""
    time = np.arange(10 * 44_100) / 44_100
    for name in ("train/a", "valid/b"):
        (tmp_path / name).mkdir(parents=True)
        tone = np.sin(2000 * np.pi * time) / 2
        soundfile.write(tmp_path / name / "synth.wav", tone, 44_100)
        soundfile.write(tmp_path / name / "drums.wav", np.zeros(len(time)), 44_100)
    config = plain(speed=1, speed_semitones=12)
    tracks = select_tracks(read_tracks(tmp_path), "train", config)
    heard = []
    for mixture, target in take(training_examples(tracks, config), 4):
        np.testing.assert_array_equal(mixture, target)
        for example in mixture:
            assert np.abs(example[-100:]).max() > 0.4  # cut long enough, not padded
            heard.append(np.argmax(np.abs(np.fft.rfft(example[:, 0]))) * 44_100 / len(example))
    assert 500 <= min(heard) < 800
    assert 1300 < max(heard) <= 2000


def test_remix_mixes_songs(tracks):
    """A remixed target alone is still a piece of a song, its mixture is none."""
    config = plain(remix=1)
    targets = [track.read("synth") for track in tracks]
    mixtures = [track.read("mixture") for track in tracks]
    mixture, target = take(training_examples(tracks, config))[0]
    assert find(target[0], targets)
    with pytest.raises(AssertionError, match="no piece"):
        find(mixture[0], mixtures)


@pytest.mark.skipif(segment_reader.tfio is None, reason="tensorflow-io has no build here")
def test_both_readers_are_bit_equal(tracks, monkeypatch):
    """Also while a second data set reads the same files, as validation does during training."""
    config = config_for_tests()
    beside = iter(training_examples(tracks, config_for_tests("seed=1")))
    with_tensorflow_io = []
    for batch in training_examples(tracks, config).take(12):
        next(beside)
        with_tensorflow_io.append([part.numpy() for part in batch])
    monkeypatch.setattr(segment_reader, "tfio", None)
    with_soundfile = take(training_examples(tracks, config), 12)
    for one, other in zip(with_tensorflow_io, with_soundfile, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.skipif(segment_reader.tfio is None, reason="tensorflow-io has no build here")
def test_both_readers_agree_on_mono_files_and_missing_stems(tmp_path, monkeypatch):
    write_folders(tmp_path, {"train/a": ["synth"], "train/b": ["synth", "drums"], "valid/c": []})
    config = config_for_tests()
    tracks = select_tracks(read_tracks(tmp_path), "train", config)
    assert segment_reader.segment_reader(tracks, ["synth", "drums"])[1] is None  # tensorflow-io's
    with_tensorflow_io = take(training_examples(tracks, config), 8)
    monkeypatch.setattr(segment_reader, "tfio", None)
    for one, other in zip(
        with_tensorflow_io, take(training_examples(tracks, config), 8), strict=True
    ):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_stems_that_came_from_a_pipe_are_trained_on(tmp_path, size):
    """Their headers hold no length, which tensorflow-io takes for none or for an error."""
    write_folders(tmp_path, {"train/a": ["synth"], "train/b": ["synth", "drums"], "valid/c": []})
    config = config_for_tests()
    tracks = select_tracks(read_tracks(tmp_path), "train", config)
    whole = take(training_examples(tracks, config), 4)
    for file in tmp_path.rglob("*.wav"):
        content = bytearray(file.read_bytes())
        content[4:8] = content[40:44] = size.to_bytes(4, "little")
        file.write_bytes(content)
    tracks = select_tracks(read_tracks(tmp_path), "train", config)
    for one, other in zip(whole, take(training_examples(tracks, config), 4), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def write_folders(root, stems_by_track):
    """One second of noise for each stem, the bass and the first mono, the others stereo."""
    noise = np.random.default_rng(0)
    for name, stems in stems_by_track.items():
        (root / name).mkdir(parents=True)
        for stem in ["bass", *stems]:
            channels = 1 if name.endswith("a") else 2
            sound = noise.uniform(-0.3, 0.3, (44_100, channels))
            soundfile.write(root / name / f"{stem}.wav", sound, 44_100, subtype="PCM_16")


@pytest.fixture(params=["graph", "python"])
def either_reader(request, monkeypatch):
    if request.param == "python":
        monkeypatch.setattr(segment_reader, "tfio", None)
    elif segment_reader.tfio is None:
        pytest.skip("tensorflow-io has no build here")


@pytest.mark.usefixtures("either_reader")
@pytest.mark.parametrize("damage", ["cut off", "does not exist"])
def test_a_file_that_breaks_in_mid_epoch_is_named(tmp_path, damage):
    """tensorflow-io reports a cut file as the end of the data, which nobody may take it for."""
    write_folders(tmp_path, {"train/a": ["synth"], "valid/b": ["synth"]})
    config = plain()
    tracks = select_tracks(read_tracks(tmp_path), "train", config)
    examples = iter(training_examples(tracks, config))
    next(examples)
    file = tmp_path / "train/a/bass.wav"
    content = file.read_bytes()
    file.unlink()
    if damage == "cut off":
        file.write_bytes(content[:2000])
    with pytest.raises(InputError, match=rf"bass\.wav.*{damage}"), damage_explained(tracks):
        list(itertools.islice(examples, 100))


def test_mirrored_replicas_share_each_batch(tracks):
    """Both halves together are the batch that one device gets."""
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    strategy = tf.distribute.MirroredStrategy(devices)
    assert strategy.num_replicas_in_sync == 2
    config = config_for_tests()
    whole = take(training_examples(tracks, config), 2)
    shared = iter(strategy.experimental_distribute_dataset(training_examples(tracks, config)))
    for mixture, target in whole:
        halves = [strategy.experimental_local_results(part) for part in next(shared)]
        np.testing.assert_array_equal(np.concatenate([half.numpy() for half in halves[0]]), mixture)
        np.testing.assert_array_equal(np.concatenate([half.numpy() for half in halves[1]]), target)


def test_hosts_share_the_examples_out_by_number(tracks):
    """As tf.data does it between hosts under this policy: every second batch each."""
    config = config_for_tests()
    examples = training_examples(tracks, config)
    policy = examples.options().experimental_distribute.auto_shard_policy
    assert policy == tf.data.experimental.AutoShardPolicy.DATA


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
    config = plain()
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


def test_named_validation_tracks(songs):
    tracks = read_tracks(songs)
    names = [track.name for track in tracks if track.split == "train"][1:3]
    config = config_for_tests(f"data.valid_tracks=[{', '.join(names)}]")
    assert [track.name for track in select_tracks(tracks, "valid", config)] == names
    trained = {track.name for track in select_tracks(tracks, "train", config)}
    assert len(trained) == 3  # the data set's own validation track among them
    assert not trained & set(names)
    wrong = config_for_tests(f"data.valid_tracks=[{names[0]}x]")
    with pytest.raises(InputError, match=rf"{names[0]}x.*nearest is '{names[0]}'"):
        select_tracks(tracks, "train", wrong)


@pytest.mark.parametrize("split", ["test", "far", "hard"])
def test_tests_of_their_own_are_never_trained_on(songs, split):
    tracks = read_tracks(songs)
    names = [track.name for track in tracks if track.split == "train"]
    tracks.append(replace(tracks[0], name="kept apart", split=split))
    for config in (config_for_tests(), config_for_tests(f"data.valid_tracks=[{names[1]}]")):
        for used in ("train", "valid"):
            chosen = select_tracks(tracks, used, config)
            assert "kept apart" not in {track.name for track in chosen}


def test_only_tracks_whose_target_holds_something(songs):
    tracks = [track for track in read_tracks(songs) if track.split == "train"]
    known = replace(tracks[1], holds={"synth": ("Synth Pad",)})
    config = config_for_tests("data.target_holds=Synth Pad")
    assert select_tracks([tracks[0], known], "train", config) == [known]
    with pytest.raises(InputError, match=r"'Synth Lead'.*known are Synth Pad"):
        select_tracks([known], "train", config_for_tests("data.target_holds=Synth Lead"))
