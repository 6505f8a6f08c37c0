"""The page that separates in the browser: songs go in, stems come out as `separate` makes them."""

import io
import subprocess

import numpy as np
import pytest
import soundfile
from browsing import (
    MISSING,
    RATE,
    all_of,
    choose,
    find,
    heard,
    music,
    read,
    saved,
    snr,
    visit,
    write,
)
from encoding import PROTECTED, encoded
from serving import until

from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def separator():
    return Separator(load_predictor(engine="tflite"))


@pytest.mark.parametrize(("rate", "channels"), [(RATE, 2), (RATE, 1), (48_000, 2), (RATE, 8)])
def test_stems_are_those_of_separate(page, separator, tmp_path, rate, channels):
    song = music(14 if channels <= 2 else 3, rate, channels)
    states, shares, state = choose(page, write(tmp_path / "söng & <b>.wav", song, rate))
    assert state == "ready", find(page, "#message").text
    if channels <= 2:
        assert "separating" in states
        assert any(0 < share < 1 for share in shares)
    (synth, found), (rest, _) = (saved(page, tmp_path, stem) for stem in ("synth", "rest"))
    assert found == rate
    assert synth.shape == song.shape
    np.testing.assert_allclose(synth + rest, song, rtol=0, atol=6e-8)  # a rounding, not more
    expected = separator.separate(song, rate)
    assert snr(expected["synth"], synth) > 60


def test_16_bit_stems_sum_to_a_16_bit_song(page, tmp_path):
    song, _ = soundfile.read(write(tmp_path / "song.wav", music(3), subtype="PCM_16"))
    choose(page, tmp_path / "song.wav")
    stems = [saved(page, tmp_path, stem, "pcm16")[0] for stem in ("synth", "rest")]
    np.testing.assert_array_equal(stems[0] + stems[1], song.astype(np.float32))


@pytest.mark.parametrize(
    ("kind", "subtype", "error"),
    [
        *(("WAV", subtype, 6e-8) for subtype in ("PCM_U8", "PCM_24", "PCM_32", "DOUBLE")),
        ("WAVEX", "PCM_16", 6e-8),
        ("WAVEX", "FLOAT", 6e-8),
        ("RF64", "PCM_24", 6e-8),
        ("WAV", "ULAW", 1e-5),  # which the browser decodes
    ],
)
def test_wav_is_read_as_soundfile_reads_it(page, tmp_path, kind, subtype, error):
    path = tmp_path / "song.wav"
    soundfile.write(path, 0.9 * music(1, channels=3), RATE, subtype, format=kind)
    assert choose(page, path)[2] == "ready", find(page, "#message").text
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(read(page, "mixture"), expected, rtol=0, atol=error)


@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_what_plays_is_what_is_saved(page, tmp_path, rate):
    """At the song's own rate, piece by piece."""
    assert choose(page, write(tmp_path / "song.wav", music(10, rate), rate))[2] == "ready"
    assert page.execute_script("return synthgen.player.context.sampleRate") == rate
    for name in ("synth", "rest"):
        expected, _ = saved(page, tmp_path, name)
        np.testing.assert_allclose(heard(page, name), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", ["float", "pcm16"])
def test_a_stem_streams_to_disk_where_the_browser_offers_it(page, tmp_path, kind):
    """Into a file of the browser's own, for no driver can choose one."""
    assert choose(page, write(tmp_path / "song.wav", music(4)))[2] == "ready"
    expected, _ = saved(page, tmp_path, "rest", kind)
    page.execute_script(
        """
        window.showSaveFilePicker = async ({ suggestedName }) => {
          const folder = await navigator.storage.getDirectory();
          return (window.kept = await folder.getFileHandle(suggestedName, { create: true }));
        };
        """
    )
    find(page, ".track[data-name='rest'] .download").click()
    size = (tmp_path / "song - rest.wav").stat().st_size
    read = "const done = arguments[0]; kept.getFile().then((file) => done(file.size))"
    assert until(lambda: page.execute_script("return window.kept !== undefined"))
    assert until(lambda: page.execute_async_script(read) == size)
    bytes_ = page.execute_async_script(
        """
        const done = arguments[0];
        const bytes = kept.getFile().then((file) => file.arrayBuffer());
        bytes.then((all) => done([...new Uint8Array(all)]));
        """
    )
    samples, _ = soundfile.read(io.BytesIO(bytes(bytes_)), dtype="float32", always_2d=True)
    np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("song.mp3", ["libmp3lame", "-b:a", "256k"]),
        ("song.m4a", ["aac", "-b:a", "256k"]),
        ("song.flac", ["flac"]),
    ],
)
@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_compressed_songs_come_at_their_own_rate(page, tmp_path, name, codec, rate):
    song = music(3, rate)
    source = write(tmp_path / "source.wav", song, rate)
    command = ["ffmpeg", "-v", "error", "-i", source, "-c:a", *codec, tmp_path / name]
    subprocess.run(command, check=True)
    assert choose(page, tmp_path / name)[2] == "ready", find(page, "#message").text
    (synth, found), (rest, _) = (saved(page, tmp_path, stem) for stem in ("synth", "rest"))
    assert found == rate
    assert synth.shape == song.shape
    assert snr(song, synth + rest) > 20  # 18 dB where it lies a sample too early or too late


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("notes.txt", b"no music", "not audio"),
        ("empty.wav", b"", "empty"),
        ("tiny.mp3", b"x", "not audio"),
        ("head.mp3", b"ID3\x04\x00\x00\x00\x00", "not audio"),
        ("silent.mp4", None, "not audio"),
    ],
)
def test_a_broken_file_says_why_in_a_line(page, tmp_path, name, content, word):
    if content is None:
        picture = ["-f", "lavfi", "-i", "testsrc=duration=1", "-pix_fmt", "yuv420p"]
        subprocess.run(["ffmpeg", "-v", "error", *picture, tmp_path / name], check=True)
    else:
        (tmp_path / name).write_bytes(content)
    assert choose(page, tmp_path / name)[2] == "failed"
    message = find(page, "#message").text
    assert message.startswith(f"{name}: ")
    assert word in message
    assert "\n" not in message
    assert choose(page, write(tmp_path / "next.wav", music(1)))[2] == "ready"


def test_a_copy_protected_file_says_so(page, tmp_path):
    encoded(tmp_path / "bought.mp4", music(1), "-c:a", "aac", *PROTECTED)
    assert choose(page, tmp_path / "bought.mp4")[2] == "failed"
    assert "copy-protected" in find(page, "#message").text


def test_a_song_of_hours_is_refused_before_it_takes_the_memory(page, tmp_path):
    silence = ["-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-t", "7200"]
    subprocess.run(["ffmpeg", "-v", "error", *silence, tmp_path / "long.flac"], check=True)
    assert choose(page, tmp_path / "long.flac")[2] == "failed"
    assert "it lasts 2.0 hours, a page can take 1.7 hours" in find(page, "#message").text
    assert choose(page, write(tmp_path / "next.wav", music(1)))[2] == "ready"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("new RangeError('Array buffer allocation failed')", "not enough memory"),
        ("new DOMException('', 'QuotaExceededError')", "not enough room on the disk"),
    ],
)
def test_too_little_room_is_told_and_the_next_song_goes(page, tmp_path, error, words):
    page.execute_script(
        f"""
        const {{ prototype }} = FileSystemWritableFileStream, {{ write }} = prototype;
        prototype.write = async function () {{
          prototype.write = write;
          throw {error};
        }};
        """
    )
    assert choose(page, write(tmp_path / "song.wav", music(1)))[2] == "failed"
    assert words in find(page, "#message").text
    assert choose(page, tmp_path / "song.wav")[2] == "ready"


STORED = """
const done = arguments[0], names = [];
(async () => {
  const all = await (await navigator.storage.getDirectory()).getDirectoryHandle("synthgen");
  for await (const folder of all.values()) for await (const name of folder.keys()) names.push(name);
})().then(() => done(names.length));
"""


def test_the_browsers_store_holds_one_song_and_what_a_page_left_goes(page, host, tmp_path):
    for name in ("song.wav", "song.flac"):
        soundfile.write(tmp_path / name, music(2), RATE)
    choose(page, tmp_path / "song.wav")
    assert page.execute_async_script(STORED) == 1  # the stem; the song lies in its file
    for _ in range(2):
        choose(page, tmp_path / "song.flac")
        assert until(lambda: page.execute_async_script(STORED) == 2)
    visit(page, host)
    assert until(lambda: page.execute_async_script(STORED) == 0)


def test_a_song_that_comes_while_another_is_drawn_hears_nothing_of_it(page, tmp_path):
    for seconds in (30, 1):
        write(tmp_path / f"{seconds}.wav", music(seconds))
    assert choose(page, tmp_path / "30.wav")[2] == "ready"
    page.execute_script(
        """
        for (const { music } of synthgen.player.tracks.values()) {
          music.read = () => new Promise((_, refuse) => (window.refuse = refuse));
        }
        """
    )
    assert until(lambda: page.execute_script("return window.refuse !== undefined"))
    assert choose(page, tmp_path / "1.wav")[2] == "ready"
    page.execute_script("refuse(new Error('it is gone'))")
    assert until(lambda: len(all_of(page, ".track[data-drawn]")) == 3)
    assert find(page, "#message").text == "1.wav"


def test_works_where_the_browser_has_no_store(page, tmp_path):
    page.execute_script("navigator.storage.getDirectory = () => Promise.reject(new Error('no'))")
    song = music(3)
    assert choose(page, write(tmp_path / "song.wav", song))[2] == "ready"
    synth, rest = (saved(page, tmp_path, stem)[0] for stem in ("synth", "rest"))
    np.testing.assert_allclose(synth + rest, song, rtol=0, atol=6e-8)


def test_a_song_that_changes_on_its_way_is_told(page, tmp_path):
    assert choose(page, write(tmp_path / "song.wav", music(3)))[2] == "ready"
    write(tmp_path / "song.wav", music(1))
    find(page, "#play").click()
    assert until(lambda: "cannot be read any more" in find(page, "#message").text)
    assert find(page, "#play").text == "Play"


def test_a_second_song_is_separated_as_the_first(page, separator, tmp_path):
    for seed in (1, 2):
        song = music(11 + seed, seed=seed)
        assert choose(page, write(tmp_path / f"song {seed}.wav", song))[2] == "ready"
        synth, _ = saved(page, tmp_path, "synth")
        assert snr(separator.separate(song, RATE)["synth"], synth) > 60
    names = [track.get_attribute("data-name") for track in all_of(page, ".track")]
    assert names == ["mixture", "synth", "rest"]


def test_cancel_ends_it_and_another_song_goes(page, tmp_path):
    find(page, "#file").send_keys(str(write(tmp_path / "long.wav", music(60))))
    share = "return Number(document.getElementById('progress').value)"
    assert until(lambda: 0 < page.execute_script(share) < 0.9, 60)
    find(page, "#cancel").click()
    assert until(lambda: find(page, "#message").text == "Cancelled")
    assert choose(page, write(tmp_path / "short.wav", music(2)))[2] == "ready"


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_at_any_width(page, tmp_path, width):
    page.set_window_size(width, 900)
    assert choose(page, write(tmp_path / "song.wav", music(2)))[2] == "ready"
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.execute_script(wide) <= 0
