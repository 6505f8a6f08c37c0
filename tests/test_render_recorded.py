"""Recorded drum kits and soundfonts: what is read, what sounds, and which split may hear it."""

import itertools

import numpy as np
import pytest
import soundfile

from synthgen_tf.errors import InputError
from synthgen_tf.render import recorded as recorded_room
from synthgen_tf.render import render_songs
from synthgen_tf.render.casting import sample_engine, sample_score
from synthgen_tf.render.compose.score import Note, Part
from synthgen_tf.render.engines import perform
from synthgen_tf.render.engines.drums.kits import number_of, read_kit
from synthgen_tf.render.engines.drums.sampled import SampledKit, candidates, read_sample
from synthgen_tf.render.recorded import Recorded, find_recorded, listed
from synthgen_tf.render.sources import Sources

RATE = 44_100


def click(hertz, seconds=0.2, late=0):
    """A decaying sine, (time,), after `late` silent frames."""
    time = np.arange(round(seconds * RATE)) / RATE
    return np.pad(0.5 * np.exp(-20 * time) * np.cos(2 * np.pi * hertz * time), (late, 0))


@pytest.fixture
def one_shots(tmp_path):
    folder = tmp_path / "shots"
    folder.mkdir()
    for name, hertz in {"bd_deep": 60, "sn_dry": 200, "hat_closed": 8000, "loop_long": 100}.items():
        soundfile.write(folder / f"{name}.wav", click(hertz, late=100), RATE)
    return folder


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ('Kick (Tama Superstar 22")', 36), ("BassDrum", 36), ("bd_808", 36), ("Snare Rimshot", 40),
        ("Snare Jazz", 38), ("Rim Click", 37), ("Stick", 37), ("Hand Clap", 39),
        ("Hi-Hat Closed (edge)", 42), ("Closed HH", 42), ("Hi Hat Opened", 46), ("Hat Op", 46),
        ("Pedal HH", 44), ("drum_cymbal_pedal", 44), ("Tom Low", 45), ("Floor Tom", 45),
        ("Tom Hi", 50), ("Tom Mid", 47), ("Crash Left", 49), ("Ride Bell", 53), ("Ride 2", 51),
        ("Tambourine Pedal", 54), ("Cowbell", 56), ("loop_amen", None), ("Zap 1", None),
        ("Whistle", None),
    ],
)  # fmt: skip
def test_names_of_drums_are_understood(name, number):
    assert number_of(name) == number


def test_a_folder_of_one_shots_is_a_kit(one_shots):
    kit = read_kit(one_shots, machine=True, licence="CC0-1.0")
    assert [number for number, _ in kit.pieces] == [36, 38, 42]
    assert (kit.machine, kit.licence) == (True, "CC0-1.0")


def test_a_hydrogen_kit_answers_force_with_its_layers(one_shots):
    layers = "".join(
        f"<layer><filename>{file}.wav</filename><max>{highest}</max></layer>"
        for file, highest in (("sn_dry", 1.0), ("bd_deep", 0.5))
    )
    (one_shots / "drumkit.xml").write_text(
        '<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit"><license>GPL</license>'
        "<instrumentList>"
        f"<instrument><name>Kick</name>{layers}</instrument>"
        "<instrument><name>Snare</name><filename>sn_dry.wav</filename></instrument>"
        "<instrument><name>Closed HH</name><filename>hat_closed.wav</filename></instrument>"
        "<instrument><name>Crash</name><filename>missing.wav</filename></instrument>"
        "</instrumentList></drumkit_info>"
    )
    kit = read_kit(one_shots)
    pieces = dict(kit.pieces)
    assert sorted(pieces) == [36, 38, 42]
    assert kit.licence == "GPL"
    kick = pieces[36][0]
    assert [kick.at(force) for force in (0.1, 0.5, 0.51, 1.0)] == [
        "bd_deep.wav", "bd_deep.wav", "sn_dry.wav", "sn_dry.wav",
    ]  # fmt: skip


def test_the_digest_of_a_kit_is_that_of_its_sounds(one_shots, tmp_path):
    first = read_kit(one_shots).sha256
    assert read_kit(one_shots).sha256 == first
    moved = one_shots.rename(tmp_path / "moved")
    assert read_kit(moved).sha256 == first
    size = (moved / "bd_deep.wav").stat().st_size
    soundfile.write(moved / "bd_deep.wav", 0.9 * click(60, late=100), RATE)
    assert (moved / "bd_deep.wav").stat().st_size == size  # the same name and size, another drum
    assert read_kit(moved).sha256 != first


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda folder: (folder / "sn_dry.wav").unlink(), "has no snare"),
        (lambda folder: (folder / "drumkit.xml").write_text("<drumkit"), "cannot be read"),
    ],
)
def test_folders_that_are_no_kits_are_one_line(one_shots, make, problem):
    make(one_shots)
    with pytest.raises(InputError, match=problem):
        read_kit(one_shots)
    with pytest.raises(InputError, match="is no folder"):
        read_kit(one_shots / "missing")


def test_samples_begin_when_they_sound_with_a_peak_of_one(one_shots):
    sound = read_sample(one_shots / "bd_deep.wav")
    assert sound.shape[1] == 2
    assert np.abs(sound).max() == pytest.approx(1.0)
    assert len(sound) == pytest.approx(0.2 * RATE + 44, abs=2)  # a millisecond ahead
    soundfile.write(one_shots / "silent.wav", np.zeros(100), RATE)
    with pytest.raises(InputError, match="is silent"):
        read_sample(one_shots / "silent.wav")


def test_a_kit_plays_its_samples_at_their_notes(one_shots):
    kit = read_kit(one_shots, machine=True)
    notes = [Note(0.5, 0.1, 36, 0.9), Note(1.0, 0.1, 38, 0.9)]
    sounds = [perform(SampledKit(np.random.default_rng(4), kit), notes, RATE * 2) for _ in range(2)]
    np.testing.assert_array_equal(*sounds)  # one seed, one sound
    level = np.abs(sounds[0]).max(axis=1)
    assert level[: RATE // 2 - 100].max() == 0.0
    assert level[RATE // 2 : RATE // 2 + 500].max() > 0.01

    def loudest_hertz(start):
        part = sounds[0][round(start * RATE) :][: RATE // 5, 0]
        return float(np.argmax(np.abs(np.fft.rfft(part, RATE))))

    assert loudest_hertz(0.5) == pytest.approx(60, rel=0.25)  # tuned by a semitone or two
    assert loudest_hertz(1.0) == pytest.approx(200, rel=0.25)


def test_recorded_kits_differ_in_what_is_around_them(one_shots):
    def drawn(machine):
        kit = read_kit(one_shots, machine)
        return [SampledKit(np.random.default_rng(seed), kit).parameters for seed in range(200)]

    kits, machines = drawn(False), drawn(True)
    assert np.mean([each["room"] > 0 for each in kits]) == pytest.approx(0.4, abs=0.1)
    assert all(each["room"] == 0 for each in machines)
    for each in (*kits, *machines):
        assert sorted(each["pieces"]) == ["36", "38", "42"]
        assert 0.2 <= each["spread"] <= 1.0
        assert 0.0 <= each["squeeze"] <= 0.8
        assert each["drive"] == 0.0 or 0.2 <= each["drive"] <= 2.0
    assert not hasattr(SampledKit(np.random.default_rng(0), read_kit(one_shots)), "pieces")


def test_every_percussion_number_has_something_to_stand_in():
    assert candidates(35) == (35, 36)
    assert candidates(51)[-1] == 42
    assert candidates(10)[0] == 37  # below the drums


def test_no_recording_is_in_train_and_in_another_split():
    rows = listed()
    assert len({row.file for row in rows}) == len(rows)
    for row in rows:
        assert row.kind in ("font", "kit", "machine", "flite", "festival")
        assert all((row.licence, row.package))
        assert row.splits in (("train",), ("valid",), ("test",), ("valid", "test"), ("far",))
        assert "fluid" not in str(row.file).lower()
    for kind, split in itertools.product(("font", "kit"), ("train", "valid", "test", "far")):
        assert any(row.kind == kind and split in row.splits for row in rows)


@pytest.fixture
def kits_only(one_shots, monkeypatch):
    kit = read_kit(one_shots, machine=True, licence="CC0-1.0")
    return Recorded(kits=((("train",), kit),))


def test_drums_of_a_split_are_its_own(kits_only):
    sources = Sources(recorded=kits_only)
    part = Part("drums", "drums", "electronic_drums", (Note(0.0, 0.1, 36, 0.9),))
    acoustic = Part("drums", "drums", "acoustic_drums", part.notes)

    def share(part, split):
        engines = [
            sample_engine(np.random.default_rng(seed), part, 120.0, split, sources)
            for seed in range(200)
        ]
        return np.mean([isinstance(engine, SampledKit) for engine in engines])

    assert share(part, "train") == pytest.approx(0.75, abs=0.1)
    assert share(part, "test") == share(part, "far") == share(acoustic, "train") == 0.0


def test_what_is_not_installed_is_named(tmp_path, monkeypatch):
    row = listed()[0]
    monkeypatch.setattr(recorded_room, "listed", lambda: [row_at(row, tmp_path / "none.sf2")])
    with pytest.raises(InputError, match=rf"finds no soundfont.*{row.package}.*make sources"):
        find_recorded()


def row_at(row, file):
    from dataclasses import replace

    return replace(row, file=file)


def test_hard_songs_play_synths_against_what_is_like_them():
    for seed in range(20):
        score = sample_score(np.random.default_rng(seed), 20.0, "hard", Sources())
        roles = {part.role.removesuffix("_2") for part in score.parts}
        assert {"guitar", "keys", "strings"} <= roles
        assert sum(part.stem == "synth" for part in score.parts) >= 2
        keys = next(part for part in score.parts if part.role == "keys")
        assert keys.instrument in ("organ", "combo_organ", "tine_piano", "reed_piano")


def test_hard_songs_lie_beside_the_others_and_far_needs_its_own_sounds(tmp_path):
    (folder,) = render_songs(tmp_path / "songs", 1, seconds=2.0, seed=3, split="hard")
    assert folder.parent.name == "hard"
    (usual,) = render_songs(tmp_path / "songs", 1, seconds=2.0, seed=3)
    assert usual.parent.name == "train"
    assert (usual / "mixture.wav").read_bytes() != (folder / "mixture.wav").read_bytes()
    with pytest.raises(InputError, match="split far needs a soundfont that no other split hears"):
        render_songs(tmp_path / "songs", 1, seconds=2.0, split="far")
    with pytest.raises(InputError, match="split is 'fra'; expected far or hard"):
        render_songs(tmp_path / "songs", 1, seconds=2.0, split="fra")
