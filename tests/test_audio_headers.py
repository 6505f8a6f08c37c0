"""WAV and AIFF whose headers hold no true length, and masks of channels."""

import struct

import numpy as np
import pytest
import soundfile
from encoding import ffmpeg, music, needs_ffmpeg, piped

from synthgen_tf import audio
from synthgen_tf.audio import headers, riff
from synthgen_tf.errors import InputError

pytestmark = [pytest.mark.filterwarnings("error"), needs_ffmpeg]

MUSIC = music(0.5)
SIZES = {  # of the samples, and of all after the first eight bytes
    "flac of a stream": (0, 0),
    "killed recorder": (0, 36),
    "lame, opusdec": (0x7FFFFFFF, 0x80000023),
    "arecord": (0x80000000, 0x80000024),
    "ffmpeg": (0xFFFFFFFF, 0xFFFFFFFF),
    "sox": (0x7FFFF000, 0x7FFFF024),
    "sox of AIFF": (0x7F000000, 0x7F000024),
    "only the whole": (0x12345678, 0xFFFFFFFF),
}


def wave(path, samples, data_size=None, riff_size=None, after=b"", order="<"):
    data = np.rint(samples * 32768).astype(order + "i2").tobytes()
    layout = struct.pack(order + "HHIIHH", 1, 2, 44_100, 176_400, 4, 16)
    data_size = len(data) if data_size is None else data_size
    riff_size = 36 + len(data) + len(after) if riff_size is None else riff_size
    head = b"RIFF" if order == "<" else b"RIFX"
    head += struct.pack(order + "I", riff_size) + b"WAVEfmt " + struct.pack(order + "I", 16)
    path.write_bytes(head + layout + b"data" + struct.pack(order + "I", data_size) + data + after)
    return path


def aiff(path, samples, frames, ssnd_size, form_size):
    data = np.rint(samples * 32768).astype(">i2").tobytes()
    rate = bytes.fromhex("400eac44000000000000")
    comm = b"COMM" + struct.pack(">IHIH", 18, 2, frames, 16) + rate
    ssnd = b"SSND" + struct.pack(">III", ssnd_size, 0, 0)
    path.write_bytes(b"FORM" + struct.pack(">I", form_size) + b"AIFF" + comm + ssnd + data)
    return path


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("writer", SIZES)
def test_wav_from_a_pipe_is_whole(tmp_path, writer, order):
    path = wave(tmp_path / "x.wav", MUSIC, *SIZES[writer], order=order)
    info = audio.probe(path)
    assert (info.frames, info.channels, info.sample_rate) == (len(MUSIC), 2, 44_100)
    np.testing.assert_array_equal(audio.read(path)[0], MUSIC)
    np.testing.assert_array_equal(audio.read(path, 5000, 700)[0], MUSIC[5000:5700])
    assert not audio.is_plain_wave(path)


@pytest.mark.parametrize(
    ("frames", "ssnd_size", "form_size"),
    [
        (0, 8, 0),  # flac
        (0, 0, 0),  # ffmpeg
        (0x1FC00000, 0x7F000008, 0x7F00002E),  # sox
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0x1FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF),
    ],
)
def test_aiff_from_a_pipe_is_whole(tmp_path, frames, ssnd_size, form_size):
    path = aiff(tmp_path / "x.aiff", MUSIC, frames, ssnd_size, form_size)
    assert audio.probe(path).frames == len(MUSIC)
    np.testing.assert_array_equal(audio.read(path)[0], MUSIC)


@pytest.mark.parametrize("name", ["wav", "aiff", "au", "caf", "w64", "flac"])
def test_what_ffmpeg_writes_to_a_pipe_is_whole(tmp_path, name):
    path = piped(tmp_path / f"x.{name}", MUSIC, "-f", name)
    np.testing.assert_array_equal(audio.read(path)[0], MUSIC)
    np.testing.assert_array_equal(audio.read(path, 5000, 700)[0], MUSIC[5000:5700])


def test_a_cut_file_is_no_pipe(tmp_path):
    whole = wave(tmp_path / "x.wav", MUSIC).read_bytes()
    assert audio.is_plain_wave(tmp_path / "x.wav")
    (tmp_path / "x.wav").write_bytes(whole[:-4000])
    with pytest.raises(InputError, match="cut off"):
        audio.probe(tmp_path / "x.wav")


def test_an_empty_wav_with_chunks_behind_is_empty(tmp_path):
    note = b"LIST" + struct.pack("<I", 4) + b"INFO"
    path = wave(tmp_path / "x.wav", MUSIC[:0], after=note)
    with pytest.raises(InputError, match="holds no sound"):
        audio.probe(path)
    path = wave(tmp_path / "x.wav", MUSIC[:0], riff_size=0, after=note)
    with pytest.raises(InputError, match="holds no sound"):
        audio.probe(path)


def test_wav_beyond_4_gb_is_told(tmp_path):
    path = wave(tmp_path / "x.wav", MUSIC)
    with path.open("r+b") as file:
        file.truncate(44 + (1 << 32) + 4 * len(MUSIC))  # sparse: needs no room
    with pytest.raises(InputError, match=r"more than the 4 GB .*`ffmpeg -ignore_length"):
        audio.probe(path)
    path = wave(tmp_path / "x.wav", MUSIC, *SIZES["ffmpeg"])
    with path.open("r+b") as file:
        file.truncate((1 << 32) + 5000)
    with pytest.raises(InputError, match="more than the 4 GB"):
        audio.probe(path)


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24"])
@pytest.mark.parametrize(("channels", "mask"), [(6, 0x3F), (6, 0x60F), (4, 0x107), (2, 0x600)])
def test_masks_of_channels_are_kept(tmp_path, channels, mask, subtype):
    samples = music(0.1, channels=channels)
    with audio.Writer(tmp_path / "x.wav", 44_100, channels, subtype, mask=mask) as writer:
        writer.write(samples)
    content = (tmp_path / "x.wav").read_bytes()
    at = content.index(b"fmt ")
    tag, told = struct.unpack("<H18xI", content[at + 8 : at + 32])
    assert (tag, told) == (0xFFFE, mask)
    assert audio.probe(tmp_path / "x.wav").mask == mask
    expected = audio.as_stored(samples, subtype)
    np.testing.assert_array_equal(audio.read(tmp_path / "x.wav")[0], expected)
    by_soundfile, _ = soundfile.read(tmp_path / "x.wav", dtype="float32")
    np.testing.assert_array_equal(by_soundfile, expected)
    by_ffmpeg = ffmpeg("-i", tmp_path / "x.wav", "-f", "f32le", "-")
    np.testing.assert_array_equal(np.frombuffer(by_ffmpeg, "<f4"), expected.ravel())


def test_format_of_a_float_wav_says_what_follows():
    plain = riff.header(44_100, 2, 4, 100, float32=True)
    at = plain.index(b"fmt ")
    size, tag, extra = struct.unpack("<IH14xH", plain[at + 4 : at + 26])
    assert (size, tag, extra) == (18, riff.IEEE_FLOAT, 0)
    assert plain[at + 26 :] == (
        b"fact" + struct.pack("<II", 4, 100) + b"data" + struct.pack("<I", 800)
    )
    assert riff.header(44_100, 2, 4, 100, True, mask=3) == plain
    integers = riff.header(44_100, 2, 2, 100, float32=False)
    assert struct.unpack("<I", integers[integers.index(b"fmt ") + 4 :][:4]) == (16,)


def test_no_header_at_all(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    assert headers.find_samples(tmp_path / "x.wav") is None
