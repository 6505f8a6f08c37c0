"""Overlap-add and files against identities, plain definitions and exact sums."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from separating import FakePredictor, any_file, files_below, half, noise

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.separate import (
    FittedChannels,
    OutputFormat,
    Separator,
    crossfade_window,
    hop_of,
    overlap_add,
    separate_paths,
)
from synthgen_tf.separate import separator as separator_module

pytestmark = pytest.mark.filterwarnings("error")

SEGMENT = 64
STRANGE_NAME = "🎹 synth\nand  pad é.wav"


def in_pieces(samples, frames):
    return (samples[at : at + frames] for at in range(0, len(samples), frames))


def run(predict, samples, piece=50, segment=SEGMENT, **options):
    estimates = list(overlap_add(predict, in_pieces(samples, piece), segment, **options))
    return np.concatenate(estimates) if estimates else samples[:0]


# Overlap-add


def test_window_and_hop_by_hand():
    assert [hop_of(8), hop_of(8, 0.0), hop_of(8, 0.5), hop_of(1), hop_of(264_600)] == [
        *(6, 8, 4, 1),
        198_450,
    ]
    assert hop_of(65 * 8192) == 49 * 8192  # of 48.75
    assert hop_of(517 * 1024) == 388 * 1024  # no multiple of 8192: the next best
    rise = [0.146447, 0.853553]  # sin^2 of 1/8 and 3/8 of pi
    expected = [*rise, 1, 1, 1, 1, *rise[::-1]]
    np.testing.assert_allclose(crossfade_window(8), expected, atol=1e-6)
    np.testing.assert_array_equal(crossfade_window(5, 0.0), np.ones(5))
    assert crossfade_window(264_600).min() > 0


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("segment", [1, 2, 7, SEGMENT])
def test_identity_gives_the_input_back(overlap, segment):
    for frames in (1, 2, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 1001):
        samples = noise(frames, 2, seed=frames)
        result = run(lambda blocks: blocks, samples, segment=segment, overlap=overlap)
        assert result.shape == samples.shape
        assert np.abs(result - samples).max() < 1e-6


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.4, 0.75])
@pytest.mark.parametrize("frames", [1, 40, SEGMENT, 333])
def test_overlap_add_is_its_definition(overlap, frames):
    """With a predictor that treats each place of a block in its own way."""
    samples = noise(frames, 2)
    ramp = np.linspace(0, 1, SEGMENT, dtype=np.float32)[:, None]
    hop, window = hop_of(SEGMENT, overlap), crossfade_window(SEGMENT, overlap)[:, None]
    margin = SEGMENT - hop
    padded = np.pad(samples, ((margin, SEGMENT), (0, 0)))
    added, weights = np.zeros(padded.shape), np.zeros((len(padded), 1))
    for start in range(0, margin + frames, hop):
        place = slice(start, start + SEGMENT)
        block = np.pad(padded[place], ((0, SEGMENT - len(padded[place])), (0, 0)))
        estimate = (block * ramp * window)[: len(padded[place])]
        added[place] += estimate
        weights[place] += window[: len(estimate)]
    expected = (added / np.maximum(weights, 1e-9))[margin : margin + frames]
    result = run(lambda blocks: blocks * ramp, samples, overlap=overlap)
    np.testing.assert_allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize("piece", [1, 7, SEGMENT, 10_000])
def test_cutting_and_batches_change_nothing(piece):
    samples = noise(999)
    ramp = np.linspace(0, 1, SEGMENT, dtype=np.float32)[:, None]
    whole = run(lambda blocks: blocks * ramp, samples, piece=999, batch_size=1)
    for batch_size in (1, 3, 100):
        predictor = FakePredictor(lambda blocks: blocks * ramp)
        result = run(predictor, samples, piece=piece, batch_size=batch_size)
        np.testing.assert_array_equal(result, whole)
        assert max(shape[0] for shape in predictor.shapes) <= batch_size
        assert {shape[1:] for shape in predictor.shapes} == {(SEGMENT, 2)}


def test_gain_is_that_gain_without_seams():
    samples = noise(5000)
    np.testing.assert_allclose(run(half, samples), 0.5 * samples, atol=1e-7)
    ones = np.ones((5000, 1), np.float32)
    np.testing.assert_allclose(run(half, ones), 0.5 * ones, atol=1e-7)


def test_nothing_in_nothing_out():
    assert run(half, noise(0)).shape == (0, 2)
    assert run(half, noise(0), piece=1).shape == (0, 2)
    pieces = [noise(0), noise(3), noise(0)]
    assert sum(len(part) for part in overlap_add(half, pieces, SEGMENT)) == 3


@pytest.mark.parametrize("overlap", [-0.1, 0.95, 1.0])
def test_overlap_out_of_range(overlap):
    with pytest.raises(InputError, match="overlap"):
        Separator(FakePredictor(), overlap=overlap)


def test_blocks_of_a_network_are_the_whole_song():
    """Blocks begin where the network's frames do, so that only their ends can differ."""
    import keras

    from synthgen_tf.config import load_config
    from synthgen_tf.model import build_model

    keras.utils.set_random_seed(0)
    network = build_model(load_config("tiny"))
    random = np.random.default_rng(0)
    for weight in network.trainable_variables:  # masks far from what they start at
        if "mask" in weight.path:
            weight.assign(weight + random.normal(scale=0.3, size=weight.shape))
    mixture = noise(15 * 44_100) * np.repeat(random.uniform(0.1, 1, 15), 44_100)[:, None]
    mixture = mixture.astype(np.float32)
    whole = np.array(network(mixture[None]))[0]
    predictor = FakePredictor(network.predict_on_batch)
    blockwise = Separator(predictor, segment_seconds=5.0).separate(mixture, 44_100)["synth"]
    inner = slice(44_100, -44_100)
    error = np.square(blockwise - whole)[inner].sum() / np.square(whole)[inner].sum()
    assert 10 * np.log10(error) < -60
    gain = np.sqrt(np.square(whole).mean() / np.square(mixture).mean())
    assert np.std(whole / gain - mixture) > 0.02  # it does something


# Channels


def louder_right(blocks):
    return blocks * np.array([0.5, 1.0], np.float32)


@pytest.mark.parametrize(
    ("channels", "gains", "items"),
    [(1, [0.75], 1), (2, [0.5, 1.0], 1), (3, [0.5, 1.0, 0.75], 2), (6, [0.5, 1.0] * 3, 3)],
)
def test_channels_through_a_stereo_model(channels, gains, items):
    predictor = FakePredictor(louder_right)
    blocks = noise(5 * 10, channels).reshape(5, 10, channels)
    result = FittedChannels(predictor, channels, batch_size=100)(blocks)
    np.testing.assert_allclose(result, blocks * np.array(gains, np.float32), atol=1e-7)
    assert predictor.shapes == [(5 * items, 10, 2)]


def test_channels_through_a_mono_model_and_a_batch_limit():
    predictor = FakePredictor(half, channels=1)
    blocks = noise(5 * 10, 3).reshape(5, 10, 3)
    result = FittedChannels(predictor, 3, batch_size=4)(blocks)
    np.testing.assert_array_equal(result, 0.5 * blocks)
    assert [shape[0] for shape in predictor.shapes] == [4, 4, 4, 3]


def test_broken_models_are_told():
    samples = noise(100)
    with pytest.raises(ValueError, match="shape"):
        Separator(FakePredictor(lambda blocks: blocks[:, :-1])).separate(samples, 44_100)
    with pytest.raises(InputError, match="not finite"):
        Separator(FakePredictor(lambda blocks: blocks * np.nan)).separate(samples, 44_100)


def test_a_silent_channel_stays_silent_and_a_faint_one_faint():
    """Under a model of middle and sides, which gives each channel a part of the other."""

    def blurred(blocks):
        return blocks @ np.array([[0.6, 0.14], [0.14, 0.6]], np.float32)

    mixture = noise(30_000)
    for level in (0.0, 1e-4):
        mixture[:, 1] = level * mixture[:, 0]
        synth = Separator(FakePredictor(blurred)).separate(mixture, 44_100)["synth"]
        np.testing.assert_allclose(synth[:, 0], 0.6 * mixture[:, 0], atol=1e-4)
        power = np.square(synth[:, 1], dtype=np.float64).mean()
        assert power == pytest.approx(4 * np.square(mixture[:, 1]).mean(), rel=0.01)
    late = noise(30_000)
    late[:20_000, 1] = 0
    synth = Separator(FakePredictor(blurred)).separate(late, 44_100)["synth"]
    assert not synth[:15_000, 1].any()
    np.testing.assert_allclose(synth[25_000:], blurred(late[25_000:]), atol=1e-6)


# Arrays


@pytest.mark.parametrize("offset", [0.2, -0.05])
@pytest.mark.parametrize("seconds", [0.5, 3.3, 10.0])
def test_an_offset_is_no_part_of_the_stem(offset, seconds):
    """Half of the music is the stem, a bass note of 40 Hz with it, and nothing of the offset."""
    frames = round(seconds * 44_100)
    tone = 0.1 * np.sin(2 * np.pi * 40 * np.arange(frames) / 44_100)
    music = (noise(frames) + tone[:, None]).astype(np.float32)
    music -= music.mean(axis=0)
    mixture = music + np.array([offset, 0], np.float32)
    separator = Separator(FakePredictor(half, segment=3 * 44_100))
    plain = separator.separate(music, 44_100)["synth"]
    np.testing.assert_allclose(plain, 0.5 * music, atol=1e-6)
    parts = separator.separate(mixture, 44_100)
    assert np.abs((parts["synth"] - plain).mean(axis=0)).max() < 0.01 * abs(offset)
    assert np.abs(parts["synth"] - plain).max() < 0.1 * abs(offset)
    assert np.abs(parts["synth"] + parts["rest"] - mixture).max() < 1e-7
    alone = separator.separate(np.full((frames, 2), offset, np.float32), 44_100)
    assert not alone["synth"].any()


def test_a_long_block_is_as_long_as_the_music_and_comes_alone():
    predictor = FakePredictor(half, segment=4096)
    separator = Separator(predictor, segment_seconds=600)
    np.testing.assert_allclose(
        separator.separate(noise(20_000), 44_100)["synth"], 0.5 * noise(20_000), atol=1e-6
    )
    assert {shape[:2] for shape in predictor.shapes} == {(1, 20 * 1024)}
    predictor.shapes.clear()
    separator.separate(noise(1000), 44_100)
    assert {shape[1] for shape in predictor.shapes} == {4096}  # as the model likes it


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 192_000, 8000])
@pytest.mark.parametrize("shape", [(1,), (1, 2), (2, 1), (4097,), (30_001, 2), (5000, 3)])
def test_separate_keeps_shape_and_sum(sample_rate, shape):
    mixture = noise(shape[0], shape[1] if len(shape) > 1 else 1).reshape(shape)
    before = mixture.copy()
    told = []
    result = Separator(FakePredictor(half)).separate(mixture, sample_rate, told.append)
    assert list(result) == ["synth", "rest"]
    for part in result.values():
        assert (part.shape, part.dtype) == (shape, np.float32)
    assert np.abs(result["synth"] + result["rest"] - mixture).max() < 1e-7
    assert told == sorted(told)
    assert told[-1] == shape[0]
    np.testing.assert_array_equal(mixture, before)
    if sample_rate == 44_100:
        np.testing.assert_allclose(result["synth"], 0.5 * mixture, atol=1e-7)


@pytest.mark.parametrize("sample_rate", [48_000, 96_000, 32_000])
def test_resampling_does_not_shift(sample_rate):
    frames = sample_rate
    time = np.arange(frames)[:, None] / sample_rate
    pitches = np.array([[440.0, 3000.0]])
    tone = (0.5 * np.sin(2 * np.pi * pitches * time)).astype(np.float32)
    result = Separator(FakePredictor()).separate(tone, sample_rate)
    inner = slice(frames // 20, -frames // 20)
    error = np.mean(result["rest"][inner] ** 2) / np.mean(tone[inner] ** 2)
    assert 10 * np.log10(error) < -100
    # near the ends the filters see the silence around the file; still no step and no gap
    assert np.abs(result["rest"]).max() < 0.25


def test_float64_and_level():
    mixture = noise(5000).astype(np.float64)
    quiet = Separator(FakePredictor(half)).separate(mixture, 48_000)["synth"]
    loud = Separator(FakePredictor(half)).separate(64 * mixture, 48_000)["synth"]
    np.testing.assert_allclose(loud / 64, quiet, atol=1e-6)
    assert np.abs(loud).max() > 10


@pytest.mark.parametrize(
    ("mixture", "sample_rate", "words"),
    [
        (np.zeros((10, 2), np.int16), 44_100, "floating point"),
        (np.zeros((2, 44_100)), 44_100, "time, channels"),
        (np.zeros((1, 10, 2)), 44_100, "time, channels"),
        (np.zeros((0, 2)), 44_100, "one sample"),
        (np.full((10, 2), np.nan), 44_100, "not finite"),
        (np.full((10, 2), 1e300), 44_100, "not finite"),
        (np.zeros((10, 2)), 0, "sample rate"),
    ],
)
def test_arrays_that_cannot_be_separated(mixture, sample_rate, words):
    with pytest.raises(InputError, match=words):
        Separator(FakePredictor()).separate(mixture, sample_rate)


# Files


@pytest.mark.parametrize(
    ("name", "channels", "sample_rate", "subtype"),
    [
        ("x.wav", 1, 48_000, "PCM_24"),
        ("x.flac", 2, 44_100, None),
        ("x.mp3", 2, 44_100, None),
        ("x.mp3", 1, 48_000, None),
        ("x.m4a", 2, 48_000, None),
        ("x.wav", 3, 96_000, "FLOAT"),
        ("x.wav", 2, 22_050, "PCM_16"),
        (STRANGE_NAME, 2, 44_100, "FLOAT"),
    ],
)
def test_files_sum_to_the_input(tmp_path, name, channels, sample_rate, subtype):
    path = any_file(tmp_path / name, 30_001, channels, sample_rate, subtype)
    told = []
    files = (
        Separator(FakePredictor(half))
        .separate_file(path, tmp_path / "out", progress=told.append)
        .files
    )
    assert files == {
        "synth": tmp_path / "out" / "synth.wav",
        "rest": tmp_path / "out" / "rest.wav",
    }
    mixture, _ = audio.read(path)
    parts = {stem: audio.read(file)[0] for stem, file in files.items()}
    assert np.abs(parts["synth"] + parts["rest"] - mixture).max() < 1e-6
    assert told[-1] == len(mixture)
    for file in files.values():
        info = audio.probe(file)
        assert (info.sample_rate, info.channels) == (sample_rate, channels)
        assert (info.frames, info.subtype) == (len(mixture), "FLOAT")
    in_memory = Separator(FakePredictor(half)).separate(mixture, sample_rate)
    np.testing.assert_allclose(parts["synth"], in_memory["synth"], atol=1e-6)
    assert np.sqrt(np.mean(parts["synth"] ** 2)) > 0.05


@pytest.mark.parametrize("format", ["wav", "flac"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_integer_files_sum_exactly_even_where_the_stem_clamps(tmp_path, format, subtype):
    samples = audio.as_stored(noise(20_000, level=0.3).clip(-0.9, 0.9), subtype)
    with audio.Writer(tmp_path / "x.wav", 48_000, 2, subtype) as writer:
        writer.write(samples)
    separator = Separator(FakePredictor(lambda blocks: 1.37 * blocks))
    options = {"format": format, "subtype": subtype}
    files = separator.separate_file(tmp_path / "x.wav", tmp_path, **options).files
    parts = {stem: audio.read(file)[0].astype(np.float64) for stem, file in files.items()}
    assert np.abs(parts["synth"]).max() >= 0.9999  # clamped
    np.testing.assert_array_equal(parts["synth"] + parts["rest"], samples)


def test_one_stem_mp3_and_silence(tmp_path):
    path = any_file(tmp_path / "x.wav")
    silent = Separator(FakePredictor(lambda blocks: 0 * blocks))
    files = silent.separate_file(path, tmp_path / "a", stems=["synth"], format="mp3").files
    assert files_below(tmp_path / "a") == ["synth.mp3"]
    assert np.abs(audio.read(files["synth"])[0]).max() < 1e-3
    files = silent.separate_file(path, tmp_path / "b", stems=["rest", "rest"]).files
    assert files_below(tmp_path / "b") == ["rest.wav"]
    np.testing.assert_array_equal(audio.read(files["rest"])[0], audio.read(path)[0])


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_failing_half_way_leaves_nothing(tmp_path, error):
    path = any_file(tmp_path / "x.wav", 200_000)

    def fail_late(blocks, calls=[]):  # noqa: B006
        calls.append(1)
        if len(calls) > 5:
            raise error
        return blocks

    with pytest.raises(error):
        Separator(FakePredictor(fail_late)).separate_file(path, tmp_path / "out" / "x")
    assert files_below(tmp_path) == ["x.wav"]


def test_file_with_nan_at_its_end_leaves_nothing(tmp_path):
    samples = noise(200_000)
    samples[-1] = np.nan
    soundfile.write(tmp_path / "x.wav", samples, 44_100, "FLOAT")
    with pytest.raises(InputError, match="frame 199999"):
        Separator(FakePredictor()).separate_file(tmp_path / "x.wav", tmp_path / "out")
    assert files_below(tmp_path) == ["x.wav"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stems": ["drums"]}, "synth, rest"),
        ({"stems": []}, "synth, rest"),
        ({"format": "ogg"}, "wav, flac, mp3"),
        ({"format": "flac", "subtype": "FLOAT"}, "PCM_24"),
    ],
)
def test_bad_choices(tmp_path, options, words):
    path = any_file(tmp_path / "x.wav")
    with pytest.raises(InputError, match=words):
        Separator(FakePredictor()).separate_file(path, tmp_path / "out", **options)
    with pytest.raises(InputError, match=words):
        separate_paths(Separator(FakePredictor()), [path], tmp_path / "out", **options)
    assert files_below(tmp_path) == ["x.wav"]


def test_an_output_format_is_whole_once_it_is_made(tmp_path):
    plain = OutputFormat()
    assert (plain.stems, plain.format, plain.subtype, plain.clip) == (None, "wav", "FLOAT", "clamp")
    assert plain.of_model(["synth", "rest"]).settings == "synth+rest wav FLOAT clamp"
    chosen = OutputFormat(["rest", "synth", "rest"], "flac", clip="none").of_model(
        ["synth", "rest"]
    )
    assert chosen == OutputFormat(("rest", "synth"), "flac", "PCM_24", "none")
    assert chosen.files(tmp_path) == {
        "rest": tmp_path / "rest.flac",
        "synth": tmp_path / "synth.flac",
    }
    assert OutputFormat(["rest"], "mp3", clip="rescale").settings == "rest mp3  rescale"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "ogg"}, "unknown format 'ogg': choose one of wav, flac, mp3"),
        ({"format": "mp3", "subtype": "PCM_16"}, "mp3 has no subtype, 'PCM_16' was given"),
        ({"clip": "wrap"}, "unknown clip policy 'wrap': choose one of clamp, rescale, none"),
    ],
)
def test_an_output_format_that_cannot_be_is_never_made(options, words):
    with pytest.raises(InputError, match=words):
        OutputFormat(**options)


def test_input_is_never_its_own_output(tmp_path):
    path = any_file(tmp_path / "rest.wav")
    content = path.read_bytes()
    with pytest.raises(InputError, match="another output folder"):
        Separator(FakePredictor()).separate_file(path, tmp_path)
    assert path.read_bytes() == content
    assert files_below(tmp_path) == ["rest.wav"]


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
def test_memory_is_bounded_by_the_block(tmp_path, monkeypatch, sample_rate):
    monkeypatch.setattr(separator_module, "BLOCK_FRAMES", 4096)
    minute = noise(sample_rate, 1, level=0.1)
    with audio.Writer(tmp_path / "x.wav", sample_rate, 1, "PCM_16") as writer:
        for _ in range(90):
            writer.write(minute)
    predictor = FakePredictor(half, channels=1, segment=8192)
    separator = Separator(predictor)
    tracemalloc.start()
    separator.separate_file(tmp_path / "x.wav", tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert audio.probe(tmp_path / "out" / "rest.wav").frames == 90 * sample_rate
    assert max(np.prod(shape) for shape in predictor.shapes) == 4 * 8192
    assert peak < 3_000_000 < 90 * sample_rate * 4 / 5


# Batches


def test_folders_keep_their_tree(tmp_path):
    for name in ("in/a/song.wav", "in/a/b/song.flac", "in/c.mp3", "in/.hidden.wav", "in/x.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("x")
        else:
            any_file(tmp_path / name, 2000)
    out = tmp_path / "out"
    result = separate_paths(Separator(FakePredictor(half)), [tmp_path / "in"], out, stems=["synth"])
    assert not result.failed
    assert [file for file in files_below(out) if file.endswith(".wav")] == [
        "a/b/song/synth.wav",
        "a/song/synth.wav",
        "c/synth.wav",
    ]
    assert result.done[tmp_path / "in" / "c.mp3"] == {"synth": out / "c" / "synth.wav"}


def test_inputs_of_one_name_get_folders_of_their_own(tmp_path):
    names = ["song.wav", "song.mp3", "a/song.wav", "b/SONG.wav", "song_2.wav", "...wav"]
    inputs = [any_file(tmp_path / name, 2000 + i) for i, name in enumerate(names[:-1])]
    inputs.append(any_file(tmp_path / "plain.wav", 100).rename(tmp_path / names[-1]))
    out = tmp_path / "out"
    result = separate_paths(Separator(FakePredictor()), [*inputs, inputs[0]], out)
    folders = [next(iter(result.done[path].values())).parent for path in inputs]
    assert [folder.relative_to(out).as_posix() for folder in folders] == [
        *("song", "song_3", "song_4", "SONG_5", "song_2", "unnamed"),
    ]
    for path, files in result.done.items():
        total = sum(audio.read(file)[0] for file in files.values())
        assert np.abs(total - audio.read(path)[0]).max() < 1e-6


def test_bad_files_among_good_ones_are_told_and_skipped(tmp_path):
    good = any_file(tmp_path / "good.wav", 2000)
    (tmp_path / "text.wav").write_text("no music")
    late = noise(100_000)
    late[-1] = np.inf
    soundfile.write(tmp_path / "late.wav", late, 44_100, "FLOAT")
    (tmp_path / "empty").mkdir()
    names = ["text.wav", "late.wav", "missing.wav", "empty", "x" * 300]
    inputs = [tmp_path / "text.wav", tmp_path / "late.wav", good]
    inputs += [tmp_path / name for name in names[2:]]
    out = tmp_path / "out"
    result = separate_paths(Separator(FakePredictor()), inputs, out)
    assert list(result.done) == [good]
    assert {path.name for path in result.failed} == set(names)
    assert all(line.isprintable() for line in result.failed.values())
    assert files_below(out) == [
        *("good", "good/rest.wav", "good/synth.wav", "separated.csv"),
    ]


@pytest.mark.parametrize("name", ["text.wav", "missing.wav", "empty", "late.wav"])
def test_single_bad_input_is_an_error_and_leaves_nothing(tmp_path, name):
    (tmp_path / "text.wav").write_text("no music")
    (tmp_path / "empty").mkdir()
    late = noise(100_000)
    late[-1] = np.inf
    soundfile.write(tmp_path / "late.wav", late, 44_100, "FLOAT")
    before = files_below(tmp_path)
    with pytest.raises(InputError):
        separate_paths(Separator(FakePredictor()), [tmp_path / name], tmp_path / "out" / "deep")
    assert files_below(tmp_path) == before


def test_output_in_the_input_folder(tmp_path):
    song = any_file(tmp_path / "song.wav", 2000)
    content = song.read_bytes()
    separator = Separator(FakePredictor())
    for _ in range(2):  # what the first run left in `out` is no input of the second
        result = separate_paths(separator, [tmp_path], tmp_path / "out")
        assert list(result.done or result.skipped) == [song]
    (tmp_path / "out").rename(tmp_path.parent / "elsewhere")
    separate_paths(separator, [tmp_path], tmp_path)
    assert files_below(tmp_path) == [
        *("separated.csv", "song", "song.wav", "song/rest.wav", "song/synth.wav"),
    ]
    with pytest.raises(InputError, match="would be replaced"):
        separate_paths(separator, [tmp_path], tmp_path)
    separate_paths(separator, [song], tmp_path)  # by itself it may be done again
    assert song.read_bytes() == content


def test_no_inputs():
    with pytest.raises(InputError, match="no input"):
        separate_paths(Separator(FakePredictor()), [], Path("out"))
