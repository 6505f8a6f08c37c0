"""Draws keys, chord progressions and voicings. Pitches are MIDI numbers."""

import numpy as np

NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}

# Scale degrees of the roots, one chord a bar (0 is the tonic).
PROGRESSIONS = {
    "major": (
        "0453", "0354", "5340", "0413", "1403", "0254", "3405", "0043", "0543", "03", "3450",
        "0512", "00330044", "0415340", "3425",
    ),
    "minor": (
        "0526", "0563", "0345", "0640", "0536", "0365", "5604", "0032", "3560", "05", "0652",
        "06", "00005566", "0265", "5606",
    ),
    "dorian": ("0303", "0343", "0636", "0103", "03", "0063"),
    "mixolydian": ("0630", "0363", "0046", "0634", "06", "0603"),
    "harmonic minor": ("0345", "0540", "0304", "0534", "0514"),
    "phrygian": ("0101", "0010", "0601", "0516", "01"),
    "lydian": ("0101", "0401", "0152", "01"),
}  # fmt: skip


class Harmony:
    """A key: its tonic, its scale and the pitches of its degrees.

    Args:
        tonic: pitch class, 0 (C) to 11.
        scale: a key of `SCALES`.
    """

    def __init__(self, tonic: int, scale: str):
        self.tonic = tonic
        self.scale = scale
        self.steps = SCALES[scale]

    @property
    def name(self) -> str:
        """Return the key's name, such as `Eb minor`."""
        return f"{NOTE_NAMES[self.tonic]} {self.scale}"

    def pitch(self, degree: int, octave: int = 0) -> int:
        """Return the MIDI pitch of a scale degree; beyond 0 to 6 they go on into other octaves."""
        return self.tonic + 12 * (octave + degree // 7) + self.steps[degree % 7]

    def pitch_near(self, degree: int, target: int) -> int:
        """Return the pitch of this degree's class that lies in [target - 6, target + 6)."""
        return target - 6 + (self.pitch(degree) - (target - 6)) % 12

    def chord(self, root: int, base: int, size: int = 3) -> list[int]:
        """Return `size` notes in thirds on degree `root`, folded into [base, base + 12), rising.

        Folding keeps common tones where they were, so that chords lead smoothly into each other.
        """
        classes = (self.pitch(root + 2 * index) for index in range(size))
        return sorted({base + (pitch - base) % 12 for pitch in classes})


def sample_harmony(rng: np.random.Generator, scales: dict[str, float]) -> Harmony:
    """Draw a key; `scales` maps scale names to their shares, which sum to 1."""
    scale = str(rng.choice(list(scales), p=list(scales.values())))
    return Harmony(int(rng.integers(12)), scale)


def sample_progression(rng: np.random.Generator, scale: str) -> list[int]:
    """Draw the root degrees of one section, one a bar."""
    return [int(degree) for degree in str(rng.choice(PROGRESSIONS[scale]))]
