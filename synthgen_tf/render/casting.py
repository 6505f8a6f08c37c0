"""Decides where a song's score comes from, and which engine plays each of its parts."""

from dataclasses import replace

import numpy as np

from synthgen_tf.render.compose.beats import MACHINES
from synthgen_tf.render.compose.compose import compose
from synthgen_tf.render.compose.score import Part, Score
from synthgen_tf.render.engines import BAND, Engine, Synth, sample_patch
from synthgen_tf.render.engines.drums.sampled import SampledKit
from synthgen_tf.render.engines.general_midi import sample_preset
from synthgen_tf.render.engines.plugins.plugin import Plugin
from synthgen_tf.render.engines.soundfont import SoundFont
from synthgen_tf.render.engines.vital import Vital, sample_vital_patch
from synthgen_tf.render.engines.voice.vocoded import RecordedVoice
from synthgen_tf.render.midi.arrange import arrange
from synthgen_tf.render.sources import Sources, midi_song

MIDI_SHARE = 0.3
"""Share of songs that come from MIDI files where there are any; the others are composed."""

FONT_SHARE = {"synth": 0.08, "band": 0.82}
"""Share of parts that a soundfont plays where there is one; our engines play the others.

What our engines play for the band comes from the same kind of sums as a synth does: a model learns
better what a synth is where the rest is recorded. But fonts are few: two play for train. Their
programmes for synths are some sixty, which a model learns by heart, where other engines have
thousands; and each part that our own engines play is an instrument that was never heard before.
"""

KIT_SHARE = 0.75
"""Share of drum parts that a recorded kit plays where there is one."""

VOICES = {"voice": "lead", "choir": "choir", "spoken_voice": "spoken"}
"""Singers by their names in `BAND`, to their style."""

VOICE_SHARE = 0.7
"""Share of the singers whose voice was a person's, where there are such voices. A model that knows
our own singers alone takes others for synths."""

HARD_BAND_SHARE = 0.6
"""Share of the band that soundfonts play in split `hard`, whose synths must be told from ours."""

LIKE_SYNTHS = ("organ", "combo_organ", "tine_piano", "reed_piano", "electric_piano", "clavinet")
LIKE_SYNTH_PROGRAMS = (4, 5, 7, 16, 17, 18, 20)
RECAST_CHANCE = 0.85
"""Share of the parts for what no ear tells from a synth that a piano plays, but for `hard`."""

PLUGIN_SHARE = 0.75
"""Share of the synth parts left by Vital that installed engines play where there are any."""


def sample_score(rng: np.random.Generator, seconds: float, split: str, sources: Sources) -> Score:
    """Draw a composed score, or now and then one from a MIDI file of the split.

    Those of split `hard` are always composed, and dense. Where the split has soundfonts, what
    sounds like a synth mostly goes to a piano.
    """
    if split == "hard":
        return compose(rng, seconds, dense=True)
    score = _any_score(rng, seconds, split, sources)
    if not sources.fonts_of(split):
        return score
    parts = tuple(_unlike_synths(rng, part) for part in score.parts)
    return replace(score, parts=parts)


def _unlike_synths(rng: np.random.Generator, part: Part) -> Part:
    """Give a part for an organ or an electric piano to a piano mostly: both are like synths."""
    alike = part.instrument in LIKE_SYNTHS or part.program in LIKE_SYNTH_PROGRAMS
    if part.instrument == "synth" or not alike or rng.random() >= RECAST_CHANCE:
        return part
    if part.program is None:
        return replace(part, instrument="piano")
    return replace(part, instrument="piano", program=0, orig_program=part.program)


def _any_score(rng: np.random.Generator, seconds: float, split: str, sources: Sources) -> Score:
    """Compose a score, or arrange one from a MIDI file of the split, if there is one."""
    entries = sources.midi_of(split)
    if not entries or rng.random() >= MIDI_SHARE:
        return compose(rng, seconds)
    entry = entries[int(rng.integers(len(entries)))]
    song = midi_song(entry.path)
    score = arrange(rng, song, seconds)
    file = {"file": entry.name, "sha256": entry.sha256, "copyright": song.copyright}
    return replace(score, source=file | score.source)


def sample_engine(
    rng: np.random.Generator, part: Part, bpm: float, split: str, sources: Sources
) -> Engine:
    """Draw who plays a part: one of our engines or, where there are any, now and then another.

    Args:
        rng: source of all choices.
        part: what is to be played.
        bpm: tempo, for what moves in time.
        split: whose fonts and patches may be used.
        sources: soundfonts, installed engines, and how often Vital plays.
    """
    hears = "test" if split == "hard" else split
    if part.instrument == "synth":
        return _synth_engine(rng, part, bpm, hears, sources)
    if part.role == "drums":
        kits = sources.recorded.kits_of(hears, _is_machine(part.instrument))
        if kits and rng.random() < KIT_SHARE:
            return SampledKit(rng, kits[int(rng.integers(len(kits)))])
    if part.instrument in VOICES:
        voices = sources.recorded.voices_of(hears)
        if voices and rng.random() < VOICE_SHARE:
            voice = voices[int(rng.integers(len(voices)))]
            return RecordedVoice(rng, voice, VOICES[part.instrument])
    share = HARD_BAND_SHARE if split == "hard" else FONT_SHARE["band"]
    return _from_font(rng, part, hears, sources, share) or BAND[part.instrument](rng)


def _is_machine(kit: str) -> bool:
    """Tell whether a kit is a drum machine, by its name in `BAND`."""
    return kit.removesuffix("_drums") in MACHINES


def _from_font(
    rng: np.random.Generator, part: Part, split: str, sources: Sources, share: float
) -> Engine | None:
    """Draw a soundfont's preset for a share of the parts; None for others or where none fits."""
    fonts = sources.fonts_of(split)
    if not fonts or rng.random() >= share:
        return None
    font = fonts[int(rng.integers(len(fonts)))]
    preset = sample_preset(rng, part, frozenset(dict(font.presets)))
    return None if preset is None else SoundFont(rng, font, preset)


def _synth_engine(
    rng: np.random.Generator, part: Part, bpm: float, split: str, sources: Sources
) -> Engine:
    """Draw who plays a synth part: a soundfont, Vital, an installed engine or our own synth."""
    far, plugins = split == "far", sources.plugins_of(split)
    share = 1.0 if far and not plugins else FONT_SHARE["synth"]
    if engine := _from_font(rng, part, split, sources, share):
        return engine
    role = part.role.removesuffix("_2")

    def ours() -> Engine:
        patches = "test" if far else split  # in far only where an engine failed
        return Synth(rng, sample_patch(rng, role, patches), bpm, part.cutoff)

    if sources.vital and not far and rng.random() < sources.vital:
        return Vital(rng, sample_vital_patch(rng, role, split), bpm)
    if plugins and (far or rng.random() < PLUGIN_SHARE):
        weights = np.array([plugin.weight for plugin in plugins])
        chosen = plugins[int(rng.choice(len(plugins), p=weights / weights.sum()))]
        presets = chosen.presets(split, role)
        if presets:
            return Plugin(rng, presets[int(rng.integers(len(presets)))], ours)
    return ours()
