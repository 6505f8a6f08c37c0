"""Where a song's score comes from, and who plays its parts."""

from dataclasses import replace

import numpy as np

from .compose import compose
from .engines import BAND, Engine, Synth, sample_patch
from .engines.general_midi import sample_preset
from .engines.plugin import Plugin
from .engines.soundfont import SoundFont
from .engines.vital import Vital, sample_vital_patch
from .midi import arrange
from .score import Part, Score
from .sources import Sources, midi_song

MIDI_SHARE = 0.5
"""Share of songs that come from MIDI files where there are any; the others are composed."""

FONT_SHARE = {"synth": 0.3, "band": 0.35}
"""Share of parts that a soundfont plays where there is one; our engines play the others."""

PLUGIN_SHARE = 0.75
"""Share of the synth parts left by Vital that installed engines play where there are any."""


def sample_score(rng: np.random.Generator, seconds: float, split: str, sources: Sources) -> Score:
    """A composed score, or one from a MIDI file of the split."""
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
    """Who plays a part: one of our engines or, where there are any, now and then another.

    Args:
        rng: source of all choices.
        part: what is to be played.
        bpm: tempo, for what moves in time.
        split: whose fonts and patches may be used.
        sources: soundfonts, installed engines, and how often Vital plays.
    """
    is_synth = part.instrument == "synth"
    fonts = sources.fonts_of(split)
    if fonts and rng.random() < FONT_SHARE["synth" if is_synth else "band"]:
        font = fonts[int(rng.integers(len(fonts)))]
        preset = sample_preset(rng, part, frozenset(dict(font.presets)))
        if preset is not None:
            return SoundFont(rng, font, preset)
    if not is_synth:
        return BAND[part.instrument](rng)
    return _sample_synth(rng, part, bpm, split, sources)


def _sample_synth(
    rng: np.random.Generator, part: Part, bpm: float, split: str, sources: Sources
) -> Engine:
    """Who plays a synth part: our own synth, Vital or an installed engine."""
    role = part.role.removesuffix("_2")

    def ours() -> Engine:
        return Synth(rng, sample_patch(rng, role, split), bpm, part.cutoff)

    far = split == "far"
    if sources.vital and not far and rng.random() < sources.vital:
        return Vital(rng, sample_vital_patch(rng, role, split), bpm)
    plugins = sources.plugins_of(split)
    if plugins and (far or rng.random() < PLUGIN_SHARE):
        weights = np.array([plugin.weight for plugin in plugins])
        chosen = plugins[int(rng.choice(len(plugins), p=weights / weights.sum()))]
        presets = chosen.presets(split, role)
        if presets:
            return Plugin(rng, presets[int(rng.integers(len(presets)))], ours)
    return ours()
