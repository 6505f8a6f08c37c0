"""Soundfonts: a tiny one of our own, whose tones are known to the cent and to the frame."""

import json
import struct
import sys

import numpy as np
import pytest
from scipy import signal

from synthgen_tf.errors import InputError
from synthgen_tf.render import render_songs
from synthgen_tf.render.casting import FONT_SHARE, sample_engine
from synthgen_tf.render.compose.score import Note, Part
from synthgen_tf.render.compose.styles import SHARED_INSTRUMENTS, STYLES
from synthgen_tf.render.engines import general_midi, perform, soundfont
from synthgen_tf.render.engines.soundfont import Font, SoundFont, read_font
from synthgen_tf.render.engines.synth.patch import SYNTH_ROLES
from synthgen_tf.render.recorded import Recorded
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, to_hz
from synthgen_tf.render.sources import NO_SOURCES, Sources, open_sources

FONT_RATE = 44000
CYCLE = 100
"""Samples in a cycle of the font's sine: 440 Hz, MIDI pitch 69."""


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def tiny_font(path, presets=((0, 81),), name="Tiny", rights="public domain"):
    """Write a font in which every preset, (bank, number), is one looped sine."""
    wave = np.sin(2 * np.pi * np.arange(4 * CYCLE) / CYCLE) * 16000
    samples = np.concatenate([np.rint(wave).astype("<i2"), np.zeros(46, "<i2")]).tobytes()
    info = chunk(b"ifil", struct.pack("<HH", 2, 1)) + chunk(b"INAM", name.encode() + b"\0")
    info += chunk(b"ICOP", rights.encode() + b"\0")

    def header(text, *numbers):
        return struct.pack("<20sHHHIII", text, *numbers, 0, 0, 0)

    phdr = b"".join(
        header(f"Sine {number}".encode(), number, bank, index)
        for index, (bank, number) in enumerate(presets)
    ) + header(b"EOP", 0, 0, len(presets))
    count = len(presets)
    pbag = b"".join(struct.pack("<HH", index, 0) for index in range(count + 1))
    pgen = struct.pack("<HH", 41, 0) * count + bytes(4)  # generator 41: instrument
    inst = struct.pack("<20sH", b"Sine", 0) + struct.pack("<20sH", b"EOI", 1)
    ibag = struct.pack("<HHHH", 0, 0, 2, 0)
    igen = struct.pack("<HHHH", 54, 1, 53, 0) + bytes(4)  # loop, then the sample
    shdr = struct.pack(
        "<20sIIIIIBbHH", b"Sine", 0, 4 * CYCLE, CYCLE, 3 * CYCLE, FONT_RATE, 69, 0, 0, 1
    )
    shdr += struct.pack("<20s26x", b"EOS")
    parts = {b"phdr": phdr, b"pbag": pbag, b"pmod": bytes(10), b"pgen": pgen, b"inst": inst}
    parts |= {b"ibag": ibag, b"imod": bytes(10), b"igen": igen, b"shdr": shdr}
    pdta = b"".join(chunk(key, data) for key, data in parts.items())
    lists = chunk(b"LIST", b"INFO" + info) + chunk(b"LIST", b"sdta" + chunk(b"smpl", samples))
    path.write_bytes(chunk(b"RIFF", b"sfbk" + lists + chunk(b"LIST", b"pdta" + pdta)))
    return path


@pytest.fixture(scope="module")
def font(tmp_path_factory):
    pytest.importorskip("tinysoundfont")
    presets = ((0, 38), (0, 81), (0, 0), (128, 0))
    return read_font(tiny_font(tmp_path_factory.mktemp("font") / "tiny.sf2", presets))


def play(font, notes, seconds=1.0, preset=(0, 81)):
    engine = SoundFont(np.random.default_rng(0), font, preset)
    return perform(engine, notes, int(seconds * SAMPLE_RATE))


def pitch_of(sound):
    """MIDI pitch of a sine."""
    line = signal.hilbert(sound)[1000:-1000]
    turn = np.angle(np.sum(line[1:] * np.conj(line[:-1])))
    return 69 + 12 * np.log2(turn * SAMPLE_RATE / (2 * np.pi) / 440)


def test_a_font_tells_what_it_holds(font):
    assert (font.name, font.rights) == ("Tiny", "public domain")
    assert dict(font.presets)[128, 0] == "Sine 0"
    engine = SoundFont(np.random.default_rng(0), font, (0, 81))
    assert engine.parameters["preset"] == "Sine 81"
    assert (engine.parameters["bank"], engine.parameters["number"]) == (0, 81)
    assert len(engine.parameters["font_sha256"]) == 64


@pytest.mark.parametrize("pitch", [45, 69, 72])
def test_notes_have_their_pitch(font, pitch):
    sound = play(font, [Note(0.0, 1.0, pitch, 1.0)])
    assert sound.shape == (SAMPLE_RATE, 2)
    assert sound.dtype == np.float32
    assert pitch_of(sound[:, 0]) == pytest.approx(pitch, abs=0.01)


def test_bent_notes_move_and_their_neighbours_stay(font):
    curve = ((0.0, 0.0), (0.4, 0.0), (0.5, 7.0))
    bent = play(font, [Note(0.0, 1.0, 60, 1.0, curve)])[:, 0]
    assert pitch_of(bent[: SAMPLE_RATE // 3]) == pytest.approx(60, abs=0.02)
    assert pitch_of(bent[SAMPLE_RATE * 6 // 10 :]) == pytest.approx(67, abs=0.02)
    straight = play(font, [Note(0.0, 1.0, 48, 1.0)])
    both = play(font, [Note(0.0, 1.0, 48, 1.0), Note(0.0, 1.0, 60, 1.0, curve)])
    assert np.abs(both - straight - play(font, [Note(0.0, 1.0, 60, 1.0, curve)])).max() < 1e-5


@pytest.mark.parametrize("frame", [0, 1, 12345, 30001])
def test_notes_begin_at_their_very_frame(font, frame):
    sound = play(font, [Note(frame / SAMPLE_RATE, 0.2, 69, 1.0)])
    first = play(font, [Note(0.0, 0.2, 69, 1.0)])
    assert not sound[:frame].any()
    assert np.flatnonzero(sound[:, 0])[0] - frame == np.flatnonzero(first[:, 0])[0] <= 2


def test_a_note_that_began_before_goes_on(font):
    whole = play(font, [Note(0.0, 1.0, 69, 1.0)])
    cut = play(font, [Note(-0.5, 1.0, 69, 1.0)])
    np.testing.assert_allclose(
        cut[: SAMPLE_RATE // 4], whole[SAMPLE_RATE // 2 :][:11025], atol=1e-6
    )


def test_a_key_struck_again_sounds_its_full_time(font):
    sound = play(font, [Note(0.0, 0.5, 69, 1.0), Note(0.3, 0.6, 69, 1.0)])[:, 0]
    middle = np.abs(sound[int(0.6 * SAMPLE_RATE) : int(0.85 * SAMPLE_RATE)])
    assert middle.max() > 0.1
    assert np.abs(sound[int(0.97 * SAMPLE_RATE) :]).max() < 0.05 * middle.max()


def test_harder_is_louder(font):
    loud, soft = (play(font, [Note(0.0, 1.0, 69, force)]).std() for force in (1.0, 0.5))
    assert loud > 1.5 * soft > 0


def test_nothing_rings_on_in_the_next_track(font):
    notes = [Note(0.0, 0.5, 60, 0.7)]
    alone = play(font, notes)
    play(font, [Note(0.0, 60.0, 40 + step, 1.0, ((0.0, 3.0),)) for step in range(30)])
    assert play(font, notes).tobytes() == alone.tobytes()
    assert not play(font, []).any()


def test_kits_play(font):
    assert play(font, [Note(0.0, 0.5, 36, 1.0)], preset=(128, 0)).any()


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        (Part("synth_bass", "synth", "synth", ()), {(0, 38)}),
        (Part("synth_lead_2", "synth", "synth", ()), {(0, 81)}),
        (Part("synth_pad", "synth", "synth", (), program=81), {(0, 81)}),
        (Part("synth_pad", "synth", "synth", ()), {None}),
        (Part("drums", "drums", "electronic_drums", (), program=24), {(128, 0)}),
        (Part("keys", "other", "piano", ()), {(0, 0)}),
        (Part("guitar", "other", "acoustic_guitar", ()), {None}),
        (Part("vocals", "vocals", "voice", (), program=81), {None}),
    ],
)
def test_parts_get_presets_that_fit(part, wanted):
    presets = frozenset({(0, 38), (0, 81), (0, 0), (128, 0)})
    rngs = [np.random.default_rng(seed) for seed in range(10)]
    assert {general_midi.sample_preset(rng, part, presets) for rng in rngs} == wanted


def test_a_full_font_has_something_for_every_part_of_every_style():
    full = frozenset([*((0, number) for number in range(128)), (128, 0)])
    wanted = {(role, "synth") for role in SYNTH_ROLES}
    for styles in (SHARED_INSTRUMENTS, *(style.instruments for style in STYLES.values())):
        wanted |= {(role, name) for role, names in styles.items() for name in names}
    for role, instrument in sorted(each for each in wanted if each[0] != "vocals"):
        part = Part(role, "other", instrument, ())
        _, program = general_midi.sample_preset(np.random.default_rng(0), part, full)
        assert (program in general_midi.GM_SYNTHS) == (instrument == "synth")


def test_fonts_take_their_share_of_the_parts(font):
    parts = [Part("synth_lead", "synth", "synth", ()), Part("keys", "other", "piano", ())]
    for part, share in zip(parts, FONT_SHARE.values(), strict=True):
        engines = [
            sample_engine(np.random.default_rng(seed), part, 120.0, "train", Sources(fonts=(font,)))
            for seed in range(400)
        ]
        count = sum(isinstance(engine, SoundFont) for engine in engines)
        assert count / 400 == pytest.approx(share, abs=0.06)


def test_no_font_is_in_two_splits_that_must_differ():
    fonts = [Font(None, str(number), "", "", ()) for number in range(4)]

    def names(count):
        sources = Sources(fonts=tuple(fonts[:count]))
        splits = ("train", "valid", "test")
        return ["".join(font.sha256 for font in sources.fonts_of(split)) for split in splits]

    assert names(0) == ["", "", ""]
    assert names(1) == ["0", "", ""]
    assert names(2) == ["0", "1", "1"]
    assert names(3) == ["0", "1", "2"]
    assert names(4) == ["01", "2", "3"]


def test_digest_tells_sources_apart(tmp_path, font):
    other = Font(tmp_path, "f" * 64, "", "", ())
    digests = [Sources(fonts=fonts).digest for fonts in ((font,), (font, other), (other, font))]
    assert len(set(digests)) == 3
    assert NO_SOURCES.digest is None


def test_bad_fonts_are_one_line(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"none\.sf2 cannot be read \(No such file"):
        open_sources(fonts=[tmp_path / "none.sf2"])
    wave = tmp_path / "wave.sf2"
    wave.write_bytes(chunk(b"RIFF", b"WAVE" + bytes(40)))
    with pytest.raises(InputError, match=r"wave\.sf2 is no soundfont; expected \.sf2 or \.sf3"):
        open_sources(fonts=[wave])
    wave.write_bytes(b"")
    with pytest.raises(InputError, match="is no soundfont"):
        open_sources(fonts=[wave])
    for name, title in [("FluidR3_GM.sf2", "x"), ("a.sf2", "Fluid R3 GM"), ("b.sf2", "x")]:
        rights = "from MuseScore_General" if name == "b.sf2" else ""
        path = tiny_font(tmp_path / name, name=title, rights=rights)
        with pytest.raises(InputError, match="reserved for evaluation: give another soundfont"):
            open_sources(fonts=[path])
    path = tiny_font(tmp_path / "good.sf2")
    soundfont._loaded.cache_clear()
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    with pytest.raises(InputError, match=r"run: python -m pip install --no-deps tinysoundfont$"):
        open_sources(fonts=[path])


def test_the_same_font_twice_is_refused(font, tmp_path):
    path = tiny_font(tmp_path / "one.sf2")
    with pytest.raises(InputError, match="was given twice"):
        open_sources(fonts=[path, path])


def test_a_font_by_name_that_recorded_keeps_for_another_split_is_refused(font, tmp_path):
    kept = read_font(tiny_font(tmp_path / "kept.sf2"))
    copy = tiny_font(tmp_path / "copy.sf2")  # the same bytes under another name
    other = tiny_font(tmp_path / "other.sf2", name="another")

    def opened(splits, *paths):
        return open_sources(fonts=paths, recorded=Recorded(fonts=((splits, kept),)))

    message = r"--font \S+copy\.sf2 would play in train, and is .* keeps for far; expected another"
    with pytest.raises(InputError, match=message):
        opened(("far",), copy)
    with pytest.raises(InputError, match=r"would play in test and valid, .* keeps for train;"):
        opened(("train",), other, copy)
    assert len(opened(("train",), copy).fonts_of("train")) == 2  # by both, in train alone
    assert opened(("far",), other).fonts_of("far") == (kept,)
    assert opened(("valid", "test"), other, copy).fonts_of("valid")


def test_broken_fonts_are_refused(font, tmp_path):
    path = tiny_font(tmp_path / "short.sf2")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"short\.sf2 (cannot be played|is no soundfont)"):
        open_sources(fonts=[path])


def test_songs_name_the_font_that_plays(font, tmp_path):
    presets = [(0, number) for number in range(128)] + [(128, 0)]
    path = tiny_font(tmp_path / "full.sf2", presets)
    songs = render_songs(tmp_path / "out", 4, seconds=1, seed=2, fonts=[path])
    again = render_songs(tmp_path / "again", 1, seconds=1, seed=2, first=3, fonts=[path])[0]
    for file in again.iterdir():
        assert file.read_bytes() == (songs[3] / file.name).read_bytes()
    played = {}
    for song in songs:
        found = json.loads((song / "song.json").read_text())
        tracks = [track for track in found["tracks"] if "font" in track["parameters"]]
        played.setdefault(found["split"], []).extend(tracks)
        assert ("named here" in found["licence"]) == bool(tracks)
        for track in tracks:
            assert track["parameters"]["font_rights"] == "public domain"
            assert track["parameters"]["font_sha256"] == read_font(path).sha256
    assert played["train"]
    assert not played["valid"] + played["test"]
    with pytest.raises(InputError, match=r"was rendered with sources \w{12}; expected None"):
        render_songs(tmp_path / "out", 4, seconds=1, seed=2)


def test_pitch_helper_knows_a_sine():
    sound = np.sin(2 * np.pi * to_hz(60.5) * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    assert pitch_of(sound) == pytest.approx(60.5, abs=1e-3)
