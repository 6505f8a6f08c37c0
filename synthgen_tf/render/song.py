"""Renders one song, from its seed to 16-bit stems and the description that goes with them."""

from dataclasses import asdict, dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from synthgen_tf.render.casting import sample_engine, sample_score
from synthgen_tf.render.compose.score import STEMS, Part, Score
from synthgen_tf.render.engines import SPLITS, perform
from synthgen_tf.render.mixing.buses import sample_buses
from synthgen_tf.render.mixing.chains import sample_chain
from synthgen_tf.render.mixing.desk import (
    LEVEL_DB,
    LEVEL_SPREAD_DB,
    Room,
    playing_rms_db,
    rms_db,
    total,
)
from synthgen_tf.render.mixing.effects import apply_effects, fade
from synthgen_tf.render.mixing.loudness import levels_below_full_scale, stereo_correlation
from synthgen_tf.render.mixing.master import FULL_SCALE, master, quantise, sample_mastering
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, highpass, to_frames
from synthgen_tf.render.sources import NO_SOURCES, Sources
from synthgen_tf.tracks import EXTRA_SPLITS

GENERATOR = "SynthGen render 4"
"""Raised whenever the same seed gives other bytes."""

LICENCE = "rendered by SynthGen, no third-party material"

SOURCES_LICENCE = (
    "rendered by SynthGen from the MIDI file or soundfonts named here, under their terms"
)

SYNTH_ABOVE_REST_DB = (-12.0, 12.0)
"""Level of the synth above all the rest, spread evenly over the songs."""

HIGHEST_WHILE_PLAYING_DB = 15.0
"""A synth that plays for moments only is not turned up further than this above the rest."""

SILENT_DB = -75.0
"""A part that plays below this as its engine made it is nothing worth turning up."""

OFFSET = 2e-4
"""Mean that asymmetric drives may leave; more would waste the range of the mixture."""


@dataclass(frozen=True)
class RenderedSong:
    """A song ready to be written.

    Attributes:
        sound: `mixture` and the five stems, (time, 2) int16; the stems sum to the mixture.
        description: what goes into `song.json`.
    """

    sound: dict[str, np.ndarray]
    description: dict


@dataclass(frozen=True)
class RenderedPart:
    """A part of a song as it was played, processed and brought to its level.

    Attributes:
        stem: that it belongs to, one of `STEMS`.
        sound: (time, 2) float32.
        send: its share in the reverb, 0 to 1.
        description: what it was made of, ready for JSON.
        licence: of sounds in it that are not ours; None where all are.
    """

    stem: str
    sound: np.ndarray
    send: float
    description: dict
    licence: str | None


def split_of(index: int) -> str:
    """Return the split of a song by its index alone: of ten, one is for valid and one for test."""
    return {1: "valid", 2: "test"}.get(index % 10, "train")


def seed_of(seed: int, index: int, split: str) -> list[int]:
    """Return the numbers that seed all that is random in a song."""
    return [seed, index, *([EXTRA_SPLITS.index(split)] if split in EXTRA_SPLITS else [])]


def render_song(
    seed: int, index: int, seconds: float, sources: Sources = NO_SOURCES, split: str | None = None
) -> RenderedSong:
    """Render one song: compose it or take it from a MIDI file, play it and mix it.

    Args:
        seed: of the data set, 0 or above.
        index: of the song in it, 0 or above.
        seconds: length, 1 or above.
        sources: MIDI files and soundfonts to draw from.
        split: one of `EXTRA_SPLITS`, or None for the one that the index tells.

    Returns:
        The same bytes for the same arguments, whatever was rendered before.
    """
    # Linear algebra on several threads sums in another order, and rounds to other bytes.
    with threadpool_limits(1, "blas"):
        return _render_song(seed, index, seconds, sources, split or split_of(index))


def _render_song(
    seed: int, index: int, seconds: float, sources: Sources, split: str
) -> RenderedSong:
    origin = seed_of(seed, index, split)
    rng = np.random.default_rng(origin)
    score = sample_score(rng, seconds, split, sources)
    frames = to_frames(seconds)
    parts = []
    for number, part in enumerate(score.parts):
        place = SPLITS.index(split) if split in SPLITS else 0
        part_rng = np.random.default_rng([*origin, number, place])
        rendered = _render_part(part_rng, part, score, split, frames, sources)
        if rendered is not None:
            parts.append(rendered)

    room = Room(rng)
    stems = _mix(parts, room)
    buses = {stem: chain for stem, chain in sample_buses(rng, score).items() if stem in stems}
    for stem, chain in buses.items():
        stems[stem] = apply_effects(stems[stem], chain, score.kick_seconds)
    mastering = sample_mastering(rng)
    stems, lift_db = _balance_synth(stems, float(rng.uniform(*SYNTH_ABOVE_REST_DB)))
    sound = dict.fromkeys((*STEMS, "mixture"), np.zeros((2, frames), np.int16).T)
    limited_db = 0.0
    if stems:
        stems, limited_db = master(stems, mastering)
        sound |= quantise(stems)

    levels = {
        name: round(rms_db(values) - 20 * np.log10(FULL_SCALE), 2) if values.any() else None
        for name, values in sound.items()
    }
    description = {
        "generator": GENERATOR,
        "licence": SOURCES_LICENCE if _is_borrowed(score, parts) else LICENCE,
        "licences": sorted({part.licence for part in parts if part.licence}),
        "sources": sources.digest,
        "source": score.source or None,
        "seed": [seed, index],
        "split": split,
        "sample_rate": SAMPLE_RATE,
        "seconds": seconds,
        "style": score.style,
        "bpm": score.bpm,
        "key": score.key,
        "form": score.form,
        "has_synth": bool(sound["synth"].any()),
        "rms_db": levels,
        "levels": {
            name: levels_below_full_scale(values, SAMPLE_RATE) for name, values in sound.items()
        },
        "synth_lift_db": round(lift_db, 2),
        "buses": buses,
        "mastering": asdict(mastering) | {"limited_db": limited_db},
        "reverb": {"seconds": room.seconds, "predelay_seconds": room.predelay_seconds},
        "tracks": [part.description for part in parts],
    }
    return RenderedSong(sound, description)


def _is_borrowed(score: Score, parts: list[RenderedPart]) -> bool:
    """Tell whether others have rights in a song."""
    return bool(score.source) or any(part.licence for part in parts)


def _render_part(
    rng: np.random.Generator,
    part: Part,
    score: Score,
    split: str,
    frames: int,
    sources: Sources,
) -> RenderedPart | None:
    """Play one part, process it and bring it to its role's level; None where it is silent."""
    engine = sample_engine(rng, part, score.bpm, split, sources)
    sound = fade(np.asfortranarray(perform(engine, part.notes, frames)), part.level)
    chain = sample_chain(rng, part, score, np.array_equal(sound[:, 0], sound[:, 1]))
    sound = apply_effects(sound, chain, score.kick_seconds)
    if np.abs(sound.mean(axis=0)).max() > OFFSET:
        sound = highpass(sound, 22.0, 1)
    level_db = LEVEL_DB[part.role.removesuffix("_2")] + float(rng.normal(0, LEVEL_SPREAD_DB))
    now_db = playing_rms_db(sound)
    if now_db < SILENT_DB:
        return None
    gain_db = level_db - now_db
    low_end = part.role in ("drums", "bass", "synth_bass")
    send = float(rng.uniform(0.0, 0.15) if low_end else rng.uniform(0.03, 0.5))
    description = {
        "role": part.role,
        "stem": part.stem,
        "instrument": part.instrument,
        "engine": engine.name,
        "patch_id": engine.patch_id,
        "parameters": engine.parameters,
        "effects": chain,
        "reverb_send": send,
        "gain_db": round(gain_db, 2),
        "stereo_correlation": stereo_correlation(sound),
        "notes": len(part.notes),
    }
    others = {"program": part.program, "orig_program": part.orig_program}
    others["font"] = engine.parameters.get("font")
    description |= {name: value for name, value in others.items() if value is not None}
    sound = sound * np.float32(10 ** (gain_db / 20))
    return RenderedPart(part.stem, sound, send, description, _licence_of(engine.parameters))


def _licence_of(parameters: dict) -> str | None:
    """Return the terms for others' sounds that an engine plays; None where all is ours."""
    keys = ("bank_licence", "kit_licence", "voice_licence", "font_rights")
    if not any(key in parameters for key in (*keys, "font")):
        return None
    return next((parameters[key] for key in keys if parameters.get(key)), "see the font")


def _mix(parts: list[RenderedPart], room: Room) -> dict[str, np.ndarray]:
    """Sum parts to the stems that have any, and give every stem its own reverb."""
    stems: dict[str, np.ndarray] = {}
    sends: dict[str, np.ndarray] = {}
    for part in parts:
        send = np.float32(0.7 * part.send) * (part.sound[:, 0] + part.sound[:, 1])
        if part.stem in stems:
            stems[part.stem] += part.sound
            sends[part.stem] += send
        else:
            stems[part.stem], sends[part.stem] = part.sound, send
    for name, wet in room.reverberate(sends).items():
        stems[name] += wet
    return stems


def _balance_synth(
    stems: dict[str, np.ndarray], above_rest_db: float
) -> tuple[dict[str, np.ndarray], float]:
    """Bring the synth to a level above the rest.

    Args:
        stems: before mastering.
        above_rest_db: wanted level of the synth relative to the sum of all others.

    Returns:
        The stems, and by how many dB the synth was turned up.
    """
    others = [stem for name, stem in stems.items() if name != "synth"]
    if not (others and "synth" in stems and stems["synth"].any()):
        return stems, 0.0
    rest = total(others)
    if not rest.any():
        return stems, 0.0
    lift_db = above_rest_db - rms_db(stems["synth"]) + rms_db(rest)
    playing_db = playing_rms_db(stems["synth"]) - playing_rms_db(rest)
    lift_db = min(lift_db, HIGHEST_WHILE_PLAYING_DB - playing_db)
    gain = np.float32(10 ** (lift_db / 20))
    return stems | {"synth": stems["synth"] * gain}, lift_db
