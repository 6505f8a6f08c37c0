"""The composer against music theory and its own promises."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from synthgen_tf.render.compose import lines
from synthgen_tf.render.compose.beats import CLAP, KICK, SNARE, drum_notes
from synthgen_tf.render.compose.compose import _arranged, compose
from synthgen_tf.render.compose.harmony import PROGRESSIONS, SCALES, Harmony
from synthgen_tf.render.compose.plan import STEPS, Plan, sample_plan
from synthgen_tf.render.compose.score import Note, Score
from synthgen_tf.render.compose.structure import (
    FORMS,
    LEAST_SYNTH,
    LENGTHS,
    Gap,
    energy_at,
    fade_curve,
    sample_gaps,
    sample_presence,
    sample_sections,
    sample_sweep,
)
from synthgen_tf.render.compose.styles import SHARED_INSTRUMENTS, STYLES
from synthgen_tf.render.engines import BAND
from synthgen_tf.render.engines.synth.characters import ROLES
from synthgen_tf.render.mixing.desk import LEVEL_DB

SECONDS = 20.0


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    return [compose(np.random.default_rng([17, index]), SECONDS) for index in range(500)]


def plan_of(sections: str, style: str = "house", **changes) -> Plan:
    """120 beats a minute in A minor: a bar is two seconds."""
    plan = Plan(style, 120.0, 0.0, Harmony(9, "minor"), sections, (0,) * len(sections), 0.0)
    return replace(plan, **changes)


# Harmony.


def test_chords_are_the_ones_of_the_textbook():
    c_major = Harmony(0, "major")
    assert c_major.chord(0, 60) == [60, 64, 67]  # C E G
    assert c_major.chord(4, 60) == [62, 67, 71]  # G B D, folded into the octave above C
    assert c_major.chord(4, 60, 4) == [62, 65, 67, 71]  # G B D F
    assert Harmony(9, "harmonic minor").chord(4, 57) == [59, 64, 68]  # E G# B
    assert Harmony(4, "phrygian").chord(1, 60) == [60, 65, 69]  # F A C above E
    assert Harmony(5, "lydian").chord(1, 60) == [62, 67, 71]  # G B D above F


def test_every_scale_has_progressions_that_stay_inside_it():
    assert set(PROGRESSIONS) == set(SCALES)
    for progressions in PROGRESSIONS.values():
        assert all(int(degree) < 7 for degrees in progressions for degree in degrees)


# Styles.


@pytest.mark.parametrize("name", STYLES)
def test_styles_ask_for_what_there_is(name):
    style = STYLES[name]
    assert style.form in FORMS
    assert sum(style.scales.values()) == pytest.approx(1.0) or name == "house"
    assert all(0 <= chance <= 1 for chance in style.roles.values())
    patterns = (*style.kicks, *style.snares, *style.hats)
    assert all(len(pattern) == STEPS and set(pattern) <= set("Xxo.") for pattern in patterns)
    assert all(0 <= step < STEPS for onsets in style.basses for step in onsets)
    assert {f"{kit}_drums" for kit in style.kits} <= set(BAND)
    for role in style.roles:
        family = role.removesuffix("_2")
        assert family in LEVEL_DB
        if family.startswith("synth"):
            assert family in ROLES
        elif family != "drums":
            choice = style.instruments.get(family) or SHARED_INSTRUMENTS[family]
            assert set(choice) <= set(BAND)


# Form.


def test_sections_are_those_of_a_song_in_their_order():
    for form, order in FORMS.items():
        for seed in range(40):
            sections = sample_sections(np.random.default_rng(seed), form, 24)
            assert len(sections) == 24
            runs = "".join(
                kind for bar, kind in enumerate(sections) if bar == 0 or sections[bar - 1] != kind
            )
            merged = "".join(
                kind for place, kind in enumerate(order) if place == 0 or order[place - 1] != kind
            )
            assert runs in 3 * merged


def test_builds_grow_and_choruses_are_strongest():
    sections = "VVPPPPCCB"
    energies = [energy_at(sections, bar) for bar in range(len(sections))]
    assert energies[2:6] == pytest.approx([0.7, 0.8, 0.9, 1.0])
    assert energies[6] == energies[7] == max(energies)
    assert energies[8] == min(energies)


def test_presence_is_by_kind_and_leaves_no_section_to_the_drums():
    roles = ["drums", "bass", "keys", "vocals", "synth_lead", "synth_bass"]
    for seed in range(200):
        sections = sample_sections(np.random.default_rng(seed), "song", 16)
        presence = sample_presence(np.random.default_rng(seed), roles, sections)
        for kind in set(sections):
            assert any(kind in presence[role] for role in ("keys", "vocals", "synth_lead"))
        heard = presence["synth_lead"] | presence["synth_bass"]
        assert sum(kind in heard for kind in sections) >= LEAST_SYNTH * len(sections)


def test_gaps_come_before_choruses_and_silence_the_others():
    sections = "VVVVPPCCCCVVVVPPCCCC"
    drawn = [
        gap
        for seed in range(100)
        for gap in sample_gaps(np.random.default_rng(seed), sections, 2.0, 0.5)
    ]
    before = [gap for gap in drawn if gap.end_seconds in (11.5, 31.5)]
    assert 0.2 < len(before) / 200 < 0.5
    assert Gap(0.0, 1.0, ("synth",)).silences("drums")
    assert not Gap(0.0, 1.0, ("synth",)).silences("synth_lead")
    plan = plan_of("PC")
    notes = [Note(0.0, 1.9, 60, 1.0), Note(1.5, 0.4, 62, 1.0), Note(2.0, 1.0, 64, 1.0)]
    arranged = _arranged(plan, "keys", frozenset("PC"), (Gap(1.0, 2.0, ("drums",)),), notes, 4.0)
    assert [(note.pitch, note.seconds) for note in arranged] == [(60, 1.0), (64, 1.0)]


def test_a_part_that_would_rest_all_through_plays():
    notes = [Note(0.0, 1.0, 60, 1.0)]
    assert _arranged(plan_of("VV"), "keys", frozenset("C"), (), notes, 4.0) == tuple(notes)


def test_sweeps_open_in_builds_and_close_at_the_end():
    curve = sample_sweep(np.random.default_rng(0), "VVPPPPCCOO", 2.0, 0.0, 3.0)
    seconds, octaves = np.array(curve).T
    assert np.all(np.diff(seconds) > 0)
    at = lambda when: float(np.interp(when, seconds, octaves))  # noqa: E731
    assert at(11.9) > at(4.1) + 1.5
    assert at(14.0) > at(19.9) + 1.5


def test_songs_fade_in_and_out_where_they_begin_and_end():
    curves = [fade_curve(np.random.default_rng(k), "IIVVCCOO", 2.0, 0.0) for k in range(300)]
    fading = [curve for curve in curves if curve and curve[-1] == (16.0, 0.02)]
    assert np.mean([bool(curve) for curve in curves]) == pytest.approx(0.44, abs=0.1)
    assert np.mean([curve in fading for curve in curves]) == pytest.approx(0.3, abs=0.08)
    assert all((12.0, 1.0) in curve for curve in fading)
    assert not any(fade_curve(np.random.default_rng(k), "VVCC", 2.0, 0.0) for k in range(50))


# Lines and beats.


def test_drums_keep_the_beat_and_roll_before_the_drop():
    plan = plan_of("VVVVPPPPCCCC")
    for seed in range(5):
        notes = drum_notes(np.random.default_rng(seed), plan, "electronic")
        kicks = {round(note.start_seconds, 3) for note in notes if note.pitch == KICK}
        verse = [beat / 2 for beat in range(12)]  # four to the floor; the last bar may have a fill
        assert sum(beat in kicks for beat in verse) >= 10
    rolls = [
        [
            note
            for note in drum_notes(np.random.default_rng(seed), plan, "electronic")
            if note.pitch in (SNARE, CLAP) and 14.0 <= note.start_seconds < 16.0
        ]
        for seed in range(40)
    ]
    full = [roll for roll in rolls if len(roll) == 16]
    assert 0.4 < len(full) / 40 < 0.8
    assert all(roll[-1].velocity > roll[0].velocity for roll in full)


def test_melodies_take_chord_tones_on_strong_beats():
    plan = plan_of("VVVVVVVV", chords=(0, 5, 2, 6, 0, 5, 2, 6))
    hits = total = 0
    for seed in range(30):
        for note in lines.melody(np.random.default_rng(seed), plan, 60, (0, 1, 0, 0, 0, 0)):
            bar, step = divmod(round(note.start_seconds / plan.step_seconds), STEPS)
            assert (note.pitch - 9) % 12 in SCALES["minor"]
            if step % 8 == 0:
                chord = {pitch % 12 for pitch in plan.harmony.chord(plan.chords[bar], 60, 4)}
                hits, total = hits + (note.pitch % 12 in chord), total + 1
    assert total > 300
    assert hits / total > 0.75


def test_arpeggios_come_in_triplets_too_and_fill_the_bar():
    spacings = set()
    for seed in range(60):
        notes = lines.arpeggio(np.random.default_rng(seed), plan_of("V"), 60, 3)
        starts = np.unique([note.start_seconds for note in notes])
        spacings.add(round(float(np.diff(starts).min()), 3))
        assert starts.max() < 2.0
    assert spacings == {0.125, 0.167, 0.25}


def test_drones_last_as_long_as_their_sections():
    notes = lines.drones(plan_of("VVPPPC"), 60, 5.0)
    assert [note.start_seconds for note in notes] == [0.0, 4.0, 10.0]
    assert [note.seconds for note in notes] == pytest.approx([3.96, 5.0, 1.98])
    assert {note.pitch for note in notes} == {57}  # the A near the middle C


def test_bends_end_on_the_note_or_fall_from_it():
    notes = [Note(0.0, 0.5, 60, 1.0)] * 400
    bent = [note.bend for note in lines.bent(np.random.default_rng(0), notes, 0.5) if note.bend]
    assert len(bent) / 400 == pytest.approx(0.5, abs=0.1)
    scoops = [bend for bend in bent if bend[0][1] < 0]
    assert all(bend[-1][1] == 0.0 for bend in scoops)
    assert all(bend[0][1] == 0.0 > bend[-1][1] for bend in bent if bend not in scoops)


# Whole scores.


def test_one_score_in_twelve_is_free_of_synth_and_none_is_all_synth(scores):
    with_synth = [any(part.stem == "synth" for part in score.parts) for score in scores]
    # 500 draws at 0.92 have a standard deviation of 0.012.
    assert np.mean(with_synth) == pytest.approx(0.92, abs=0.04)
    assert all(any(part.stem != "synth" for part in score.parts) for score in scores)


def test_parts_have_notes_in_order_inside_the_excerpt(scores):
    for score in scores:
        for part in score.parts:
            starts = [note.start_seconds for note in part.notes]
            assert starts
            assert starts == sorted(starts)
            assert max(starts) < SECONDS
            assert all(0 < note.velocity <= 1 and note.seconds > 0 for note in part.notes)
            assert all(20 <= note.pitch <= 110 for note in part.notes)
            for curve in (part.level, part.cutoff):
                assert all(a[0] < b[0] for a, b in pairwise(curve))


def test_synths_sound_for_a_good_part_of_the_song(scores):
    shares = []
    for score in scores:
        sounding = np.zeros(int(SECONDS * 10), bool)
        for part in score.parts:
            if part.stem == "synth":
                for note in part.notes:
                    begin = max(0, int(10 * note.start_seconds))
                    sounding[begin : int(10 * (note.start_seconds + note.seconds)) + 1] = True
        if sounding.any():
            shares.append(sounding.mean())
    assert np.median(shares) > 0.6
    assert np.mean(np.array(shares) > 0.15) > 0.95
    assert np.mean(np.array(shares) < 0.7) > 0.05  # and there are songs in which it rests


def test_every_style_is_drawn_and_most_bands_sing(scores):
    assert {score.style for score in scores} == set(STYLES)
    sung = [
        any(part.stem == "vocals" for part in score.parts)
        for score in scores
        if score.style in ("pop", "rock", "indie", "ballad")
    ]
    assert np.mean(sung) > 0.75


@pytest.mark.parametrize("seconds", [1.0, 300.0])
def test_any_length_can_be_composed(seconds):
    for seed in range(8):
        score = compose(np.random.default_rng(seed), seconds)
        assert score.parts
        assert len(score.form) >= seconds / (240 / score.bpm)


def test_a_whole_song_has_all_its_sections():
    plan = sample_plan(np.random.default_rng(3), 400.0)
    assert set(plan.sections) >= set(FORMS[plan.style.form]) - {"I", "O"}
    assert set(LENGTHS) >= set(plan.sections)
