"""Draws the plan that all players share: tempo grid, form and the chord of every bar."""

from dataclasses import dataclass

import numpy as np

from synthgen_tf.render.compose.harmony import Harmony, sample_harmony, sample_progression
from synthgen_tf.render.compose.structure import energy_at, sample_sections
from synthgen_tf.render.compose.styles import FAMILIES, STYLES, Style

STEPS = 16
"""Grid steps in a bar of 4/4."""

FAMILY_SHARES = {"electronic": 0.58, "bands": 0.27, "scored": 0.15}
"""How often each family of styles is composed in: most synths are heard in electronic music."""


@dataclass(frozen=True)
class Plan:
    """A song's plan: what every player knows before the first note.

    Attributes:
        style_name: a key of `STYLES`.
        bpm: quarter notes a minute.
        swing: share of a 16th by which every second 16th is late.
        harmony: the key.
        sections: one letter a bar, such as `VVVVPPCCCC`; see `structure`.
        chords: root degree of every bar's chord.
        offset_seconds: how far into the first bar the excerpt begins.
    """

    style_name: str
    bpm: float
    swing: float
    harmony: Harmony
    sections: str
    chords: tuple[int, ...]
    offset_seconds: float

    @property
    def style(self) -> Style:
        """Return the style that the plan's name stands for."""
        return STYLES[self.style_name]

    @property
    def bars(self) -> int:
        """Return the number of bars in the excerpt."""
        return len(self.sections)

    @property
    def kinds(self) -> list[str]:
        """Return the letters of the sections there are, each once, sorted."""
        return sorted(set(self.sections))

    @property
    def step_seconds(self) -> float:
        """Return the length of a 16th in seconds."""
        return 60.0 / self.bpm / 4

    @property
    def bar_seconds(self) -> float:
        """Return the length of a bar in seconds."""
        return STEPS * self.step_seconds

    def energy(self, bar: int) -> float:
        """Return how strongly a bar is played, 0 to 1."""
        return energy_at(self.sections, bar)

    def seconds_at(self, bar: int, step: float) -> float:
        """Return the time of a grid step in the excerpt; negative before its first sample."""
        late = self.swing if int(step) % 2 == 1 else 0.0
        return (bar * STEPS + step + late) * self.step_seconds - self.offset_seconds

    def bar_at(self, seconds: float) -> int:
        """Return the bar that sounds at a time of the excerpt; the nearest for times outside."""
        bar = int((seconds + self.offset_seconds) / (STEPS * self.step_seconds) + 1e-6)
        return min(max(bar, 0), self.bars - 1)

    def starts_section(self, bar: int) -> bool:
        """Tell whether a bar is the first of its section."""
        return bar == 0 or self.sections[bar] != self.sections[bar - 1]

    def ends_section(self, bar: int) -> bool:
        """Tell whether a bar is the last of its section."""
        return bar == self.bars - 1 or self.sections[bar] != self.sections[bar + 1]


def sample_plan(rng: np.random.Generator, seconds: float) -> Plan:
    """Draw style, tempo, key, form and chords for an excerpt of `seconds`."""
    family = str(rng.choice(list(FAMILY_SHARES), p=list(FAMILY_SHARES.values())))
    style_name = str(rng.choice(list(FAMILIES[family])))
    style = STYLES[style_name]
    bpm = round(float(rng.uniform(*style.bpm)), 2)
    harmony = sample_harmony(rng, style.scales)
    bar_seconds = 240.0 / bpm
    offset_seconds = float(rng.uniform(0, bar_seconds)) if rng.random() < 0.7 else 0.0
    bars = int(np.ceil((seconds + offset_seconds) / bar_seconds))

    sections = sample_sections(rng, style.form, bars)
    still = rng.random() < style.drone
    verse, chorus, bridge = (
        [0] if still and rng.random() < 0.8 else sample_progression(rng, harmony.scale)
        for _ in range(3)
    )
    if rng.random() < 0.3:
        chorus = verse
    progressions = {"C": chorus, "P": bridge, "B": bridge}
    chords = []
    for bar, kind in enumerate(sections):
        progression = progressions.get(kind, verse)
        chords.append(progression[bar % len(progression)])
    return Plan(
        style_name,
        bpm,
        float(rng.choice(style.swing)),
        harmony,
        sections,
        tuple(chords),
        offset_seconds,
    )
