"""The form of a song: its sections, how strong each is, who plays where, and what breaks it up.

A section is one letter a bar: Intro, Verse, Pre-chorus or build, Chorus or drop, Breakdown or
bridge, Solo, Outro.
"""

from dataclasses import dataclass

import numpy as np

FORMS = {
    "song": "IVVPCVPCBSCCO",
    "club": "IVPCBPCVBPCO",
    "long": "IVVCVBCVCO",
}
LENGTHS = {
    "I": (2, 4),
    "V": (4, 8),
    "P": (2, 4),
    "C": (4, 8),
    "B": (4, 4),
    "S": (4, 8),
    "O": (2, 4),
}
"""Bars of a section, to choose from."""

ENERGY = {"I": 0.5, "V": 0.65, "P": 0.75, "C": 1.0, "B": 0.4, "S": 0.9, "O": 0.5}

PRESENCE = {
    "drums": {"I": 0.5, "V": 0.97, "P": 0.9, "C": 1.0, "B": 0.4, "S": 1.0, "O": 0.6},
    "bass": {"I": 0.45, "V": 0.9, "P": 0.75, "C": 1.0, "B": 0.45, "S": 1.0, "O": 0.5},
    "vocals": {"I": 0.05, "V": 0.95, "P": 0.9, "C": 0.95, "B": 0.5, "S": 0.1, "O": 0.3},
    "backing": {"I": 0.1, "V": 0.25, "P": 0.5, "C": 0.9, "B": 0.4, "S": 0.1, "O": 0.4},
    "solo": {"I": 0.2, "V": 0.0, "P": 0.0, "C": 0.15, "B": 0.2, "S": 1.0, "O": 0.3},
    "synth_lead": {"I": 0.4, "V": 0.5, "P": 0.45, "C": 0.9, "B": 0.4, "S": 0.6, "O": 0.5},
    "synth_pad": {"I": 0.75, "V": 0.6, "P": 0.75, "C": 0.85, "B": 0.95, "S": 0.65, "O": 0.8},
    "synth_sweep": {"I": 0.5, "V": 0.15, "P": 1.0, "C": 0.25, "B": 0.7, "S": 0.1, "O": 0.4},
}
"""Probability that a role plays in a section."""
PRESENCE["synth_bass"] = PRESENCE["bass"]
OTHERS = {"I": 0.5, "V": 0.75, "P": 0.7, "C": 0.93, "B": 0.5, "S": 0.8, "O": 0.55}

LEAST_SYNTH = 0.35
"""Share of the bars in which at least one synth plays, where there is one."""


@dataclass(frozen=True)
class Gap:
    """A moment in which most rest: nobody but the roles that begin with one of `keep`."""

    start_seconds: float
    end_seconds: float
    keep: tuple[str, ...]

    def silences(self, role: str) -> bool:
        """Whether a role rests in it."""
        return not role.startswith(self.keep)


def sample_sections(rng: np.random.Generator, form: str, bars: int) -> str:
    """Draw the sections of an excerpt of `bars`, from anywhere in a song of that form."""
    song = ""
    while len(song) < 2 * bars or len(song) < len(FORMS[form]):
        song += "".join(kind * int(rng.choice(LENGTHS[kind])) for kind in FORMS[form])
    # A whole song is heard from its beginning; a part begins with a section, or in the middle.
    starts = [bar for bar in range(len(song) - bars + 1) if bar == 0 or song[bar] != song[bar - 1]]
    start = (
        int(rng.choice(starts)) if rng.random() < 0.6 else int(rng.integers(len(song) - bars + 1))
    )
    return song[start : start + bars]


def energy_at(sections: str, bar: int) -> float:
    """How strongly a bar is played, 0 to 1; builds grow towards the chorus."""
    kind = sections[bar]
    if kind != "P":
        return ENERGY[kind]
    first = bar
    while first and sections[first - 1] == "P":
        first -= 1
    length = 1
    while first + length < len(sections) and sections[first + length] == "P":
        length += 1
    return 0.6 + 0.4 * (bar - first + 1) / length


def sample_presence(
    rng: np.random.Generator, roles: list[str], sections: str
) -> dict[str, frozenset[str]]:
    """Draw in which kinds of section each role plays.

    A kind that comes back has the same players. No kind is left to drums and bass, and where
    there are synths at least one plays in `LEAST_SYNTH` of the bars.
    """
    kinds = sorted(set(sections))
    presence = {}
    for role in roles:
        chances = PRESENCE.get(role.removesuffix("_2"), OTHERS)
        eager = float(
            rng.uniform(0.55, 1.2) if role.startswith("synth") else rng.uniform(0.8, 1.25)
        )
        presence[role] = {kind for kind in kinds if rng.random() < eager * chances[kind]}
    pitched = [role for role in roles if role not in ("drums", "bass", "synth_bass")]
    for kind in kinds:
        if not any(kind in presence[role] for role in pitched):
            presence[str(rng.choice(pitched))].add(kind)
    synths = [role for role in roles if role.startswith("synth")]
    missing = sorted(kinds, key=lambda kind: (-sections.count(kind), kind))
    while synths:
        heard = set().union(*(presence[role] for role in synths))
        if sum(kind in heard for kind in sections) >= LEAST_SYNTH * len(sections):
            break
        presence[str(rng.choice(synths))].add(next(kind for kind in missing if kind not in heard))
    return {role: frozenset(kinds) for role, kinds in presence.items()}


def sample_gaps(
    rng: np.random.Generator, sections: str, bar_seconds: float, offset_seconds: float
) -> tuple[Gap, ...]:
    """Draw the moments in which players rest: before a chorus, or for a bar by surprise."""
    gaps = []
    keep: tuple[tuple[str, ...], ...]
    for bar in range(1, len(sections)):
        end = bar * bar_seconds - offset_seconds
        if sections[bar] == "C" and sections[bar - 1] in "PB" and rng.random() < 0.35:
            length = bar_seconds * float(rng.choice([0.25, 0.5, 1.0]))
            keep = (("vocals",), ("synth_sweep", "synth_lead"), ("drums",), ("nobody",))
            gaps.append(Gap(end - length, end, keep[int(rng.integers(len(keep)))]))
        elif bar % 4 == 0 and rng.random() < 0.05:
            keep = (("synth",), ("synth", "vocals"), ("vocals", "keys"), ("drums", "bass"))
            gaps.append(Gap(end - bar_seconds, end, keep[int(rng.integers(len(keep)))]))
    return tuple(gaps)


def sample_sweep(
    rng: np.random.Generator, sections: str, bar_seconds: float, offset_seconds: float, depth: float
) -> tuple[tuple[float, float], ...]:
    """Draw how a synth's filter follows the form: octaves at each section's beginning and end.

    Args:
        rng: source of all choices.
        sections: one letter a bar.
        bar_seconds: length of a bar.
        offset_seconds: how far into the first bar the excerpt begins.
        depth: octaves that a build opens.
    """
    shapes = {
        "I": (-0.8, -0.1), "V": (-0.35, -0.25), "P": (-0.6, 0.5), "C": (0.1, 0.2),
        "B": (-0.7, -0.2), "S": (0.0, 0.1), "O": (0.0, -0.9),
    }  # fmt: skip
    points = []
    for bar, kind in enumerate(sections):
        if bar == 0 or sections[bar - 1] != kind:
            begin, length = bar * bar_seconds - offset_seconds, 1
            while bar + length < len(sections) and sections[bar + length] == kind:
                length += 1
            low, high = (depth * (share + float(rng.normal(0, 0.08))) for share in shapes[kind])
            points.append((begin, low))
            points.append((begin + length * bar_seconds - 0.01, high))
    return tuple(points)


def fade_curve(
    rng: np.random.Generator, sections: str, bar_seconds: float, offset_seconds: float
) -> tuple[tuple[float, float], ...]:
    """Draw whether the song fades out at its end, or in at its beginning; empty for neither."""
    first, last = len(sections) - len(sections.lstrip("I")), len(sections.rstrip("O"))
    end = len(sections) * bar_seconds - offset_seconds
    points: list[tuple[float, float]] = []
    if first and rng.random() < 0.2:
        points += [(0.0, 0.02), (max(first * bar_seconds - offset_seconds, 0.1), 1.0)]
    if 0 < last < len(sections) and rng.random() < 0.3:
        begin = last * bar_seconds - offset_seconds
        if begin > (points[-1][0] if points else 0.0):
            points += [(begin, 1.0), (end, 0.02)]
    return tuple(points)
