"""Installed synth engines: a tiny DSSI plugin of our own, and the real ones where they are."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from synthgen_tf.errors import InputError
from synthgen_tf.render.casting import sample_engine
from synthgen_tf.render.compose.score import Note, Part
from synthgen_tf.render.engines import perform
from synthgen_tf.render.engines.plugins import dssi, plugin, scsynth
from synthgen_tf.render.engines.plugins import installed as plugin_room
from synthgen_tf.render.engines.plugins import kinds as plugin_kinds
from synthgen_tf.render.engines.plugins.dssi import Host, PluginError, midi_events
from synthgen_tf.render.engines.plugins.hexter import hexter_patch, seven_in_six
from synthgen_tf.render.engines.plugins.installed import PluginSource, open_plugins, plugins_of
from synthgen_tf.render.engines.plugins.kinds import KINDS, Files, raw_presets
from synthgen_tf.render.engines.plugins.listen import PITCHES, listen, roles_of
from synthgen_tf.render.engines.plugins.plugin import Plugin, Preset, play_preset
from synthgen_tf.render.engines.synth.patch import SYNTH_ROLES
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_frames, to_hz
from synthgen_tf.render.song import render_song
from synthgen_tf.render.sources import Sources, open_sources

SOURCE = r"""
#include <math.h>
#include <stdlib.h>
#include <string.h>
typedef void *H;
typedef struct { int kind; float low, high; } Hint;
typedef struct L { unsigned long id; const char *label; int properties; const char *name, *maker,
  *rights; unsigned long ports; const int *kinds; const char *const *names; const Hint *hints;
  void *data; H (*instantiate)(const struct L *, unsigned long);
  void (*connect)(H, unsigned long, float *); void (*activate)(H);
  void (*run)(H, unsigned long); void *a, *b, *c; void (*cleanup)(H); } L;
typedef struct { unsigned long bank, number; const char *name; } P;
typedef struct { unsigned char type, x[3]; unsigned tick, y[2]; unsigned char channel, note,
  velocity, off; unsigned param; int value; } E;
typedef struct { int version; const L *l; char *(*configure)(H, const char *, const char *);
  const P *(*get)(H, unsigned long); void (*select)(H, unsigned long, unsigned long); void *midi;
  void (*run)(H, unsigned long, E *, unsigned long); void *a, *b, *c; } D;
/* One sine a key, straight on and straight off; control Level; bend over an octave. */
typedef struct { float *out, *level; double rate, phase, bend; int note, velocity, crash; } S;
static int parts_played;
static H instantiate(const L *l, unsigned long rate)
  { S *s = calloc(1, sizeof(S)); s->rate = rate; s->note = -1; parts_played++; return s; }
static void connect(H h, unsigned long port, float *data)
  { S *s = h; if (port) s->level = data; else s->out = data; }
static char *configure(H h, const char *key, const char *value)
  { S *s = h; if (!strcmp(key, "crash")) s->crash = atoi(value); return 0; }
static const P programs[2] = {{0, 0, "Sine"}, {0, 1, "Loud Sine"}};
static const P *get(H h, unsigned long i) { return i < 2 ? programs + i : 0; }
static void choose(H h, unsigned long bank, unsigned long n) { *((S *)h)->level = n ? .5f : .25f; }
static void run(H h, unsigned long frames, E *e, unsigned long events) {
  S *s = h; unsigned long i, j = 0;
  if (s->crash == 1) *(volatile int *)0 = 0;
  if (s->crash == 2) for (;;) ;
  for (i = 0; i < frames; i++) {
    for (; j < events && e[j].tick == i; j++) {
      if (e[j].type == 6) { s->note = e[j].note; s->velocity = e[j].velocity; s->phase = 0; }
      if (e[j].type == 7 && e[j].note == s->note) s->note = -1;
      if (e[j].type == 13) s->bend = e[j].value / 8192.;
    }
    double hz = 440 * pow(2, (s->note - 69) / 12. + s->bend);
    s->out[i] = s->note < 0 ? 0 : parts_played * *s->level * cos(6.283185307179586 * s->phase);
    if (s->crash == 3) s->out[i] = NAN;
    s->phase += hz / s->rate;
  } }
static const int kinds[2] = {10, 5};
static const char *const names[2] = {"Out", "Level"};
static const Hint hints[2] = {{0, 0, 0}, {3 | 3 << 6, 0, 1}};
static const L ladspa = {1, "tiny", 0, "Tiny", "us", "none", 2, kinds, names, hints, 0,
  instantiate, connect, 0, 0, 0, 0, 0, free};
static const D tiny = {1, &ladspa, configure, get, choose, 0, run};
const D *dssi_descriptor(unsigned long i) { return i ? 0 : &tiny; }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The tiny plugin, compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build the tiny DSSI plugin")
    folder = tmp_path_factory.mktemp("dssi")
    (folder / "tiny.c").write_text(SOURCE)
    path = folder / "xsynth-dssi.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(path), str(folder / "tiny.c"), "-lm"]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(autouse=True)
def no_process_left():
    yield
    for path in opened:
        dssi.host_of(path).close()
    opened.clear()


opened: set[Path] = set()


@pytest.fixture(autouse=True)
def watched(monkeypatch):
    """Notes every plugin that is opened, so that its process ends with the test."""
    host_of = dssi.host_of
    for room in (plugin, plugin_kinds):
        monkeypatch.setattr(room, "host_of", lambda path: opened.add(path) or host_of(path))


@pytest.fixture
def host(library):
    host = Host(library)
    yield host
    host.close()


def sine(seconds: float, pitch: int, level: float) -> np.ndarray:
    time = np.arange(to_frames(seconds)) / SAMPLE_RATE
    return level * np.cos(2 * np.pi * to_hz(pitch) * time)


def test_notes_sound_at_their_very_frame_and_controls_and_programs_are_heeded(host):
    notes = [Note(0.1, 0.2, 57, 1.0), Note(0.5, 0.1, 69, 1.0)]
    events, before = midi_events(notes)
    sound = host.play({}, events, SAMPLE_RATE)
    assert before == 0
    assert sound.shape == (SAMPLE_RATE, 2)
    expected = np.zeros(SAMPLE_RATE)
    expected[4410 : 4410 + 8820] = sine(0.2, 57, 0.5)  # the default is the middle of 0 to 1
    expected[22050 : 22050 + 4410] = sine(0.1, 69, 0.5)
    np.testing.assert_allclose(sound[:, 0], expected, atol=1e-5)
    np.testing.assert_array_equal(sound[:, 0], sound[:, 1])
    np.testing.assert_allclose(host.play({"program": (0, 0)}, events, 8000), sound[:8000] / 2)
    loud = host.play({"program": (0, 0), "controls": {"Level": 1.0}}, events, 8000)
    np.testing.assert_allclose(loud, 2 * sound[:8000])
    assert host.programs() == [(0, 0, "Sine"), (0, 1, "Loud Sine")]


def test_what_began_before_the_excerpt_is_cut_and_a_bend_reaches_an_octave(library):
    started = play_preset("xsynth", library, {}, [Note(-0.1, 0.3, 57, 1.0)], 22050)
    np.testing.assert_allclose(started[:8820, 0], sine(0.3, 57, 0.5)[4410:], atol=1e-5)
    bent = [Note(0.0, 1.0, 57, 1.0, ((0.0, 12.0), (1.0, 12.0))), Note(1.2, 0.5, 57, 1.0)]
    sound = play_preset("xsynth", library, {}, bent, 2 * SAMPLE_RATE)[:, 0]
    hz = [np.argmax(np.abs(np.fft.rfft(each))) * 2 for each in (sound[:22050], sound[52920:74970])]
    assert hz == [440, 220]


def test_a_key_struck_again_is_let_go_first():
    events, _ = midi_events([Note(0.0, 1.0, 60, 0.5), Note(0.5, 1.0, 60, 0.5)])
    assert [(frame, kind) for frame, kind, *_ in events] == [
        (0, "on"), (22050, "off"), (22050, "on"), (66150, "off"),
    ]  # fmt: skip


def test_no_part_hears_of_another_and_a_failure_costs_one_part(host, monkeypatch):
    events, _ = midi_events([Note(0.0, 0.2, 57, 1.0)])
    first = host.play({}, events, 8820)  # the plugin plays louder with each part of a process
    monkeypatch.setattr(dssi, "CPU_SECONDS", 1)
    for crash, text in (("1", "crashed"), ("2", "did not end within 1 s"), ("3", "no numbers")):
        with pytest.raises(PluginError, match=text):
            host.play({"configure": [("crash", crash)]}, events, 8820)
        np.testing.assert_array_equal(host.play({}, events, 8820), first)
    with pytest.raises(PluginError, match="not in list"):
        host.play({"controls": {"Nothing": 1.0}}, events, 8820)


def test_a_library_that_is_none_is_told(tmp_path):
    path = tmp_path / "broken.so"
    path.write_bytes(b"no library")
    host = Host(path)
    with pytest.raises(PluginError, match="broken"):
        host.programs()
    host.close()


class Stub:
    """An engine of ours that takes over."""

    name, parameters = "Synth", {"role": "synth_lead"}

    def play(self, notes, frames):
        return np.ones((frames, 2), np.float32)

    def finish(self, sound):
        return sound


def test_where_a_plugin_fails_another_plays_and_it_is_said(library, capfd):
    patch = {"configure": [("crash", "1")]}
    preset = Preset("xsynth", library, "0" * 12, "built in", 3, "Bad", patch)
    engine = Plugin(np.random.default_rng(0), preset, Stub)
    assert engine.name == "XSynth"
    assert engine.parameters["plugin_licence"] == "GPL-2.0-or-later"
    assert perform(engine, [Note(0.0, 0.2, 57, 1.0)], 8820).min() == 1
    assert engine.name == "Synth"
    assert engine.parameters["instead_of"]["preset"] == "Bad"
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert "xsynth (built in, 'Bad') crashed (SIGSEGV): Synth plays the part" in error


def test_an_engine_is_sounded_once_and_plays_songs_that_are_the_same_each_time(
    library, tmp_path, monkeypatch
):
    monkeypatch.setenv("DSSI_PATH", str(library.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tiny = plugin_kinds.RawPreset
    monkeypatch.setattr(
        plugin_room,
        "raw_presets",
        lambda name, files: [
            tiny("bank", number, f"sine {number}", {"controls": {"Level": 0.1 + 0.01 * number}})
            for number in (*range(30), 3)
        ],
    )
    (source,) = open_plugins(["xsynth"], jobs=1)
    entries = json.loads(source.catalogue.read_text())
    assert [entry["place"][1] for entry in entries] == list(range(30))  # a copy is left out
    assert {"synth_lead", "synth_bass"} <= set(entries[0]["roles"])
    seen = {
        split: {each.number for each in source.presets(split, "synth_lead")}
        for split in ("train", "valid", "test", "far")
    }
    assert seen["far"] == set()
    # Filtered once for all parts of a role.
    assert source.presets("train", "synth_lead") is source.presets("train", "synth_lead")
    assert sum(map(len, seen.values())) == 30 == len(set.union(*seen.values()))
    assert len(seen["train"]) > 15
    monkeypatch.setattr(plugin_room, "_sound", None)  # is not called again
    assert open_plugins(["xsynth"]) == (source,)

    monkeypatch.setattr("synthgen_tf.render.casting.PLUGIN_SHARE", 1.0)
    sources = Sources(plugins=(source,))
    assert sources.digest != Sources(plugins=()).digest
    song, again = (render_song(7, 3, 2.0, sources) for _ in range(2))
    np.testing.assert_array_equal(song.sound["mixture"], again.sound["mixture"])
    played = [each for each in song.description["tracks"] if each["engine"] == "XSynth"]
    assert played
    assert {"plugin", "bank", "preset", "bank_licence"} <= set(played[0]["parameters"])


def test_whysynth_plays_in_far_and_nowhere_else():
    found = [PluginSource(name, Path(), "0", Path()) for name in KINDS]
    assert [each.engine for each in plugins_of(found, "far")] == ["whysynth"]
    for split in ("train", "valid", "test", "hard"):
        assert [each.engine for each in plugins_of(found, split)] == [
            name for name in KINDS if name != "whysynth"
        ]
    assert plugin_room._splits_of("whysynth", "0" * 64) == ("far",)


def test_missing_unknown_and_damaged_engines_are_one_line(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("DSSI_PATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(InputError, match=r"AmSynth is not in .*; install it .*install amsynth"):
        open_plugins(["amsynth"])
    with pytest.raises(InputError, match="--engines moog is no engine; expected all, vital or"):
        open_plugins(["moog", "all"])
    assert open_plugins(["all"]) == ()
    (tmp_path / "hexter.so").write_bytes(b"no library")
    monkeypatch.setattr(plugin_kinds, "HEXTER_PATCHES", 2)
    with pytest.raises(InputError, match=r"Hexter cannot be used: .*; install it anew"):
        open_plugins(["hexter"], jobs=1)
    capfd.readouterr()
    lines = []
    assert open_plugins(["all"], jobs=1, tell=lines.append) == ()
    assert len(lines) == 1
    assert "goes without amsynth, whysynth, xsynth, hexter (" in lines[0]
    monkeypatch.setitem(sys.modules, "vita", None)
    lines.clear()
    assert open_sources(engines=["all"], tell=lines.append).vital == 0.0
    assert [line.split(",")[0].split(":")[0] for line in lines] == [
        "--engines all goes without vital",
        "--engines all goes without amsynth",
    ]
    assert not capfd.readouterr().err  # said by `tell` alone


def test_banks_of_amsynth_are_read_and_others_refused(tmp_path):
    bank = tmp_path / "one.bank"
    bank.write_text(
        "amSynth\n<preset> <name> Big Lead\n<parameter> amp_attack 0.5\n"
        "<parameter> keyboard_mode 1\n<preset> <name> Kick 1\n<parameter> amp_attack 0\n"
        "<preset> <name> Pad\n<parameter> amp_attack 1.5\nEOF\n"
    )
    first, last = raw_presets("amsynth", Files(tmp_path, (bank,)))  # without the drum
    assert (first.number, first.name, first.chords) == (0, "Big Lead", False)
    assert first.patch == {"controls": {"amp_attack": 0.5, "keyboard_mode": 1.0}}
    assert (last.number, last.name, last.chords) == (2, "Pad", True)
    bank.write_bytes(b"CcnK\0\0")
    with pytest.raises(ValueError, match=r"one\.bank is no bank of amsynth"):
        raw_presets("amsynth", Files(tmp_path, (bank,)))
    (tmp_path / "sonic-pi-x.scsyndef").write_bytes(b"RIFF\0\0\0\2\0\1\1a")
    with pytest.raises(ValueError, match="is no synth definition"):
        scsynth.controls_of(tmp_path / "sonic-pi-x.scsyndef")


def test_seven_bits_in_six():
    # 1111111 0000001 -> 111111 100000 010000
    assert seven_in_six([127, 1]) == "2 /gQ 128"
    for number in range(40):
        role, values = hexter_patch(number)
        assert role == SYNTH_ROLES[number % 8]
        assert len(values) == 155
        assert 0 <= min(values) <= max(values) <= 99


def tone(pitch: float, attack: float, decay: float, hz: float | None = None) -> np.ndarray:
    """A saw of 0.8 seconds, (time, 2)."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    phase = (hz or to_hz(pitch)) * time
    envelope = np.minimum(time / attack, 1) * np.exp(-time / decay) * (time < 0.8)
    saw = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 12))
    return np.repeat((0.3 * envelope * saw)[:, None], 2, axis=1).astype(np.float32)


def heard(attack=0.005, decay=50.0, octaves=0, **settings):
    return listen(tuple(tone(pitch + 12 * octaves, attack, decay, **settings) for pitch in PITCHES))


def test_roles_are_told_from_the_sound():
    lead, pluck, pad, bass = heard(), heard(decay=0.2), heard(attack=0.4), heard(octaves=-1)
    assert lead.attack < 0.01
    assert lead.held_db > -2
    assert lead.register == pytest.approx(0, abs=0.02)
    assert bass.register == pytest.approx(-1, abs=0.02)
    assert pad.attack == pytest.approx(0.2, abs=0.02)
    assert pluck.held_db == pytest.approx(20 * np.log10(np.exp(-0.75 / 0.2)), abs=1)
    assert "synth_lead" in roles_of(lead, "", chords=True)
    assert "synth_pluck" in roles_of(pluck, "", chords=True)
    assert "synth_pad" in roles_of(pad, "", chords=True)
    assert "synth_bass" in roles_of(bass, "", chords=True)
    assert "synth_lead" not in roles_of(pluck, "", chords=True)
    assert "synth_bass" not in roles_of(heard(octaves=1), "", chords=True)
    assert not {"synth_pad", "synth_keys"} & set(roles_of(lead, "", chords=False))


def test_silence_noise_clipping_and_bad_tuning_are_left_out():
    noise = np.random.default_rng(0).normal(0, 0.1, (2 * SAMPLE_RATE, 2)).astype(np.float32)
    faults = {
        "silent": listen((np.zeros((2 * SAMPLE_RATE, 2), np.float32),) * 2),
        "does not follow the key": listen((noise, noise[::-1])),
        "out of tune": listen(tuple(tone(pitch + 0.5, 0.01, 50) for pitch in PITCHES)),
        "clips": listen(tuple(np.clip(20 * tone(p, 0.01, 50), -1, 1) for p in PITCHES)),
    }
    assert {fault: each.fault for fault, each in faults.items()} == {each: each for each in faults}
    assert heard(hz=220.0).fault == "does not follow the key"
    assert roles_of(faults["clips"], "lead", chords=True) == ()


def installed(name: str) -> Files:
    files = KINDS[name].find()
    if files is None:
        pytest.skip(f"{name} is not installed: make sources")
    return files


@pytest.mark.parametrize("name", list(KINDS))
def test_installed_engines_play_in_tune_and_the_same_each_time(name):
    files = installed(name)
    found = raw_presets(name, files)
    assert len(found) > 40
    in_tune = 0
    for preset in found[:: len(found) // 6][:6]:
        keys = [[Note(0.0, 0.8, pitch, 0.8)] for pitch in PITCHES]
        sounds = [play_preset(name, files.program, preset.patch, key, 88200) for key in keys]
        again = play_preset(name, files.program, preset.patch, keys[0], 88200)
        np.testing.assert_array_equal(sounds[0], again)
        in_tune += bool(roles_of(listen(tuple(sounds)), preset.name, preset.chords))
    assert in_tune >= 3


@pytest.mark.parametrize("name", ["amsynth", "xsynth", "hexter", "whysynth", "scsynth"])
def test_the_pitch_wheel_of_installed_engines_reaches_an_octave(name):
    files = installed(name)
    bent = [Note(0.0, 2.0, 52, 0.8, ((0.0, 7.0), (2.0, 7.0)))]
    for preset in raw_presets(name, files):
        keys = [[Note(0.0, 2.0, pitch, 0.8)] for pitch in PITCHES]
        low, high = (play_preset(name, files.program, preset.patch, key, 88200) for key in keys)
        sound = listen((low, high))
        if not sound.fault and sound.held_db > -3 and sound.attack < 0.02:
            bend = play_preset(name, files.program, preset.patch, bent, 88200)
            assert listen((low, bend)).fault == ""
            return
    pytest.fail("no preset to bend")


def test_a_part_without_a_fitting_preset_is_played_by_our_synth(tmp_path):
    catalogue = tmp_path / "hexter.json"
    entry = {"place": ["drawn", 1, "x"], "sound": "00000000", "roles": ["synth_pad"], "patch": {}}
    catalogue.write_text(json.dumps([entry]))
    sources = Sources(plugins=(PluginSource("hexter", Path("hexter.so"), "0", catalogue),))
    names = {
        role: {
            sample_engine(
                np.random.default_rng(seed), Part(role, "synth", "synth", ()), 120, "train", sources
            ).name
            for seed in range(12)
        }
        for role in ("synth_pad", "synth_lead")
    }
    assert names == {"synth_pad": {"Hexter", "Synth"}, "synth_lead": {"Synth"}}
