"""One song, from its seed to 16-bit stems and the description that goes with them."""

from dataclasses import asdict, dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from .casting import sample_engine, sample_score
from .chains import sample_chain
from .dsp import SAMPLE_RATE, highpass, to_frames
from .effects import apply_effects, fade
from .engines import SPLITS, perform
from .levels import levels_below_full_scale, stereo_correlation
from .master import FULL_SCALE, master, quantise, sample_mastering
from .mix import LEVEL_DB, LEVEL_SPREAD_DB, Room, playing_rms_db, rms_db
from .score import STEMS, Part, Score
from .sources import NO_SOURCES, Sources

GENERATOR = "SynthGen render 2"
"""Raised whenever the same seed gives other bytes."""

LICENCE = "rendered by SynthGen, no third-party material"

SOURCES_LICENCE = (
    "rendered by SynthGen from the MIDI file or soundfonts named here, under their terms"
)

SYNTH_OFFSET_DB, SYNTH_SPREAD_DB = 1.0, 5.0
"""Mean and spread of what all synths of a song are turned up by together."""

SILENT_DB = -75.0
"""A track that plays below this as its engine made it is nothing worth turning up."""

OFFSET = 2e-4
"""Mean that asymmetric drives may leave; more would waste the range of the mixture."""

SYNTH_FLOOR_DB = -36.0
SYNTH_BELOW_REST_DB = 21.0
"""A synth quieter than the floor, or further below everything else, is turned up."""


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
class Track:
    """One rendered part: (time, 2) float32, its share in the reverb, and what it was made of."""

    stem: str
    sound: np.ndarray
    send: float
    description: dict


def split_of(index: int) -> str:
    """The split a song belongs to, by its index alone: one in ten each for valid and test."""
    return {1: "valid", 2: "test"}.get(index % 10, "train")


def render_song(
    seed: int, index: int, seconds: float, sources: Sources = NO_SOURCES
) -> RenderedSong:
    """Compose, or take from a MIDI file, play and mix one song.

    Args:
        seed: of the data set, 0 or above.
        index: of the song in it, 0 or above.
        seconds: length, 1 or above.
        sources: MIDI files and soundfonts to draw from.

    Returns:
        The same bytes for the same arguments, whatever was rendered before.
    """
    # Linear algebra on several threads sums in another order, and rounds to other bytes.
    with threadpool_limits(1, "blas"):
        return _render_song(seed, index, seconds, sources)


def _render_song(seed: int, index: int, seconds: float, sources: Sources) -> RenderedSong:
    rng = np.random.default_rng([seed, index])
    split = split_of(index)
    score = sample_score(rng, seconds, split, sources)
    frames = to_frames(seconds)
    tracks = []
    for number, part in enumerate(score.parts):
        part_rng = np.random.default_rng([seed, index, number, SPLITS.index(split)])
        track = _render_track(part_rng, part, score, split, frames, sources)
        if track is not None:
            tracks.append(track)

    room = Room(rng)
    stems = _mix(tracks, room, frames)
    mastering = sample_mastering(rng)
    synth_offset_db = float(rng.normal(SYNTH_OFFSET_DB, SYNTH_SPREAD_DB))
    stems["synth"] *= np.float32(10 ** (synth_offset_db / 20))
    stems, lift_db = _balance_synth(stems, mastering.loudness_db)
    sound = quantise(master(stems, mastering))

    levels = {
        name: round(rms_db(values) - 20 * np.log10(FULL_SCALE), 2) if values.any() else None
        for name, values in sound.items()
    }
    description = {
        "generator": GENERATOR,
        "licence": SOURCES_LICENCE if _is_borrowed(score, tracks) else LICENCE,
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
        "synth_offset_db": round(synth_offset_db, 2),
        "synth_lift_db": round(lift_db, 2),
        "mastering": asdict(mastering),
        "reverb": {"seconds": room.seconds, "predelay_seconds": room.predelay_seconds},
        "tracks": [track.description for track in tracks],
    }
    return RenderedSong(sound, description)


def _is_borrowed(score: Score, tracks: list[Track]) -> bool:
    """True where others have rights in a song."""
    return bool(score.source) or any("font" in track.description for track in tracks)


def _render_track(
    rng: np.random.Generator,
    part: Part,
    score: Score,
    split: str,
    frames: int,
    sources: Sources,
) -> Track | None:
    """Play one part, process it and bring it to its role's level; None where it is silent."""
    engine = sample_engine(rng, part, score.bpm, split, sources)
    sound = fade(perform(engine, part.notes, frames), part.level)
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
    return Track(part.stem, sound * np.float32(10 ** (gain_db / 20)), send, description)


def _mix(tracks: list[Track], room: Room, frames: int) -> dict[str, np.ndarray]:
    """Sum tracks to stems and give every stem its own reverb."""
    stems = {name: np.zeros((2, frames), np.float32).T for name in STEMS}
    sends: dict[str, np.ndarray] = {}
    for track in tracks:
        stems[track.stem] += track.sound
        send = np.float32(0.7 * track.send) * track.sound.sum(axis=1)
        sends[track.stem] = sends[track.stem] + send if track.stem in sends else send
    for name, wet in room.reverberate(sends).items():
        stems[name] += wet
    return stems


def _balance_synth(
    stems: dict[str, np.ndarray], loudness_db: float
) -> tuple[dict[str, np.ndarray], float]:
    """Turn the synth up where it would be lost.

    Args:
        stems: before mastering.
        loudness_db: that the mixture is going to have.

    Returns:
        The stems, and by how many dB the synth was turned up.
    """
    if not stems["synth"].any():
        return stems, 0.0
    synth_db = rms_db(stems["synth"])
    rest = sum(stem for name, stem in stems.items() if name != "synth")
    floor_db = SYNTH_FLOOR_DB - loudness_db + rms_db(rest + stems["synth"])
    wanted_db = max(floor_db, rms_db(rest) - SYNTH_BELOW_REST_DB)
    lift_db = max(0.0, wanted_db - synth_db)
    gain = np.float32(10 ** (lift_db / 20))
    return stems | {"synth": stems["synth"] * gain}, lift_db
