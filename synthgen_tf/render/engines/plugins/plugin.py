"""A preset of an engine that is installed beside SynthGen, as one of our engines."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthgen_tf import choices
from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import Engine
from synthgen_tf.render.engines.plugins.dssi import PluginError, host_of, midi_events
from synthgen_tf.render.engines.plugins.kinds import KINDS
from synthgen_tf.render.engines.plugins.scsynth import play_score


@dataclass(frozen=True)
class Preset:
    """A preset that can be played.

    Attributes:
        engine: a key of `KINDS`.
        program: the plugin's library, or the server.
        digest: twelve hexadecimal digits that stand for the engine and its banks.
        bank, number, name, patch: see `kinds.RawPreset`.
    """

    engine: choices.Plugin
    program: Path
    digest: str
    bank: str
    number: int
    name: str
    patch: dict


def play_preset(engine: str, program: Path, patch: dict, notes: Sequence[Note], frames: int):
    """Play notes on a new instance, (frames, 2) float32.

    Raises:
        PluginError: it crashed, did not end, or gave no sound.
    """
    if engine == "scsynth":
        controlled = [(note, patch["controls"]) for note in notes]
        return play_score(program, Path(patch["definition"]), controlled, frames)
    events, before = midi_events(notes)
    return host_of(program).play(patch, events, before + frames)[before:]


class Plugin(Engine):
    """A preset of an installed engine; another engine of ours takes over where it fails.

    Args:
        rng: for the engine that takes over; a preset sounds the same every time.
        preset: what to play.
        fallback: makes the engine that plays the part where the preset cannot.
    """

    def __init__(self, rng: np.random.Generator, preset: Preset, fallback: Callable[[], Engine]):
        super().__init__(rng)
        self._preset, self._fallback = preset, fallback
        kind = KINDS[preset.engine]
        self.name = kind.label
        self.parameters = {
            "plugin": preset.engine,
            "plugin_digest": preset.digest,
            "plugin_licence": kind.licence,
            "bank": preset.bank,
            "bank_licence": kind.bank_licence,
            "number": preset.number,
            "preset": preset.name,
        }

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """(frames, 2); the whole part is played by one instance, as keys on a keyboard."""
        preset = self._preset
        try:
            return play_preset(preset.engine, preset.program, preset.patch, notes, frames)
        except PluginError as error:
            other = self._fallback()
            self.name = other.name
            print(
                f"synthgen: {preset.engine} ({preset.bank}, {preset.name!r}) {error}: "
                f"{other.name} plays the part",
                file=sys.stderr,
            )
            self.parameters = other.parameters | {"instead_of": self.parameters}
            return other.finish(other.play(notes, frames))
