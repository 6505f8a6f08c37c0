"""MIDI songs: what the reader makes of every message, and what the arranger may change."""

import json
import shutil

import mido
import numpy as np
import pytest
from scipy import signal

from synthgen_tf.cli import main
from synthgen_tf.errors import InputError
from synthgen_tf.render import render_songs
from synthgen_tf.render.compose.score import Note, Part, Score
from synthgen_tf.render.engines import BAND, PROGRAMS, Synth, perform, sample_patch
from synthgen_tf.render.engines.base import Stroke, straight, wheel_moves
from synthgen_tf.render.engines.general_midi import GM_SYNTHS, SYNTH_PROGRAMS
from synthgen_tf.render.midi.arrange import MOST_PARTS, arrange, sample_cut
from synthgen_tf.render.midi.read import EFFECT_PROGRAMS, read_midi
from synthgen_tf.render.midi.roles import NEIGHBOURS, STAND_INS, band_role, polyphony, synth_role
from synthgen_tf.render.mixing.chains import sample_chain
from synthgen_tf.render.mixing.desk import LEVEL_DB
from synthgen_tf.render.mixing.effects import fade
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_hz
from synthgen_tf.render.sources import deal, open_sources

TICKS = 100
"""Ticks in a beat of half a second, so that one is 5 ms."""


def control(number, value, time=0, channel=0):
    return mido.Message("control_change", control=number, value=value, time=time, channel=channel)


def on(pitch, time=0, velocity=127, channel=0):
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time, channel=channel)


def off(pitch, time=0, channel=0):
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def write(path, *tracks):
    file = mido.MidiFile(ticks_per_beat=TICKS, type=1 if len(tracks) > 1 else 0)
    for messages in tracks:
        file.tracks.append(mido.MidiTrack(messages))
    file.save(path)
    return path


def read(tmp_path, *tracks):
    return read_midi(write(tmp_path / "song.mid", *tracks))


def spans(part):
    return [(note.pitch, note.start_seconds, note.seconds) for note in part.notes]


def song_of(tmp_path, name="song.mid", bars=30, shift=0):
    """A file with drums, a bass, chords and a melody, all in their places, and a synth."""
    tracks = []
    players = [
        (0, 33, [36 + shift], 50), (1, 0, [60, 64, 67], 180), (2, 73, [76 + shift], 90),
        (3, 81, [64], 40), (9, 0, [36], 10),
    ]  # fmt: skip
    for channel, program, pitches, ticks in players:
        track = [mido.Message("program_change", program=program, channel=channel)]
        for _ in range(bars * 200 // ticks):
            track += [on(pitch, channel=channel) for pitch in pitches]
            track.append(off(pitches[0], ticks, channel))
            track += [off(pitch, channel=channel) for pitch in pitches[1:]]
        tracks.append(track)
    return write(tmp_path / name, *tracks)


# Reading.


def test_tempo_map_counts_in_all_tracks(tmp_path):
    tempo = [mido.MetaMessage("set_tempo", tempo=250000, time=100)]
    song = read(tmp_path, tempo, [on(60, 50), off(60, 150)])
    # A quarter of a second, then to the beat at 0.5 s, and a beat of a quarter of a second.
    assert spans(song.parts[0]) == [(60, 0.25, pytest.approx(0.5))]
    assert song.tempos == ((0.0, 120.0), (pytest.approx(0.5), pytest.approx(240.0)))


def test_programmes_divide_a_channel_into_parts(tmp_path):
    change = mido.Message("program_change", program=81, time=100)
    song = read(tmp_path, [on(60), off(60, 50), change, on(62), off(62, 20)])
    assert [(part.program, spans(part)) for part in song.parts] == [
        (0, [(60, 0.0, 0.25)]),
        (81, [(62, 0.75, pytest.approx(0.1))]),
    ]


def test_the_pedal_holds_notes_until_it_is_lifted(tmp_path):
    song = read(
        tmp_path,
        [control(64, 127), on(60), off(60, 20), on(60, 80), off(60, 20), control(64, 0, 100)],
    )
    assert spans(song.parts[0]) == [(60, 0.0, 0.5), (60, 0.5, pytest.approx(0.6))]


def test_a_note_that_never_ends_ends_with_the_file_or_when_struck_again(tmp_path):
    song = read(tmp_path, [on(60), on(60, 100), on(64), off(64, 100), off(62, 100)])
    assert spans(song.parts[0]) == [(60, 0.0, 0.5), (60, 0.5, 1.0), (64, 0.5, 0.5)]


def test_an_end_after_the_next_beginning_belongs_to_the_note_before(tmp_path):
    song = read(tmp_path, [on(60), on(60, 100), off(60), off(60, 100)])
    assert spans(song.parts[0]) == [(60, 0.0, 0.5), (60, 0.5, 0.5)]


def test_pitch_wheel_bends_by_the_range_of_rpn_zero(tmp_path):
    wheel = mido.Message("pitchwheel", pitch=4096, time=100)
    messages = [control(101, 0), control(100, 0), control(6, 12), on(60), wheel, off(60, 100)]
    (note,) = read(tmp_path, messages).parts[0].notes
    assert note.bend == ((0.0, 0.0), (pytest.approx(0.49), 0.0), (0.5, 6.0))
    (note,) = read(tmp_path, [on(60), wheel, off(60, 100)]).parts[0].notes
    assert note.bend[-1] == (0.5, 1.0)


def test_volume_and_expression_make_the_level_and_pan_the_place(tmp_path):
    messages = [control(7, 127), control(10, 127), on(60), control(11, 64, 200), off(60, 100)]
    (part,) = read(tmp_path, messages).parts
    quiet = (64 / 127) ** 2
    assert part.level == ((0.0, 1.0), (pytest.approx(0.99), 1.0), (1.0, pytest.approx(quiet)))
    assert part.pan == 1.0
    assert read(tmp_path, [on(60), off(60, 9)]).parts[0].pan is None


def test_noises_are_left_out_and_a_wrong_key_signature_is_overlooked(tmp_path):
    effect = mido.Message("program_change", program=127, time=0)
    path = write(
        tmp_path / "key.mid",
        [mido.MetaMessage("key_signature", key="C"), on(60), off(60, 50), effect, on(61)],
    )
    path.write_bytes(path.read_bytes().replace(b"\xff\x59\x02\x00\x00", b"\xff\x59\x02\x63\x09"))
    assert [part.program for part in read_midi(path).parts] == [0]


def test_bad_files_are_one_line_each(tmp_path):
    folder = tmp_path / "midi"
    with pytest.raises(InputError, match=r"midi is no folder; expected one with \.mid"):
        open_sources(folder)
    folder.mkdir()
    with pytest.raises(InputError, match=r"holds no \.mid or \.midi files; expected at least"):
        open_sources(folder)
    song = song_of(folder).read_bytes()
    (folder / "song.mid").unlink()
    (folder / "a.mid").write_bytes(b"noise, and no music")
    write(folder / "b.MID", [control(7, 100)])
    write(folder / "c.midi", [on(36, channel=9), off(36, 50, channel=9)])
    (folder / "d.mid").write_bytes(song[:60])
    with pytest.raises(InputError) as caught:
        render_songs(tmp_path / "out", 1, seconds=1, midi=folder)
    line = str(caught.value)
    assert line.startswith(f"{folder / 'a.mid'} is no MIDI file that can be used (")
    assert line.endswith("(and 3 more files like it)")
    assert "\n" not in line
    assert not (tmp_path / "out").exists()
    for name, reason in [("b.MID", "has no notes"), ("c.midi", "has drums only"), ("d.mid", "(")]:
        with pytest.raises(InputError, match=name) as caught:
            read_midi(folder / name)
        assert reason in str(caught.value)


def test_one_broken_file_does_not_stop_the_rest(tmp_path):
    folder = tmp_path / "midi"
    folder.mkdir()
    song_of(folder)
    good = open_sources(folder)
    (folder / "._song.mid").write_bytes(b"what a Mac leaves on foreign disks")
    lines = []
    assert open_sources(folder, tell=lines.append) == good
    assert lines == []
    (folder / "a.mid").write_bytes(b"noise, and no music")
    write(folder / "b.mid", [control(7, 100)])
    songs = render_songs(tmp_path / "out", 2, seconds=1, midi=folder, tell=lines.append)
    assert all((song / "song.json").is_file() for song in songs)
    (line,) = lines
    assert line.startswith(f"left out 2 of 3 MIDI files: {folder / 'a.mid'} is no MIDI file")
    assert line.endswith("(and 1 more files like it)")
    assert open_sources(folder).digest == good.digest  # the same songs as without them


def test_files_are_dealt_by_content_and_every_split_gets_some():
    hashes = [f"{number * 2654435761 % 2**32:08x}" for number in range(1000)]
    splits = deal(hashes)
    counts = [list(splits.values()).count(split) for split in ("train", "valid", "test")]
    assert counts == pytest.approx([800, 100, 100], abs=30)
    assert deal(hashes[:2]) == dict.fromkeys(hashes[:2], "train")
    for start in range(50):
        three = deal(hashes[start : start + 3])
        assert sorted(three.values()) == ["test", "train", "valid"]
        assert three == deal(hashes[start : start + 3][::-1])


# Arranging.


def test_an_excerpt_is_the_file_moved_transposed_and_stretched(tmp_path):
    song = read_midi(song_of(tmp_path))
    for seed in range(40):
        score = arrange(np.random.default_rng(seed), song, 5.0)
        cut = score.source
        assert abs(cut["transpose"]) <= 3
        assert 0.92 <= cut["speed"] <= 1.08
        assert 0 <= cut["offset_seconds"] <= song.seconds - 5.0 * cut["speed"]
        assert score.bpm == pytest.approx(120 * cut["speed"], abs=0.01)
        written = {
            (note.pitch + (0 if part.is_drums else cut["transpose"]), round(note.start_seconds, 6))
            for part in song.parts
            for note in part.notes
        }
        for part in score.parts:
            for note in part.notes:
                start = note.start_seconds * cut["speed"] + cut["offset_seconds"]
                assert (note.pitch, round(start, 6)) in written
                assert -note.seconds < note.start_seconds < 5.0
    assert len({arrange(np.random.default_rng(seed), song, 5.0).source["transpose"]
                for seed in range(60)}) == 7  # fmt: skip


def test_a_short_file_begins_at_its_beginning(tmp_path):
    song = read(tmp_path, [on(60, 20), off(60, 100)])
    for seed in range(10):
        assert sample_cut(np.random.default_rng(seed), song, 30.0).offset_seconds == 0.0


def test_a_note_held_from_long_before_is_still_heard(tmp_path):
    song = read(tmp_path, [on(40), on(60, 6000), off(60, 100), off(40, 6000)])
    late = 0
    for seed in range(20):
        score = arrange(np.random.default_rng(seed), song, 2.0)
        low = min(score.parts[0].notes, key=lambda note: note.pitch)
        assert low.start_seconds >= -4.0
        cut = score.source
        end = (song.seconds - cut["offset_seconds"]) / cut["speed"]
        assert low.start_seconds + low.seconds == pytest.approx(end)
        late += low.start_seconds == -4.0
    assert late


def test_roles_stems_and_programmes_agree(tmp_path):
    song = read_midi(song_of(tmp_path))
    synth_free, sung, swapped = 0, 0, 0
    for seed in range(400):
        score = arrange(np.random.default_rng([1, seed]), song, 5.0)
        assert len(score.parts) == 5
        assert len(score.kick_seconds) > 20
        synths = [part for part in score.parts if part.stem == "synth"]
        assert len(synths) <= 2  # half of the pitched parts
        synth_free += not synths
        for part in score.parts:
            role = part.role.removesuffix("_2")
            assert role in LEVEL_DB
            assert (part.instrument == "synth") == (part.stem == "synth") == (role[:5] == "synth")
            if part.stem == "synth":
                assert part.program in GM_SYNTHS
            elif part.stem == "drums":
                assert part.instrument == "acoustic_drums"
            elif role == "vocals":
                sung += 1
            else:
                assert part.instrument == PROGRAMS[part.program]
                swapped += part.orig_program is not None and part.orig_program != 81
    assert 0.05 < synth_free / 400 < 0.12
    assert 0.1 < sung / 400 < 0.3
    assert 0 < swapped / 1200 < 0.2


def test_songs_without_synths_get_some_and_the_old_programme_is_kept(tmp_path):
    song = read(tmp_path, [on(60), off(60, 100), on(62), off(62, 100)], [
        on(36, channel=9), off(36, 100, channel=9)])  # fmt: skip
    scores = [arrange(np.random.default_rng(seed), song, 2.0) for seed in range(200)]
    synths = [part for score in scores for part in score.parts if part.stem == "synth"]
    assert 0.85 < len(synths) / 200 < 0.97
    assert all(part.orig_program == 0 and part.role == "synth_lead" for part in synths)


def test_only_the_busiest_parts_are_kept(tmp_path):
    tracks = []
    for channel in range(14):
        count = 20 if channel == 9 else 10 + channel
        notes = [m for _ in range(count) for m in (on(60, 5, 127, channel), off(60, 5, channel))]
        program = mido.Message("program_change", program=channel, channel=channel)
        tracks.append([program, *notes])
    song = read(tmp_path, *tracks)
    kept = arrange(np.random.default_rng(0), song, 30.0).parts
    assert len(kept) == MOST_PARTS
    counts = sorted(len(part.notes) for part in kept)
    assert counts == sorted([20, *range(15, 19), *range(20, 24), 14])


def line(seconds, step, pitch, count=20, chord=(0,)):
    return [Note(i * step, seconds, pitch + each, 0.8) for i in range(count) for each in chord]


@pytest.mark.parametrize(
    ("notes", "roles"),
    [
        (line(0.4, 0.5, 36), {"synth_bass"}),
        (line(2.0, 2.0, 60, chord=(0, 4, 7)), {"synth_pad"}),
        (line(0.2, 0.5, 60, chord=(0, 4, 7)), {"synth_stab"}),
        (line(0.1, 0.125, 72), {"synth_arp", "synth_pluck"}),
        (line(0.5, 0.5, 72), {"synth_lead"}),
    ],
)
def test_synths_get_the_role_of_what_they_play(notes, roles):
    assert {synth_role(np.random.default_rng(seed), notes) for seed in range(20)} == roles


def test_polyphony_by_hand():
    assert polyphony([Note(0, 1, 60, 1), Note(2, 1, 60, 1)]) == 1.0
    assert polyphony([Note(0, 2, 60, 1), Note(1, 2, 64, 1)]) == pytest.approx(4 / 3)


def test_every_programme_has_exactly_one_kind_of_player():
    kinds = [set(PROGRAMS), set(GM_SYNTHS), set(EFFECT_PROGRAMS)]
    assert sorted(each for kind in kinds for each in kind) == list(range(128))
    assert {each for group in SYNTH_PROGRAMS.values() for each in group} <= GM_SYNTHS
    assert {each for group in NEIGHBOURS for each in group} <= set(PROGRAMS)
    assert {each for group in STAND_INS.values() for each in group} <= set(PROGRAMS)
    assert {band_role(program) for program in PROGRAMS} <= set(LEVEL_DB)


# What the score asks for is heard.


def mean_pitch(sound, near):
    """Mean MIDI pitch of the line within two semitones of `near`, vibrato or not."""
    edges = [to_hz(near - 2.5), to_hz(near + 2.5)]
    sos = signal.butter(4, edges, "bandpass", fs=SAMPLE_RATE, output="sos")
    line = signal.hilbert(signal.sosfiltfilt(sos, sound))[2000:-2000]
    turn = np.angle(np.sum(line[1:] * np.conj(line[:-1])))
    return 69 + 12 * np.log2(turn * SAMPLE_RATE / (2 * np.pi) / 440)


BENDING = ["piano", "organ", "electric_piano", "acoustic_guitar", "electric_bass", "trumpet"]
BENDING += ["flute", "violin", "string_ensemble", "accordion", "voice", "choir"]


def test_the_wheel_moves_only_where_the_bend_does_and_stops_at_its_ends():
    assert wheel_moves(((0.0, 6.0),), 1.0, 12) == [(0.0, 4096)]
    jump = ((0.0, -24.0), (0.0099, -24.0), (0.01, 24.0))
    assert wheel_moves(jump, 0.1, 12) == [(0.0, -8192), (0.01, 8191)]
    assert wheel_moves((), 0.0, 12) == []


@pytest.mark.parametrize("bend", [2.0, -1.5])
@pytest.mark.parametrize("name", [*BENDING, "synth"])
def test_every_engine_bends(name, bend):
    """The second half of a tone is as far from that of a straight one as the bend says."""
    pitches = []
    for curve in ((), ((0.0, 0.0), (0.5, 0.0), (0.6, bend))):
        rng = np.random.default_rng(3)
        patch = sample_patch(np.random.default_rng(1), "synth_lead", "train")
        engine = Synth(rng, patch) if name == "synth" else BAND[name](rng)
        notes = [Note(0.0, 2.0, 57, 0.8, curve)]
        sound = perform(engine, notes, 2 * SAMPLE_RATE).sum(axis=1)
        shift = bend if curve else 0.0
        pitches.append(mean_pitch(sound[int(0.8 * SAMPLE_RATE) :], 57 + shift))
    assert pitches[1] - pitches[0] == pytest.approx(bend, abs=0.2)


def test_a_bent_key_is_let_go_at_its_time():
    # Half a second as written, then a second an octave higher: two and a half to read.
    stroke = Stroke(60, 1.5, 1.0, 0, 0, ((0.0, 0.0), (0.5, 0.0), (0.5, 12.0)))
    assert straight(stroke).seconds == pytest.approx(2.5, abs=0.02)
    assert straight(stroke).bend == ()
    plain = Stroke(60, 1.5, 1.0, 0, 0)
    assert straight(plain) is plain


def test_level_and_pan_of_a_part():
    sound = np.ones((SAMPLE_RATE, 2), np.float32)
    faded = fade(sound, ((0.0, 0.0), (0.5, 1.0)))
    assert faded[SAMPLE_RATE // 4, 0] == pytest.approx(0.5, abs=1e-3)
    assert faded[-1].tolist() == [1.0, 1.0]
    assert fade(sound, ()) is sound
    score = Score("midi", 120.0, "unknown", "", (), ())
    part = Part("bass", "bass", "electric_bass", (), pan=-0.5)
    chain = sample_chain(np.random.default_rng(0), part, score, True)
    assert chain[-1] == {"name": "pan", "place": -0.5}


# Data sets.


@pytest.fixture
def folder(tmp_path):
    """Four different files, of which one stands there twice."""
    folder = tmp_path / "midi"
    (folder / "deep").mkdir(parents=True)
    for number in range(4):
        song_of(folder, f"{number}.mid", bars=8, shift=number)
    shutil.copy(folder / "0.mid", folder / "deep" / "again.mid")
    return folder


def test_half_of_the_songs_are_from_files_of_their_split(folder, tmp_path, monkeypatch):
    sources = open_sources(folder)
    assert [entry.name for entry in sources.midi if "again" in entry.name] == []
    assert len(sources.midi) == 4
    split_of_file = {entry.sha256: entry.split for entry in sources.midi}
    assert set(split_of_file.values()) == {"train", "valid", "test"}
    out = tmp_path / "out"
    songs = render_songs(out, 13, seconds=1, seed=5, midi=folder)
    found = [json.loads((song / "song.json").read_text()) for song in songs]
    taken = [each for each in found if each["source"]]
    assert 3 <= len(taken) <= 10
    for each in taken:
        assert split_of_file[each["source"]["sha256"]] == each["split"]
        assert each["source"]["file"] in {f"{number}.mid" for number in range(4)}
        assert each["style"] == "midi"
    for each in found:
        assert ("named here" in each["licence"]) == bool(each["source"])
    with pytest.raises(InputError, match=r"was rendered with sources \w{12}; expected None"):
        render_songs(out, 13, seconds=1, seed=5)
    # The same bytes from another process, and from the command line.
    again = tmp_path / "again"
    arguments = ["render", str(again), "--songs", "2", "--first", "3", "--seconds", "1"]
    monkeypatch.setattr("sys.argv", ["synthgen", *arguments, "--seed", "5", "--midi", str(folder)])
    main()
    for song in songs[3:5]:
        twin = again / song.relative_to(out)
        for file in song.iterdir():
            assert file.read_bytes() == (twin / file.name).read_bytes()
