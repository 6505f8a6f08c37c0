"""Batches: what was done is known and not redone; clip policies, tags, knobs."""

import csv
import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from separating import FakePredictor, any_file, encode_m4a, files_below, half, noise

from synthgen_tf import audio
from synthgen_tf.errors import InputError
from synthgen_tf.separate import OutputFormat, Separator, carry_out, plan_batch, separate_paths
from synthgen_tf.separate.manifest import MANIFEST
from synthgen_tf.separate.predictor import MAX_SHIFT
from synthgen_tf.separate.prefetch import prefetched

pytestmark = pytest.mark.filterwarnings("error")


def rows_of(out):
    with (out / MANIFEST).open(newline="") as file:
        return list(csv.DictReader(file))


def loud(blocks):
    return 1.5 * blocks


# What was done


def test_second_run_redoes_nothing(tmp_path):
    for name in ("a.wav", "b/c.flac"):
        any_file(tmp_path / "in" / name, 3000)
    out, predictor = tmp_path / "out", FakePredictor(half)
    first = separate_paths(Separator(predictor), [tmp_path / "in"], out)
    assert len(first.done) == 2
    calls = len(predictor.shapes)
    second = separate_paths(Separator(predictor), [tmp_path / "in"], out)
    assert second.skipped == first.done
    assert not second.done
    assert len(predictor.shapes) == calls
    again = separate_paths(Separator(predictor), [tmp_path / "in"], out, overwrite=True)
    assert again.done == first.done


@pytest.mark.parametrize("change", ["input", "stem", "format", "overlap", "model", "half a row"])
def test_what_has_changed_is_done_again(tmp_path, change):
    song, out = any_file(tmp_path / "song.wav", 3000), tmp_path / "out"
    (first,) = separate_paths(Separator(FakePredictor(half)), [song], out).done.values()
    options, predictor, overlap = {}, FakePredictor(half), 0.25
    if change == "input":
        any_file(song, 4000)
    if change == "stem":
        first["synth"].unlink()
    if change == "format":
        options["subtype"] = "PCM_16"
    if change == "overlap":
        overlap = 0.5
    if change == "model":
        predictor.identity = "another"
    if change == "half a row":  # killed, or the disk full, while the row was being written
        manifest = out / MANIFEST
        manifest.write_bytes(manifest.read_bytes()[:-20])
    result = separate_paths(Separator(predictor, overlap=overlap), [song], out, **options)
    assert list(result.done) == [song]
    assert separate_paths(
        Separator(predictor, overlap=overlap), [song], out, **options
    ).skipped == dict(result.done)


def test_a_plan_says_all_and_writes_nothing(tmp_path):
    songs = [any_file(tmp_path / "in" / name, 3000) for name in ("a.wav", "b/c.flac", "b/c.wav")]
    (tmp_path / "in" / "bad.wav").write_text("no music")
    (tmp_path / "in" / "notes.txt").write_text("no music either")
    separator, out = Separator(FakePredictor(half)), tmp_path / "out"
    separate_paths(separator, songs[:1], out)
    before = files_below(tmp_path)
    output = OutputFormat(["synth"])
    plan = plan_batch(separator, [tmp_path / "in"], out, output)
    assert files_below(tmp_path) == before
    found = {song.path: song.folder.as_posix() for song in plan.todo}
    assert found == {songs[0]: "a", songs[1]: "b/c", songs[2]: "b/c_2"}  # a had both stems
    assert list(plan.failed) == [tmp_path / "in" / "bad.wav"]
    assert plan.left == [tmp_path / "in" / "notes.txt"]
    assert (plan.output.stems, plan.single) == (("synth",), False)

    result = carry_out(plan, separator)
    assert result.done[songs[2]] == {"synth": out / "b" / "c_2" / "synth.wav"}
    assert all(file.is_file() for files in result.done.values() for file in files.values())
    again = plan_batch(separator, [tmp_path / "in"], out, output)
    assert again.skipped == result.done
    assert not again.todo
    assert len(plan_batch(separator, songs, out, output, overwrite=True).todo) == 3


def test_manifest_tells_time_level_and_failures(tmp_path):
    strange = '🎹 a,b\n"c".wav'
    song = any_file(tmp_path / strange, 44_100)
    (tmp_path / "text.wav").write_text("no music")
    out = tmp_path / "out"
    separate_paths(Separator(FakePredictor(half)), [song, tmp_path / "text.wav"], out)
    failed, done = rows_of(out)
    assert (failed["state"], failed["input"]) == ("failed", str(tmp_path / "text.wav"))
    assert "text.wav" in failed["message"]
    assert (done["state"], done["output"]) == ("done", strange[:-4])
    assert float(done["seconds"]) == 1.0
    assert float(done["took_seconds"]) > 0
    level = 10 * np.log10(np.mean(np.square(audio.read(song)[0])))
    levels = {
        name: float(value) for name, value in (x.split("=") for x in done["levels_db"].split())
    }
    assert levels["mixture"] == pytest.approx(level, abs=0.01)
    assert levels["synth"] == levels["rest"] == pytest.approx(level - 6.02, abs=0.02)


def test_foreign_manifest_is_left_alone(tmp_path):
    song, out = any_file(tmp_path / "song.wav", 300), tmp_path / "out"
    out.mkdir()
    (out / MANIFEST).write_text("name,price\nx,3\n")
    with pytest.raises(InputError, match=r"separated\.csv is no manifest"):
        separate_paths(Separator(FakePredictor()), [song], out)
    assert files_below(out) == [MANIFEST]


def test_tree_of_every_format_with_bad_files_among_them(tmp_path):
    """Thirty files, five of them bad: 25 done, 5 listed, and nothing done twice."""
    kinds = ["a.wav", "b.flac", "c.mp3", "d.ogg", "e.aiff", "f.m4a"]
    kinds += ["g mono.wav", "h 🎹.wav", "i\nnewline.wav", "j..wav", "k/a.wav", "k/a.flac"]
    good = [tmp_path / "in" / f"{disc}" / kind for disc in (1, 2) for kind in kinds]
    for path in good:
        any_file(path, 4000, 1 if "mono" in path.name else 2)
    eight = tmp_path / "in" / "eight.wav"
    soundfile.write(eight, noise(4000, 8), 96_000, "PCM_24")
    bad = {
        "empty.wav": b"",
        "text.mp3": b"no music",
        "lies.wav": good[0].read_bytes()[:-4000],
        "half.flac": good[1].read_bytes()[:2000],
    }
    for name, content in bad.items():
        (tmp_path / "in" / name).write_bytes(content)
    nan = noise(4000)
    nan[1234] = np.nan
    soundfile.write(tmp_path / "in" / "nan.wav", nan, 44_100, "FLOAT")
    out = tmp_path / "out"
    result = separate_paths(Separator(FakePredictor(half)), [tmp_path / "in"], out)
    assert len(result.done) == 25
    assert {path.name for path in result.failed} == {*bad, "nan.wav"}
    for path, files in result.done.items():
        mixture, rate = audio.read(path)
        total = sum(audio.read(file)[0] for file in files.values())
        assert np.abs(total - mixture).max() < 1e-6
        assert all(audio.probe(file).sample_rate == rate for file in files.values())
    again = separate_paths(Separator(FakePredictor(half)), [tmp_path / "in"], out)
    assert (len(again.skipped), len(again.done), len(again.failed)) == (25, 0, 5)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_closed_folder_is_told(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(InputError, match="closed"):
        separate_paths(Separator(FakePredictor()), [tmp_path / "closed"], tmp_path / "out")


# Full scale


@pytest.fixture
def hot(tmp_path):
    """A song at full scale, whose stem (at 1.5 times it) is beyond."""
    with audio.Writer(tmp_path / "hot.wav", 44_100, 2, "PCM_16") as writer:
        writer.write(noise(20_000, level=0.4).clip(-0.99, 0.99))
    return tmp_path / "hot.wav"


def test_clamp_counts_what_it_cuts(hot, tmp_path):
    done = Separator(FakePredictor(loud)).separate_file(hot, tmp_path / "out", subtype="PCM_16")
    stem = 1.5 * audio.read(hot)[0]
    assert done.clamped == np.count_nonzero((stem >= 1) | (stem < -1)) > 100


@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_rescale_turns_all_stems_down_by_one_gain(hot, tmp_path, format):
    separator = Separator(FakePredictor(loud))
    done = separator.separate_file(hot, tmp_path / "out", format=format, clip="rescale")
    if format == "wav":  # float holds everything
        assert done.gain_db == 0.0
        return
    mixture = audio.read(hot)[0]
    gain = 1 / np.abs(1.5 * mixture).max()
    assert done.gain_db == pytest.approx(20 * np.log10(gain), abs=0.02)
    parts = {stem: audio.read(file)[0] for stem, file in done.files.items()}
    error = np.abs(parts["synth"] + parts["rest"] - 10 ** (done.gain_db / 20) * mixture)
    assert error.mean() < (1e-3 if format == "flac" else 0.1)  # noise is hard on mp3


def test_rescale_leaves_alone_what_fits(hot, tmp_path):
    done = Separator(FakePredictor(half)).separate_file(
        hot, tmp_path / "out", format="flac", clip="rescale"
    )
    assert (done.gain_db, done.clamped) == (0.0, 0)
    total = sum(audio.read(file)[0].astype(float) for file in done.files.values())
    np.testing.assert_array_equal(total, audio.read(hot)[0])


def test_none_refuses_what_does_not_fit(hot, tmp_path):
    separator = Separator(FakePredictor(loud))
    with pytest.raises(InputError, match=r"stem synth reaches 1\.\d+ .*--clip"):
        separator.separate_file(hot, tmp_path / "out", subtype="PCM_24", clip="none")
    assert not (tmp_path / "out").exists()
    separator.separate_file(hot, tmp_path / "out", clip="none")  # float holds it


def test_mp3_is_clamped_or_refused_as_other_formats_are(hot, tmp_path):
    separator = Separator(FakePredictor(loud))
    with pytest.raises(InputError, match=r"stem synth reaches 1\.\d+ .*mp3 cannot hold.*--clip"):
        separator.separate_file(hot, tmp_path / "out", format="mp3", clip="none")
    assert not (tmp_path / "out").exists()
    done = separator.separate_file(hot, tmp_path / "out", format="mp3")
    assert done.clamped == np.count_nonzero(np.abs(1.5 * audio.read(hot)[0]) > 1)
    quiet = Separator(FakePredictor(half))
    assert not quiet.separate_file(hot, tmp_path / "b", format="mp3", clip="none").clamped


def test_unknown_clip_policy(hot, tmp_path):
    with pytest.raises(InputError, match=r"'wrap'.*clamp, rescale, none"):
        Separator(FakePredictor()).separate_file(hot, tmp_path / "out", clip="wrap")


# Tags

TAGS = {"title": "Tïtel 日本", "artist": "A & B", "album": "C", "tracknumber": "3", "date": "1999"}


def tagged(path):
    if path.suffix == ".m4a":
        encode_m4a(path, noise(5000), 44_100, {"title": TAGS["title"], "artist": TAGS["artist"]})
        return {"title": TAGS["title"], "artist": TAGS["artist"]}
    with soundfile.SoundFile(path, "w", 44_100, 2) as file:
        for name, text in TAGS.items():
            setattr(file, name, text)
        file.write(noise(5000))
    return TAGS


@pytest.mark.parametrize("source", ["x.wav", "x.flac", "x.mp3", "x.ogg", "x.m4a"])
@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_tags_are_kept(tmp_path, source, format):
    tags = tagged(tmp_path / source)
    done = Separator(FakePredictor(half)).separate_file(
        tmp_path / source, tmp_path / "out", format=format
    )
    for file in done.files.values():
        assert audio.read_tags(file) == tags
        with soundfile.SoundFile(file) as stem:  # as libsndfile sees them too
            assert stem.title == tags["title"]


def test_files_without_tags_stay_without(tmp_path):
    path = any_file(tmp_path / "x.wav", 100)
    done = Separator(FakePredictor()).separate_file(path, tmp_path / "out")
    assert audio.read_tags(done.files["synth"]) == {}


# Knobs, and music as it comes


def test_shifts_average_predictions_at_delays():
    """A model whose gain depends on the place in its frames, as if it hopped by MAX_SHIFT."""

    def uneven(blocks):
        early = np.arange(blocks.shape[1]) % MAX_SHIFT < MAX_SHIFT // 2
        return blocks * early[None, :, None]

    mixture = noise(40_000)
    predictor = FakePredictor(uneven, segment=4096)
    one = Separator(predictor).separate(mixture, 44_100)["synth"]
    assert {0.0, 1.0} == set(np.round(one[2048:-4096, 0] / mixture[2048:-4096, 0], 3))
    two = Separator(predictor, shifts=2).separate(mixture, 44_100)["synth"]
    np.testing.assert_allclose(two, 0.5 * mixture, atol=1e-6)
    for shifts in (0, 33):
        with pytest.raises(InputError, match="shifts"):
            Separator(predictor, shifts=shifts)


def test_segment_in_seconds():
    predictor = FakePredictor(half)
    Separator(predictor, segment_seconds=0.5).separate(noise(50_000), 44_100)
    assert {shape[1] for shape in predictor.shapes} == {22 * 1024}
    for seconds in (0.0, -1.0, 1e6):
        with pytest.raises(InputError, match="segment"):
            Separator(predictor, segment_seconds=seconds)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 8000])
def test_stream_is_separate_in_pieces(sample_rate):
    mixture = noise(30_001)
    separator = Separator(FakePredictor(half))
    pieces = (mixture[at : at + 777] for at in range(0, len(mixture), 777))
    parts = list(separator.stream(pieces, sample_rate, 2))
    whole = separator.separate(mixture, sample_rate)
    for stem in ("synth", "rest"):
        together = np.concatenate([part[stem] for part in parts])
        np.testing.assert_allclose(together, whole[stem], atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "channels"), [((777, 2), 1), ((777, 1), 2), ((777,), 2), ((2, 777), 2)]
)
def test_stream_refuses_pieces_of_other_channels(shape, channels):
    pieces = [np.zeros(shape, np.float32)]
    with pytest.raises(InputError, match=rf"{shape[0]}.*expected \(time, {channels}\)"):
        list(Separator(FakePredictor()).stream(pieces, 44_100, channels))


def test_stream_takes_empty_pieces_and_mono_without_an_axis():
    mono = noise(5000, 1)[:, 0]
    pieces = [mono[:0], mono[:3000], mono[3000:3000], mono[3000:]]
    parts = list(Separator(FakePredictor(half)).stream(pieces, 44_100, 1))
    synth = np.concatenate([part["synth"] for part in parts])
    np.testing.assert_allclose(synth, 0.5 * mono[:, None], atol=1e-6)


# Threads


def test_prefetched_runs_ahead_in_order():
    made = []

    def slow():
        for i in range(6):
            made.append(i)
            yield i

    taken = prefetched(slow(), ahead=2)
    assert next(taken) == 0
    time.sleep(0.1)
    assert made == [0, 1, 2, 3][: len(made)]
    assert len(made) >= 3
    assert list(taken) == [1, 2, 3, 4, 5]


def test_prefetched_raises_what_its_source_raises_and_closes_it():
    closed = threading.Event()

    def source():
        try:
            yield 1
            yield 2
            raise KeyboardInterrupt
        finally:
            closed.set()

    taken = prefetched(source(), ahead=1)
    assert next(taken) == 1
    assert next(taken) == 2
    with pytest.raises(KeyboardInterrupt):
        next(taken)
    assert closed.wait(5)
    closed.clear()
    taken = prefetched(source(), ahead=1)
    next(taken)
    taken.close()
    assert closed.wait(5)
    assert not [thread for thread in threading.enumerate() if "prefetch" in thread.name]


def test_an_abandoned_stream_is_closed_while_another_starts():
    """As when Python collects garbage inside `submit`: closing must need no lock of executors."""
    from concurrent.futures import thread

    closed = threading.Event()

    def source():
        try:
            yield from range(10)
        finally:
            closed.set()

    taken = prefetched(source())
    next(taken)
    ended = threading.Thread(target=taken.close, daemon=True)
    with thread._global_shutdown_lock:
        ended.start()
        ended.join(20)
    assert not ended.is_alive()
    assert closed.is_set()


def test_full_disk_leaves_nothing(tmp_path, monkeypatch):
    path = any_file(tmp_path / "x.wav", 200_000)

    def full(self, block):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("synthgen_tf.audio.writer._WaveSink.write", full)
    with pytest.raises(InputError, match="No space left"):
        Separator(FakePredictor()).separate_file(path, tmp_path / "out" / "x")
    assert files_below(tmp_path) == ["x.wav"]


def test_folder_takes_every_ending_and_counts_what_is_left(tmp_path):
    """Contents do not matter to the choice, so that one WAV stands for all of them."""
    endings = ".aifc .wave .m4b .wv .mkv .mov .mp2 .tta .caf .ape .avi .3gp .eac3 .MP4"
    song = any_file(tmp_path / "song.wav", 300)
    music = tmp_path / "in"
    music.mkdir()
    for ending in endings.split():
        shutil.copy(song, music / f"{ending[1:]}{ending}")
    for name in ("cover.jpg", "a.txt", "b.TXT", ".DS_Store"):
        (music / name).touch()
    os.mkfifo(music / "pipe.wav")
    out = music / "out"
    for _ in range(2):  # what the first run wrote is not counted by the second
        result = separate_paths(Separator(FakePredictor()), [music], out)
        assert len({**result.done, **result.skipped}) == len(endings.split())
        names = sorted(file.name for file in result.left)
        assert names == ["a.txt", "b.TXT", "cover.jpg", "pipe.wav"]


def test_what_is_no_file_is_told(tmp_path):
    separator, out = Separator(FakePredictor()), tmp_path / "out"
    with pytest.raises(InputError, match="empty name"):
        separate_paths(separator, [""], out)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a pipe: expected an audio file"):
        separate_paths(separator, [tmp_path / "pipe"], out)
    with pytest.raises(InputError, match="is a device"):
        separate_paths(separator, [Path(os.devnull)], out)
    good = any_file(tmp_path / "good.wav", 300)
    for long in (Path("x" * 5000), Path("y/" * 3000), tmp_path / ("z" * 300) / "a.wav"):
        with pytest.raises(InputError, match="name too long") as error:
            separate_paths(separator, [long], out)
        assert len(str(error.value)) < 500
        result = separate_paths(separator, [long, good], out, overwrite=True)
        assert list(result.done) == [good]
        assert len(result.failed[long]) < 500


def test_names_stay_apart_in_later_calls(tmp_path):
    """Two songs of one name, size and time, one call each: both are there, whatever comes next."""
    first = any_file(tmp_path / "a" / "song.wav", 3000)
    second = any_file(tmp_path / "b" / "SONG.wav", 3000)
    soundfile.write(second, noise(3000, seed=9), 44_100)
    os.utime(second, (first.stat().st_atime, first.stat().st_mtime))
    separator, out = Separator(FakePredictor(half)), tmp_path / "out"

    def folder_of(path, **options):
        result = separate_paths(separator, [path], out, **options)
        files = (result.done or result.skipped)[path]
        total = sum(audio.read(file)[0] for file in files.values())
        np.testing.assert_allclose(total, audio.read(path)[0], atol=1e-6)
        return files["synth"].parent.name, bool(result.done)

    assert folder_of(first) == ("song", True)
    assert folder_of(second) == ("SONG_2", True)
    assert folder_of(first) == ("song", False)
    assert folder_of(second) == ("SONG_2", False)
    assert folder_of(second, overwrite=True) == ("SONG_2", True)
    assert folder_of(first, overwrite=True) == ("song", True)
    both = separate_paths(separator, [second, first], out).skipped
    assert [files["synth"].parent.name for files in both.values()] == ["SONG_2", "song"]
    shutil.rmtree(out / "song")  # nobody's any more
    third = any_file(tmp_path / "c" / "song.flac", 3000)
    assert folder_of(third) == ("song", True)
    assert folder_of(first)[0] not in ("song", "SONG_2")


def test_manifest_knows_inputs_from_any_folder(tmp_path, monkeypatch):
    any_file(tmp_path / "a" / "song.wav", 300)
    any_file(tmp_path / "b" / "song.wav", 400)
    separator, out = Separator(FakePredictor()), tmp_path / "out"
    for place, name in (("a", "song"), ("b", "song_2"), ("a", "song"), ("b", "song_2")):
        monkeypatch.chdir(tmp_path / place)
        result = separate_paths(separator, [Path("song.wav")], out)
        (files,) = (result.done or result.skipped).values()
        assert files["synth"].parent.name == name
    assert [row["input"] for row in rows_of(out)] == [
        *(str(tmp_path / "a" / "song.wav"), str(tmp_path / "b" / "song.wav")),
    ]


def test_a_run_sweeps_what_a_killed_one_left(tmp_path):
    song, out = any_file(tmp_path / "song.wav", 300), tmp_path / "out"
    (out / "other" / "deep").mkdir(parents=True)
    (out / "other" / "deep" / ".writing_0123456789ab.wav").touch()
    separate_paths(Separator(FakePredictor()), [song], out)
    assert files_below(out) == [
        *("other", "separated.csv", "song", "song/rest.wav", "song/synth.wav"),
    ]


def test_copies_under_one_name_stay_apart(tmp_path):
    first = any_file(tmp_path / "a" / "x.wav", 300)
    (tmp_path / "b").mkdir()
    second = shutil.copy(first, tmp_path / "b" / "x.wav")
    out = tmp_path / "out"
    result = separate_paths(Separator(FakePredictor()), [first, second], out)
    assert [files["synth"].parent.name for files in result.done.values()] == ["x", "x_2"]
