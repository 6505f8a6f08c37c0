"""Files in and out against soundfile, hand-made headers and closed forms."""

import os
import signal
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from synthgen_tf import audio
from synthgen_tf.audio import riff
from synthgen_tf.errors import InputError
from synthgen_tf.files import shown

pytestmark = pytest.mark.filterwarnings("error")

STRANGE_NAME = "🎹 synth\nand  pad é.wav"


def noise(frames, channels=2, seed=0, level=0.2):
    generator = np.random.default_rng(seed)
    return (level * generator.standard_normal((frames, channels))).astype(np.float32)


def encode(path, samples, sample_rate=44_100, codec="aac"):
    """Write a file with PyAV: m4a, mp4, mov."""
    layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=sample_rate, layout=layout)
        planes = np.ascontiguousarray(samples.T)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate = sample_rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def any_file(path, samples, sample_rate=44_100):
    """Write a file of the kind that its name says."""
    if path.suffix in (".m4a", ".mp4", ".mov"):
        return encode(path, samples, sample_rate, "alac" if path.suffix == ".mov" else "aac")
    soundfile.write(path, samples, sample_rate)
    return path


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("x.wav", "FLOAT"),
        ("x.wav", "PCM_16"),
        ("x.wav", "PCM_24"),
        ("x.flac", "PCM_16"),
        ("x.flac", "PCM_24"),
    ],
)
@pytest.mark.parametrize(("frames", "channels"), [(1, 1), (1001, 1), (5000, 2), (777, 3)])
def test_what_is_written_is_read_back_exactly(tmp_path, name, subtype, frames, channels):
    samples = noise(frames, channels, level=0.6)  # some of it beyond full scale
    with audio.Writer(tmp_path / name, 48_000, channels, subtype) as writer:
        writer.write(samples[:300])
        writer.write(samples[300:])
    read, sample_rate = audio.read(tmp_path / name)
    np.testing.assert_array_equal(read, audio.as_stored(samples, subtype))
    by_soundfile, _ = soundfile.read(tmp_path / name, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(read, by_soundfile)
    info = audio.probe(tmp_path / name)
    assert (info.sample_rate, info.channels, info.frames) == (48_000, channels, frames)
    assert (info.subtype, sample_rate, read.dtype) == (subtype, 48_000, np.float32)
    assert info.seconds == pytest.approx(frames / 48_000)


def test_integers_round_to_nearest_and_clamp():
    samples = np.array([[0.5, 1.0, -1.0, 1.7, -3.0, 0.4 / 32768, -0.6 / 32768]], np.float32)
    stored = audio.as_stored(samples, "PCM_16") * 32768
    assert stored.tolist() == [[16384, 32767, -32768, 32767, -32768, 0, -1]]
    assert audio.as_stored(samples, "FLOAT") is samples


@pytest.mark.parametrize("name", ["x.wav", "x.flac"])
def test_16_bit_integers_are_written_as_they_are(tmp_path, name):
    steps = np.array([[0, 1], [-1, 32767], [-32768, 12345]], np.int16)
    with audio.Writer(tmp_path / name, 44_100, 2, "PCM_16") as writer:
        writer.write(steps)
    read, _ = soundfile.read(tmp_path / name, dtype="int16")
    np.testing.assert_array_equal(read, steps)
    with (
        pytest.raises(ValueError, match="int16, the file PCM_24: expected float32"),
        audio.Writer(tmp_path / name, 44_100, 2, "PCM_24") as writer,
    ):
        writer.write(steps)


def test_default_subtypes(tmp_path):
    for name, subtype in (("x.wav", "FLOAT"), ("x.flac", "PCM_24"), ("x.mp3", "MPEG_LAYER_III")):
        with audio.Writer(tmp_path / name, 44_100, 2) as writer:
            writer.write(noise(3000))
        assert audio.probe(tmp_path / name).subtype == subtype


def test_float_wav_has_the_same_bytes_each_time(tmp_path):
    for name in ("a.wav", "b.wav"):
        with audio.Writer(tmp_path / name, 44_100, 2) as writer:
            writer.write(noise(100))
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_mp3_keeps_level_and_length(tmp_path):
    time = np.arange(30_001) / 44_100
    tone = (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[:, None]
    with audio.Writer(tmp_path / "x.mp3", 44_100, 1) as writer:
        writer.write(tone)
    read, _ = audio.read(tmp_path / "x.mp3")
    assert read.shape == tone.shape
    inner = slice(3000, -3000)
    assert np.abs(read[inner] - tone[inner]).max() < 5e-3


@pytest.mark.parametrize(
    ("path", "options", "words"),
    [
        ("x.wav", {"subtype": "PCM_8"}, "FLOAT, PCM_16, PCM_24"),
        ("x.flac", {"subtype": "FLOAT"}, "PCM_24, PCM_16"),
        ("x.mp3", {"subtype": "PCM_16"}, "no subtype"),
        ("x.ogg", {}, "wav, flac, mp3"),
        ("x.mp3", {"channels": 3}, "one or two"),
        ("x.mp3", {"sample_rate": 96_000}, "48000"),
        ("x.flac", {"channels": 9}, "up to 8"),
    ],
)
def test_writer_refuses_what_a_format_cannot_hold(tmp_path, path, options, words):
    options = {"sample_rate": 44_100, "channels": 2, **options}
    with pytest.raises(InputError, match=words):
        audio.Writer(tmp_path / path, **options)
    assert not list(tmp_path.iterdir())


def test_writer_in_no_folder(tmp_path):
    with (
        pytest.raises(InputError, match="cannot write"),
        audio.Writer(tmp_path / "no" / "x.wav", 44_100, 2),
    ):
        pass


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.mp3"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_writer_leaves_no_half_file(tmp_path, name, error):
    def write_and_stop():
        with audio.Writer(tmp_path / name, 44_100, 2) as writer:
            writer.write(noise(5000))
            raise error

    with pytest.raises(error):
        write_and_stop()
    assert not list(tmp_path.iterdir())

    (tmp_path / name).write_bytes(b"older")
    with pytest.raises(error):
        write_and_stop()
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(name, b"older")]


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_killed_writer_leaves_no_file_of_that_name(tmp_path, stop):
    script = (
        "import sys, time, numpy as np\n"
        "from pathlib import Path\n"
        "from synthgen_tf import audio\n"
        "with audio.Writer(Path(sys.argv[1]), 44100, 2) as writer:\n"
        "    writer.write(np.zeros((100000, 2), np.float32))\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "x.wav")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline().strip() == b"writing"
        process.send_signal(stop)
        process.wait(20)
    assert not (tmp_path / "x.wav").exists()
    left = list(tmp_path.iterdir())
    assert not left if stop == signal.SIGINT else all(file.name[0] == "." for file in left)


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_24"])
def test_wav_becomes_rf64_when_it_outgrows_riff(tmp_path, monkeypatch, subtype):
    monkeypatch.setattr(riff, "RIFF_LIMIT", 1000)
    samples = noise(999, 1)
    with audio.Writer(tmp_path / "x.wav", 44_100, 1, subtype) as writer:
        writer.write(samples)
    content = (tmp_path / "x.wav").read_bytes()
    assert content[:4] == b"RF64"
    assert struct.unpack("<Q", content[20:28])[0] == len(content) - 8
    assert soundfile.info(tmp_path / "x.wav").format == "RF64"
    read, _ = audio.read(tmp_path / "x.wav")
    np.testing.assert_array_equal(read, audio.as_stored(samples, subtype))
    cut = tmp_path / "cut.wav"
    cut.write_bytes((tmp_path / "x.wav").read_bytes()[:-500])
    with pytest.raises(InputError, match="cut off"):
        audio.probe(cut)


def test_header_of_a_large_file():
    frames = 2**29 + 1  # of 8 bytes: 4 GB and a little
    small = riff.header(44_100, 2, 4, 100, float32=True)
    large = riff.header(44_100, 2, 4, frames, float32=True)
    assert len(small) == len(large)
    riff_bytes, data_bytes, counted = struct.unpack("<QQQ", large[20:44])
    assert (large[:4], large[12:16], counted, data_bytes) == (b"RF64", b"ds64", frames, 8 * frames)
    assert riff_bytes == len(large) - 8 + data_bytes


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.mp3", "x.ogg", "x.aiff", "x.m4a", "x.mov"])
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_and_parts_are_what_read_gives(tmp_path, name, channels):
    path = any_file(tmp_path / name, noise(20_011, channels))
    whole, sample_rate = audio.read(path)
    assert (whole.shape[1], sample_rate, whole.dtype) == (channels, 44_100, np.float32)
    for block_frames in (1000, 4096, 30_000):
        blocks = list(audio.blocks(path, block_frames))
        assert all(len(block) == block_frames for block in blocks[:-1])
        np.testing.assert_array_equal(np.concatenate(blocks), whole)
    for start, frames in ((0, 1), (1, 1000), (5000, None), (7777, 5000), (20_000, 90_000)):
        end = None if frames is None else start + frames
        part, _ = audio.read(path, start, frames)
        assert part.shape == whole[start:end].shape
        last_bit = 2e-7 if name == "x.mp3" else 0.0
        assert np.abs(part - whole[start:end]).max() <= last_bit
    assert audio.read(path, 10**6)[0].shape == (0, channels)
    with pytest.raises(ValueError, match="start -1"):
        audio.read(path, -1)


def test_lossless_container_is_exact_and_lossy_is_near(tmp_path):
    time = np.arange(40_000)[:, None] / 44_100
    tone = (0.5 * np.sin(2 * np.pi * np.array([[440, 550]]) * time)).astype(np.float32)
    soundfile.write(tmp_path / "x.wav", tone, 44_100)
    exact, _ = audio.read(tmp_path / "x.wav")
    assert (
        np.abs(audio.read(encode(tmp_path / "x.mov", exact, codec="alac"))[0] - exact).max() < 4e-5
    )
    decoded, _ = audio.read(encode(tmp_path / "x.m4a", exact))
    level = np.sqrt(np.mean(decoded[4000:36_000] ** 2))
    assert level == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    info = audio.probe(tmp_path / "x.m4a")
    assert (info.frames, info.subtype, info.sample_rate, info.channels) == (None, "AAC", 44_100, 2)
    assert info.seconds == pytest.approx(40_000 / 44_100, abs=0.1)


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def without_channels(path):
    content = bytearray(path.read_bytes())
    content[22:24] = b"\0\0"
    path.write_bytes(content)
    return path


def holding(path, value):
    samples = noise(70_000)
    samples[66_000, 1] = value
    soundfile.write(path, samples, 44_100, subtype="FLOAT")
    return path


def text(path, words="this is not music\n" * 50):
    path.write_text(words)
    return path


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nsecret.m4a\n#EXT-X-ENDLIST\n"


def playlist(folder, name, words):
    """ffmpeg by itself would play the file that the words name."""
    any_file(folder / "secret.m4a", noise(5000))
    return text(folder / name, words)


BAD = {
    "missing": (lambda d: d / "x.wav", "does not exist"),
    "folder": (lambda d: d, "is a folder"),
    "empty": (lambda d: text(d / "x.wav", ""), "is empty"),
    "text": (lambda d: text(d / "x.wav"), "not audio"),
    "raw": (lambda d: text(d / "x.raw"), "raw samples"),
    "playlist": (lambda d: playlist(d, "x.m3u8", PLAYLIST), "not audio"),
    "concat": (
        lambda d: playlist(d, "x.wav", "ffconcat version 1.0\nfile secret.m4a\n"),
        "not audio",
    ),
    "name too long": (lambda d: d / ("x" * 300 + ".wav"), "too long"),
    "no samples": (lambda d: any_file(d / "x.wav", noise(0)), "holds no sound"),
    "no channels": (lambda d: without_channels(any_file(d / "x.wav", noise(9))), "Channel count"),
    "cut wav": (lambda d: cut(any_file(d / "x.wav", noise(9000)), 0.9), "cut off"),
    "cut in header": (lambda d: cut(any_file(d / "x.wav", noise(9)), 0.3), "not audio|no sound"),
    "cut aiff": (lambda d: cut(any_file(d / "x.aiff", noise(9000)), 0.9), "cut off"),
    "cut flac": (lambda d: cut(any_file(d / "x.flac", noise(90_000)), 0.5), "cut off"),
    "cut m4a": (lambda d: cut(any_file(d / "x.m4a", noise(90_000)), 0.9), "cut off"),
    "nan": (lambda d: holding(d / "x.wav", np.nan), "not finite at frame 66000"),
    "infinite": (lambda d: holding(d / "x.wav", -np.inf), "not finite at frame 66000"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_refused_in_one_line(tmp_path, kind):
    make, words = BAD[kind]
    path = make(tmp_path)
    with pytest.raises(InputError, match=words) as caught:
        audio.read(path)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    with pytest.raises(InputError, match=words):
        list(audio.blocks(path, 1000))


def test_cut_mp3_is_refused(tmp_path, capfd):
    path = cut(any_file(tmp_path / "x.mp3", noise(44_100 * 4)), 0.5)
    with pytest.raises(InputError, match="cut off"):
        audio.read(path)


def test_wav_from_a_pipe_is_read(tmp_path):
    path = any_file(tmp_path / "x.wav", noise(1000))
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff" * 4  # as ffmpeg leaves them
    path.write_bytes(content)
    assert audio.read(path)[0].shape == (1000, 2)


def test_tags_that_are_no_text_do_not_matter(tmp_path):
    path = tmp_path / "x.m4a"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "A name that is broken"
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(noise(5000, 1).T), "fltp", "mono")
        frame.sample_rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    content = path.read_bytes()
    assert b"that is" in content
    path.write_bytes(content.replace(b"that is", b"\xff\xfe\xff\xff is"))
    assert len(audio.read(path)[0]) >= 5000


def test_video_without_sound_is_refused(tmp_path):
    with av.open(str(tmp_path / "x.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    with pytest.raises(InputError, match="no audio stream"):
        audio.probe(tmp_path / "x.mp4")


@pytest.mark.parametrize("name", [STRANGE_NAME, "a:b.m4a", "-x.wav", "x.WAV", "concat:x.wav"])
def test_strange_names(tmp_path, name):
    path = tmp_path / name
    if path.suffix == ".m4a":
        encode(tmp_path / "plain.m4a", noise(3000)).rename(path)
    else:
        with audio.Writer(path, 44_100, 2) as writer:
            writer.write(noise(3000))
    assert audio.read(path)[0].shape[1] == 2
    assert audio.find_audio(tmp_path) == [path]
    cut(path, 0.5)
    with pytest.raises(InputError) as caught:
        audio.probe(path)
    assert str(caught.value).isprintable()


@pytest.mark.skipif(sys.platform != "linux", reason="names that are not text")
def test_name_that_is_no_text(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/x\xff.flac"))
    with audio.Writer(path, 44_100, 2) as writer:
        writer.write(noise(100))
    assert audio.read(path)[0].shape == (100, 2)
    assert shown(path).endswith("x\\udcff.flac")


def test_find_audio(tmp_path):
    names = ["b.WAV", "a/z.mp3", "a/b/c.flac", ".hidden.wav", ".git/x.wav", "notes.txt", "a/x.m4a"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [file.relative_to(tmp_path).as_posix() for file in audio.find_audio(tmp_path)]
    assert found == ["a/b/c.flac", "a/x.m4a", "a/z.mp3", "b.WAV"]
    assert audio.find_audio(tmp_path / ".git") == [tmp_path / ".git" / "x.wav"]  # asked for
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="holds no audio"):
        audio.find_audio(tmp_path / "none")
    with pytest.raises(InputError, match="does not exist"):
        audio.find_audio(tmp_path / "no")


def test_new_folder_goes_again_after_an_error(tmp_path):
    (tmp_path / "old").mkdir()

    def fail(path, leave=None):
        with audio.new_folder(path):
            assert path.is_dir()
            if leave:
                (path / leave).touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path / "old" / "a" / "b")
    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path / "old")
    assert [path.name for path in tmp_path.rglob("*")] == ["old"]
    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path / "c" / "d", leave="kept")
    assert (tmp_path / "c" / "d" / "kept").exists()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make folder"), audio.new_folder(tmp_path / "file"):
        pass


@pytest.mark.parametrize(
    ("rate_from", "rate_to"), [(48_000, 44_100), (44_100, 48_000), (96_000, 44_100), (8000, 48_000)]
)
def test_resampled_tone_is_the_tone_at_the_other_rate(rate_from, rate_to):
    frames = rate_from // 2 + 1
    tone = np.sin(2 * np.pi * 1000 * np.arange(frames) / rate_from).astype(np.float32)
    result = audio.resample(tone, rate_from, rate_to)
    assert len(result) == round(frames * rate_to / rate_from)
    truth = np.sin(2 * np.pi * 1000 * np.arange(len(result)) / rate_to)
    inner = slice(rate_to // 10, -rate_to // 10)
    assert np.abs(result[inner] - truth[inner]).max() < 1e-5


@pytest.mark.parametrize("frames", [1, 2, 999, 50_001])
@pytest.mark.parametrize("cut_frames", [1, 777, 10**6])
def test_resampling_in_blocks_is_resampling_whole(frames, cut_frames):
    samples = noise(frames, 3)[: 2000 if cut_frames == 1 else None]
    pieces = (samples[at : at + cut_frames] for at in range(0, len(samples), cut_frames))
    streamed = np.concatenate(list(audio.resample_blocks(pieces, 48_000, 44_100, 3)))
    np.testing.assert_array_equal(streamed, audio.resample(samples, 48_000, 44_100))
    assert abs(len(streamed) - len(samples) * 44_100 / 48_000) <= 0.5


def test_no_resampling_changes_nothing():
    samples = noise(1000)
    np.testing.assert_array_equal(audio.resample(samples, 44_100, 44_100), samples)


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.mp3", "x.mov"])
def test_blocks_are_read_in_bounded_memory(tmp_path, name):
    path = any_file(tmp_path / name, np.tile(noise(16_000, 1), (60, 1)), 16_000)
    next(audio.blocks(path))  # imports are not what is measured
    tracemalloc.start()
    frames = sum(len(block) for block in audio.blocks(path, 4096))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames >= 60 * 16_000
    assert peak < 1_000_000 < frames * 4 / 3


def test_audio_and_separate_import_neither_tensorflow_nor_keras():
    heavy = "{'tensorflow', 'keras', 'av', 'rich', 'scipy'}"
    script = f"import sys, synthgen_tf.separate; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
