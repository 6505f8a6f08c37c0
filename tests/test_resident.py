"""Resident training: the device mixes as the tf.data chain does; small files, lost renderers."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from synthgen_tf.config import load_config
from synthgen_tf.data import mix
from synthgen_tf.data.chain import validation_examples
from synthgen_tf.data.draw import Dice, Draw
from synthgen_tf.data.example import Cuts
from synthgen_tf.data.normalise import normalise
from synthgen_tf.data.song_table import SongTable
from synthgen_tf.errors import InputError
from synthgen_tf.model import build_model
from synthgen_tf.resident import device_mix
from synthgen_tf.resident.feed import Feed
from synthgen_tf.resident.held_out import HeldOut
from synthgen_tf.resident.songs import ROW, MemoryTrack, shard_rows, shards_of_tracks
from synthgen_tf.runs import create_run, load_run, read_history
from synthgen_tf.runs.packed import PACKED, give_packed, pack, unpack

RATE = 44_100
STEMS = ("synth", "bass", "drums")


def song(name, frames, seed, split="train"):
    """A song of noise that grows from silence, so that every place sounds unlike the others."""
    random = np.random.default_rng(seed)
    noise = (
        random.standard_normal((len(STEMS), frames, 2)) * np.linspace(0.0, 3000.0, frames)[:, None]
    )
    levels = {"synth": np.full(-(-frames // RATE), 30, np.uint8)}
    stems = dict.fromkeys(STEMS, ())
    sound = noise.astype(np.int16)
    return MemoryTrack(name, split, stems, RATE, frames, 2, "PCM_16", levels=levels, sound=sound)


@pytest.fixture(scope="module")
def songs():
    return [song("a", 30_000, 1), song("b", 21_000, 2), song("c", 45_000, 3), song("d", 9_000, 4)]


ALL = {"remix": 0.5, "mono": 0.3, "silent_target": 0.1, "speed": 0.5, "limit": 0.5, "width": 0.5,
       "saturate": 0.5, "equalize": 0.4, "equalize_mix": 0.5, "loud_target": 0.5}  # fmt: skip


def configuration(batch=8, **data):
    settings = [f"data.{key}={value}" for key, value in data.items()]
    size = [f"data.batch_size={batch}", "data.segment_seconds=0.3"]
    return load_config("tiny", settings=[*size, *settings])


def shards(songs, config, rows=None):
    rows = rows or shard_rows([each.frames for each in songs], config.segment)
    return list(shards_of_tracks(songs, STEMS, 2, rows))


def arriving(made):
    """Shards as they get ready."""
    yield from made


def by_the_chain(songs, tables, draws, index, config):
    """An example as data.mix makes it, of cuts taken by hand."""
    cuts = []
    for stem in range(len(STEMS)):
        borrowed = int(draws.borrowed[index, stem])
        begins = list(tables[borrowed].firsts)
        track = songs[borrowed][begins.index(draws.firsts[index, stem])]
        start, frames = draws.starts[index, stem] // ROW * ROW, int(draws.frames[index])
        cut = track.sound[stem, start : start + frames].astype(np.float32) / 32768
        cuts.append(tf.constant(cut))
    draw = Draw(*(tf.constant(each[index]) for each in draws))
    cuts = mix.taken(Cuts.of(cuts), draw, config)
    return normalise(mix.mix(cuts, draw, config), config)


@pytest.mark.parametrize(
    ("steps", "tolerance"),
    [
        (["remix", "width", "limit", "mono", "equalize_mix", "loud_target"], 1e-4),
        (["saturate", "speed"], 2e-3),  # ends of the cut lie at whole rows
        (["equalize"], 1e-2),  # its filter reaches beyond them
        (list(ALL), 2e-2),
    ],
)
def test_the_device_mixes_as_the_chain_does(songs, steps, tolerance):
    plain = {"speed": 0, "limit": 0, "mono": 0}
    config = configuration(**plain | {step: ALL[step] for step in steps})
    own, other = (shards(each, config, 900)[0] for each in (songs[:2], songs[2:]))
    draws = Dice(3, config).throw(range(8), own.songs, other.songs)
    found = device_mix.mix(own.samples, other.samples, device_mix.plan(draws, config), config)
    found = normalise(found, config)
    sets, tables = (songs[:2], songs[2:]), (own.songs, other.songs)
    for index in range(8):
        expected = by_the_chain(sets, tables, draws, index, config)
        for ours, theirs in zip(found, expected, strict=True):
            ours, theirs = np.asarray(ours[index]), np.asarray(theirs)
            error = np.sqrt(np.mean(np.square(ours - theirs)))
            assert error < tolerance, (index, error)


def test_a_remixed_stem_is_the_other_shards(songs):
    config = configuration(remix=1, speed=0, limit=0, mono=0, silent_target=0, target_only=0,
                           leave_out=0, swap_channels=0, gain_db=0, flip_polarity=0)  # fmt: skip
    own, other = (shards(each, config, 900)[0] for each in (songs[:2], songs[2:]))
    draws = Dice(3, config).throw(range(8), own.songs, other.songs)
    plan = device_mix.plan(draws, config)
    found, target = normalise(device_mix.mix(own.samples, other.samples, plan, config), config)
    silent = own.samples * 0
    alone, _ = normalise(device_mix.mix(own.samples, silent, plan, config), config)
    for ours, expected in zip(np.asarray(alone), np.asarray(target), strict=True):
        np.testing.assert_allclose(ours / np.std(ours), expected / np.std(expected), atol=1e-3)
    assert np.std(found - target) > 0.1


def test_speed_is_as_exact_at_the_end_of_a_long_segment_as_at_its_start():
    config = load_config("tiny", settings=["data.segment_seconds=8", "data.speed=1"])
    frames = device_mix.cut_rows(config) * ROW
    wave = np.sin(2 * np.pi * 0.01 * np.arange(frames))[None, :, None].astype(np.float32)
    table = SongTable.of_levels([0], [frames], [np.full((1, 9), 20, np.uint8)], RATE)
    draws = Dice(1, config).throw([5], table)
    ratio = draws.frames[0] / config.segment
    assert abs(ratio - 1) > 0.01
    both = np.concatenate([wave, wave])
    found = np.asarray(device_mix.stretch(both, device_mix.plan(draws, config), config))[0, :, 0]
    places = (np.arange(config.segment) + 0.5) * ratio - 0.5
    expected = np.sin(2 * np.pi * 0.01 * places)
    # straight lines between samples: 0.05 % off at this pitch
    assert np.abs(found - expected)[10:-10].max() < 1e-3


def test_every_song_lies_whole_in_one_shard(songs):
    config = configuration()
    made = shards(songs, config)
    assert len({shard.samples.shape for shard in made}) == 1
    lengths = np.concatenate([shard.songs.lengths for shard in made])
    np.testing.assert_array_equal(lengths, [each.frames for each in songs])
    first = made[0]
    frames = first.samples.reshape(len(STEMS), -1, 2)
    for number, begin in enumerate(first.songs.firsts):
        np.testing.assert_array_equal(
            frames[:, begin : begin + songs[number].frames], songs[number].sound
        )


def test_validation_segments_are_the_chains(songs):
    config = configuration(valid_segments=2, batch=3)
    ours = HeldOut(songs, config)
    theirs = list(validation_examples(songs, config))
    assert len(ours) == len(theirs)
    for number, expected in enumerate(theirs):
        for found, wanted in zip(ours[number], expected, strict=True):
            np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_a_feed_takes_as_many_songs_as_there_is_room_for(songs):
    config, told = configuration(), []
    made = shards(songs, config, 900)
    size = made[0].samples.nbytes
    feed = Feed(arriving(made), len(STEMS), config, int(1.5 * size), tell=told.append)
    mixture, target = feed.batch()
    assert mixture.shape == target.shape == (8, config.segment, 2)
    np.testing.assert_allclose(np.mean(np.square(mixture), axis=(1, 2)), 1.0, rtol=1e-3)
    while not told:
        feed.batch()
    feed.close()
    assert told == [f"no room for more than {feed.songs} songs, the others are left out"]
    with pytest.raises(InputError, match="there is room for 0 MB: render fewer or shorter songs"):
        Feed(arriving(made), len(STEMS), config, 10, tell=told.append)


def test_a_step_is_the_same_whichever_it_began_with(songs):
    config = configuration()
    made = shards(songs, config)

    def third(first):
        feed = Feed(arriving(made[:1]), len(STEMS), config, 10**9, first)
        for _ in range(2 - first):
            feed.batch()
        batch = feed.batch()
        feed.close()
        return batch

    for one, other in zip(third(0), third(2), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_shard_without_songs_is_passed_over(songs):
    config = configuration()
    made = shards(songs, config)[0]
    nothing = SongTable.of_levels([], [], [], RATE)
    feed = Feed(arriving([replace(made, songs=nothing), made]), len(STEMS), config, 10**9)
    assert feed.songs == len(made.songs.lengths)
    feed.close()


def test_an_error_while_songs_are_read_is_told_where_training_runs(songs):
    def broken():
        raise InputError("file.wav is cut off")
        yield

    with pytest.raises(InputError, match=r"file\.wav is cut off"):
        Feed(broken(), len(STEMS), configuration(), 10**9)


def test_packed_weights_come_back_in_half_precision(tmp_path):
    config = configuration()
    keras.utils.set_random_seed(3)
    model = build_model(config)
    averages = [np.asarray(each) * 0.5 for each in model.trainable_variables]
    pack(tmp_path, model.get_weights(), averages)
    weights, found = unpack(tmp_path)
    for given, back in zip([*model.get_weights(), *averages], [*weights, *found], strict=True):
        np.testing.assert_allclose(back, given, rtol=1e-3, atol=1e-6)
        if given.ndim < 2:
            np.testing.assert_array_equal(back, given)
    other = build_model(config)
    give_packed(other, tmp_path)
    for variable, value in zip(other.trainable_variables, averages, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-3, atol=1e-6)


def test_parts_are_small_and_a_missing_one_is_told(tmp_path):
    pack(tmp_path, [np.ones((3000, 3000), np.float32)] * 2, [])
    parts = sorted((tmp_path / PACKED).iterdir())
    assert [part.name for part in parts] == ["part_0.npz", "part_1.npz"]
    assert max(part.stat().st_size for part in parts) < 18_100_000
    for part in parts:
        part.rename(tmp_path / "gone")
        with pytest.raises(InputError, match=r"a part is missing.*get all of its part_<n>\.npz"):
            unpack(tmp_path)
        (tmp_path / "gone").rename(part)


def test_a_run_with_small_files_only_can_be_loaded(tmp_path, songs):
    config = configuration()
    run = tmp_path / "run"
    create_run(run, config, "rendered: seed 0", more=["MIT"])
    with pytest.raises(InputError, match=r"holds no best\.keras yet"):
        load_run(run)
    model = build_model(config)
    pack(run, model.get_weights(), [np.asarray(each) for each in model.trainable_variables])
    loaded, _ = load_run(run)
    sound = np.random.default_rng(0).standard_normal((1, 5000, 2)).astype(np.float32)
    np.testing.assert_allclose(
        loaded.predict_on_batch(sound), model.predict_on_batch(sound), atol=2e-3
    )
    environment = json.loads((run / "environment.json").read_text())
    assert (environment["data"], environment["licences"]) == ("rendered: seed 0", ["MIT"])


def command(arguments, backend, tmp_path, blocked=()):
    """`synthgen ...` in a process of its own, on a backend, without some packages."""
    for name in blocked:
        (tmp_path / "blocked" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "blocked" / name / "__init__.py").write_text("raise ImportError('blocked')")
    path = os.pathsep.join([str(tmp_path / "blocked"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": path.strip(os.pathsep)}
    environment["JAX_PLATFORMS"] = "cpu"
    call = [sys.executable, "-m", "synthgen_tf", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, env=environment, timeout=600)


@pytest.mark.slow
def test_songs_are_rendered_while_jax_trains_and_tensorflow_takes_the_model(tmp_path):
    """The way to a GPU that has JAX and no TensorFlow, and back; then the run goes on."""
    pytest.importorskip("jax")
    run = tmp_path / "run"
    size = ["--set", "data.batch_size=2", "--set", "training.steps_per_epoch=3"]
    short = ["--set", "training.epochs=2", "--jobs", "2"]
    arguments = ["train", "--resident", "--render", "4", "--seconds", "9", "--preset", "tiny"]
    done = command(
        [*arguments, "--run", run, *size, *short], "jax", tmp_path, blocked=["tensorflow"]
    )
    assert done.returncode == 0, done.stderr[-2000:]
    environment = json.loads((run / "environment.json").read_text())
    assert environment["data"] == "rendered: seed 0, songs 0 to 3 of 9 s"
    assert environment["licences"] == ["MIT"]
    rows = read_history(run)
    assert [row["step"] for row in rows] == [3, 6]
    assert min(row["loss"] for row in rows) > 0.01  # of sound: silence has nothing to lose

    by_jax, _ = load_run(run)
    (run / "best.keras").unlink()
    (run / "backup" / "latest.weights.h5").unlink()
    (run / "MODEL_CARD.md").unlink()
    by_parts, _ = load_run(run)
    sound = np.random.default_rng(0).standard_normal((1, 9000, 2)).astype(np.float32)
    found = [each.predict_on_batch(sound) for each in (by_jax, by_parts)]
    assert np.sqrt(np.mean(np.square(found[0]))) > 0.1
    np.testing.assert_allclose(*found, atol=0.02)  # the last epoch need not be the best one

    again = ["train", "--resume", "--render", "2", "--seconds", "9", "--run", run, "--jobs", "2"]
    done = command([*again, "--set", "training.epochs=3"], "jax", tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [row["step"] for row in read_history(run)] == [3, 6, 9]
    environment = json.loads((run / "environment.json").read_text())
    assert environment["data"] == "rendered: seed 0, songs 4 to 5 of 9 s"
    assert (environment["rendered"], environment["rendered_valid"]) == (6, 2)
    assert (run / "best.keras").is_file()
    assert (run / "MODEL_CARD.md").is_file()


DYING = """
import os, sys
from synthgen_tf.render.sources import NO_SOURCES
from synthgen_tf.resident import renderers

real = renderers.render_song
def render_song(seed, index, seconds, sources):
    if index == 5:
        raise ValueError("a broken patch")
    if index == int(sys.argv[1]) or sys.argv[1] == "-1":
        os.kill(os.getpid(), 9)
    return real(seed, index, seconds, sources)
renderers.render_song = render_song
made = renderers.Renderers(6, 0, 1.0, NO_SOURCES, 2, tell=print)
counts = {}
for shard in made.finished():
    kept = made.shard(shard)
    counts[shard] = len(kept.songs.lengths)
    made.forget(shard)
    assert kept.samples.any() or not counts[shard], "a backend goes on reading it"
print(sorted(counts.items()))
"""


def dying(index):
    """Renderers of which one dies over a song, or all of them."""
    call = [sys.executable, "-c", DYING, str(index)]
    return subprocess.run(call, capture_output=True, text=True, timeout=300)


def test_a_renderer_that_fails_or_dies_costs_one_song():
    done = subprocess.run(
        [sys.executable, "-c", DYING, "3"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *told, counts = done.stdout.splitlines()
    assert sorted(told) == [
        "song 3 is lost: its renderer ended with exit code -9, 1 are left",
        "song 5 is lost: ValueError: a broken patch",
    ]
    assert counts == "[(0, 2), (1, 2), (2, 2)]"  # songs 0, 3, 4 and 5, 6, 7 are train's


def test_where_all_renderers_die_one_line_says_so():
    done = dying(-1)
    assert done.returncode == 1
    assert re.search("InputError: no song could be rendered.*`synthgen render`", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "backend", "words"),
    [
        (["--resident"], "tensorflow", "no --data given"),
        (["--render", "4", "--data", "."], "tensorflow", "train on one of them"),
        (["--jobs", "2", "--data", "."], "tensorflow", "are for --render SONGS"),
        (["--render", "4", "--seconds", "3"], "tensorflow", "--seconds is 3; expected 3.57"),
        (["--render", "4", "--jobs", "0"], "tensorflow", "'--jobs': Input should be greater"),
        (["--data", ".", "--seconds", "0"], "tensorflow", "'--seconds': Input should be greater"),
        (["--render", "1"], "tensorflow", "--render is 1; expected 2 songs or more"),
        (["--render", "4"], "theano", "expected tensorflow, jax, torch"),
        (["--resident", "--data", ".", "--strategy", "mirrored"], "tensorflow", "on one device"),
        (["--render", "4", "--set", "data.target=kazoo"], "tensorflow", "no stem 'kazoo'"),
        (["--render", "4", "--set", "model.channels=1"], "tensorflow", "channels is 1; expected 2"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(arguments, backend, words, tmp_path):
    done = command(["train", "--run", tmp_path / "run", *arguments], backend, tmp_path)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_backend_that_is_not_installed_is_named(tmp_path):
    pytest.importorskip("jax")
    if importlib.util.find_spec("torch"):
        pytest.skip("torch is installed")
    done = command(["train", "--run", tmp_path / "run", "--render", 4], "torch", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "synthgen: KERAS_BACKEND is torch and torch is not installed: pip install torch, or set "
        "KERAS_BACKEND to one that is\n",
    )
