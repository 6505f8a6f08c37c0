"""Holds families of synth sounds, as data: what each is known for, and what roles are given."""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Character:
    """A family of patches; what is not said here is drawn from the role's ranges.

    Attributes:
        shares: how often a role's patches are of this family, relative to the others.
        waves: waves of the oscillators, drawn evenly; a name may stand twice.
        oscillators: how many, drawn evenly.
        unison: voices of each oscillator, drawn evenly.
        detune: how far unison voices spread in pitch, in cents.
        filters: kinds of filter, drawn evenly; a kind may stand twice.
        cutoff: of the filter, in octaves above the key.
        sweep: octaves by which the modulation envelope opens the filter.
        quality: of the filter, drawn by octaves.
        swing: octaves by which the LFO moves the cutoff; swinging: how often it does.
        shape_motion: how often the shapes of the waves move.
        attack, decay, sustain, release: of the amplitude; None leaves them to the role.
        modulation_decay: of the modulation envelope, in seconds.
        drive: how often keys are saturated.
        intervals: semitones of the second and third oscillator.
        glide: how often lines glide.
        vibrato, sub, noise: how often there is any.
        pitch_sweep: how often a key falls onto its pitch.
    """

    shares: dict[str, float]
    waves: tuple[str, ...]
    oscillators: tuple[int, ...] = (1, 2, 2, 3)
    unison: tuple[int, ...] = (1,)
    detune: Range = (3.0, 20.0)
    filters: tuple[str, ...] = ("lowpass", "steep lowpass", "steep lowpass")
    cutoff: Range = (1.0, 4.5)
    sweep: Range = (0.0, 2.5)
    quality: Range = (0.7, 3.0)
    swing: Range = (0.2, 1.2)
    swinging: float = 0.15
    shape_motion: float = 0.3
    attack: Range | None = None
    decay: Range | None = None
    sustain: Range | None = None
    release: Range | None = None
    modulation_decay: Range = (0.1, 1.5)
    drive: float = 0.15
    intervals: tuple[float, ...] = (0, 0, 0, 12, 12, -12, 7)
    glide: float = 0.2
    vibrato: float = 0.1
    sub: float = 0.1
    noise: float = 0.08
    pitch_sweep: float = 0.03


@dataclass(frozen=True)
class RoleRanges:
    """Ranges that a role's patches share.

    Attributes:
        attack, decay, release: seconds.
        sustain: level relative to the peak, 0 to 1.
        glides: whether its lines may glide.
        most_voices: of all oscillators of a key together.
        widths: of the unison voices in the panorama, 0 mono to 1.
    """

    attack: Range
    decay: Range
    sustain: Range
    release: Range
    glides: bool = False
    most_voices: int = 14
    widths: Range = (0.3, 1.0)


ROLES = {
    "synth_lead": RoleRanges((0.002, 0.06), (0.2, 1.5), (0.5, 1.0), (0.05, 0.5), glides=True),
    "synth_pad": RoleRanges((0.08, 1.3), (0.8, 4.0), (0.6, 1.0), (0.3, 2.0), most_voices=8),
    "synth_arp": RoleRanges((0.001, 0.015), (0.1, 0.9), (0.0, 0.7), (0.04, 0.5), most_voices=6),
    "synth_pluck": RoleRanges((0.001, 0.006), (0.15, 1.3), (0.0, 0.15), (0.1, 0.8), most_voices=8),
    "synth_bass": RoleRanges(
        (0.001, 0.02), (0.1, 1.5), (0.3, 1.0), (0.03, 0.2), glides=True, widths=(0.0, 0.4)
    ),
    "synth_stab": RoleRanges((0.001, 0.01), (0.1, 0.7), (0.1, 0.6), (0.05, 0.5), most_voices=10),
    "synth_keys": RoleRanges((0.002, 0.03), (0.5, 3.0), (0.2, 0.8), (0.1, 0.6), most_voices=6),
    "synth_sweep": RoleRanges((0.3, 2.5), (1.0, 4.0), (0.7, 1.0), (0.2, 1.5), most_voices=9),
}  # fmt: skip

ALL = dict.fromkeys(ROLES, 1.0)

CHARACTERS = {
    "supersaw": Character(
        {"synth_lead": 3, "synth_stab": 3, "synth_pad": 2, "synth_pluck": 2, "synth_arp": 1,
         "synth_sweep": 2},
        ("saw", "saw", "saw", "pulse"), (1, 1, 2), (5, 7, 7), (8.0, 32.0), cutoff=(2.0, 6.0),
        quality=(0.7, 1.5), shape_motion=0.0,
    ),
    "analogue strings": Character(
        {"synth_pad": 4, "synth_keys": 0.6},
        ("saw", "saw", "pulse"), (2, 2, 3), (1, 2, 3), (4.0, 14.0), cutoff=(0.5, 3.5),
        sweep=(0.0, 1.2), quality=(0.7, 1.5), intervals=(0, 0, 12, -12), shape_motion=0.4,
    ),
    "analogue brass": Character(
        {"synth_stab": 3, "synth_keys": 3, "synth_pad": 1, "synth_lead": 1},
        ("saw", "saw", "pulse"), (2, 2, 3), (1, 1, 2), (3.0, 12.0), cutoff=(-0.5, 1.5),
        sweep=(1.5, 4.0), quality=(0.7, 2.0), attack=(0.01, 0.09), sustain=(0.5, 0.9),
        modulation_decay=(0.2, 1.2), pitch_sweep=0.1,
    ),
    "pulse width pad": Character(
        {"synth_pad": 3, "synth_arp": 1, "synth_keys": 1, "synth_lead": 0.7},
        ("pulse", "pulse", "triangle"), (1, 2), (1, 2), (3.0, 12.0), cutoff=(0.5, 4.0),
        shape_motion=1.0, swinging=0.4,
    ),
    "saw lead": Character(
        {"synth_lead": 4, "synth_arp": 1.5},
        ("saw", "saw", "pulse"), (1, 2, 2, 3), (1, 1, 2), (3.0, 15.0), cutoff=(1.0, 6.0),
        quality=(0.7, 5.0), glide=0.6, vibrato=0.5, drive=0.3,
    ),
    "square lead": Character(
        {"synth_lead": 2.5, "synth_arp": 1.5, "synth_bass": 0.6},
        ("pulse",), (1, 1, 2), (1,), (2.0, 10.0), cutoff=(2.0, 6.0), sweep=(0.0, 1.5),
        shape_motion=0.4, glide=0.4, vibrato=0.5, intervals=(0, 12, -12, 7, 5),
    ),
    "sync lead": Character(
        {"synth_lead": 1.5, "synth_bass": 0.5, "synth_arp": 0.5, "synth_sweep": 0.7},
        ("sync",), (1, 2), (1, 1, 2, 3), cutoff=(3.0, 6.0), shape_motion=1.0, glide=0.4,
        modulation_decay=(0.2, 2.0), drive=0.3,
    ),
    "soft lead": Character(
        {"synth_lead": 1.5, "synth_pad": 0.7},
        ("sine", "triangle", "triangle", "organ"), (1, 2), (1, 1, 2), cutoff=(1.0, 4.0),
        attack=(0.01, 0.12), vibrato=0.6, glide=0.6,
    ),
    "chip": Character(
        {"synth_lead": 0.8, "synth_arp": 1.5, "synth_pluck": 0.5, "synth_bass": 0.3},
        ("pulse", "triangle"), (1,), (1,), filters=("lowpass",), cutoff=(5.5, 7.0),
        sweep=(0.0, 0.1), quality=(0.7, 0.71), vibrato=0.4, shape_motion=0.1, sub=0.0,
        pitch_sweep=0.1, drive=0.0,
    ),
    "frequency modulation": Character(
        {"synth_keys": 3, "synth_pluck": 2, "synth_bass": 2, "synth_arp": 1.5, "synth_lead": 0.8,
         "synth_pad": 1, "synth_stab": 1},
        ("fm", "fm", "sine"), (1, 2, 2), (1, 1, 2), (1.0, 8.0), cutoff=(3.0, 6.5),
        sweep=(0.0, 0.5), quality=(0.7, 1.2), shape_motion=1.0, modulation_decay=(0.1, 2.5),
        intervals=(0, 12, 24, 19, -12),
    ),
    "bells": Character(
        {"synth_pluck": 1.5, "synth_arp": 1, "synth_keys": 1.2, "synth_pad": 0.6},
        ("fm", "sine", "sine", "organ"), (2, 3), (1, 1, 2), (1.0, 7.0), cutoff=(3.5, 6.5),
        sweep=(0.0, 0.5), quality=(0.7, 1.0), shape_motion=0.6, sustain=(0.0, 0.1),
        decay=(0.8, 4.0), release=(0.4, 2.0), intervals=(12, 19, 24, 28.2, 31.4, 16.7, 8.9),
    ),
    "wavetable": Character(
        {"synth_pad": 3, "synth_lead": 1.5, "synth_bass": 1.5, "synth_arp": 1.5,
         "synth_pluck": 1.5, "synth_stab": 1, "synth_keys": 1, "synth_sweep": 1},
        ("table",), (1, 1, 2), (1, 2, 3, 4), (4.0, 22.0), cutoff=(1.0, 6.0), shape_motion=0.85,
        swinging=0.3,
        filters=("lowpass", "steep lowpass", "bandpass", "comb", "highpass"),
    ),
    "choir machine": Character(
        {"synth_pad": 1.5, "synth_lead": 0.5, "synth_keys": 0.3},
        ("vowel",), (1, 2), (2, 3, 4), (5.0, 16.0), cutoff=(3.0, 6.0), sweep=(0.0, 0.3),
        quality=(0.7, 1.0), shape_motion=0.7, vibrato=0.4, noise=0.4,
    ),
    "talking": Character(
        {"synth_lead": 0.7, "synth_bass": 1},
        ("vowel", "vowel", "saw"), (1, 2), (1, 1, 2), cutoff=(3.0, 6.0), shape_motion=1.0,
        swinging=0.5, drive=0.4, glide=0.5,
    ),
    "moog bass": Character(
        {"synth_bass": 4},
        ("saw", "saw", "pulse", "triangle"), (1, 2, 2, 3), (1,), (2.0, 10.0), cutoff=(-0.5, 2.5),
        sweep=(0.5, 4.0), quality=(0.7, 4.0), filters=("steep lowpass",), sub=0.4, drive=0.4,
        intervals=(0, 0, -12, 12, 7), modulation_decay=(0.08, 0.8), glide=0.3,
    ),
    "acid": Character(
        {"synth_bass": 1.5, "synth_arp": 0.6, "synth_lead": 0.4},
        ("saw", "pulse"), (1,), (1,), cutoff=(0.0, 2.0), sweep=(1.5, 4.5), quality=(4.0, 14.0),
        filters=("steep lowpass", "lowpass"), decay=(0.2, 1.0), sustain=(0.3, 1.0),
        modulation_decay=(0.1, 0.6), glide=0.8, drive=0.7, shape_motion=0.0,
    ),
    "reese": Character(
        {"synth_bass": 1.5, "synth_pad": 0.4},
        ("saw", "saw", "pulse"), (2, 2, 3), (1, 2, 3), (12.0, 45.0), cutoff=(0.5, 3.5),
        sweep=(0.0, 1.0), quality=(0.7, 2.5), filters=("lowpass", "steep lowpass", "notch"),
        sustain=(0.8, 1.0), swinging=0.4, sub=0.6, drive=0.4, glide=0.4,
    ),
    "wobble": Character(
        {"synth_bass": 1.2, "synth_lead": 0.3},
        ("saw", "pulse", "table", "fm", "vowel"), (1, 2), (1, 2, 3), cutoff=(0.5, 2.5),
        sweep=(0.0, 1.0), swing=(1.0, 2.8), swinging=1.0, quality=(1.0, 5.0), sustain=(0.8, 1.0),
        shape_motion=0.6, sub=0.6, drive=0.7,
    ),
    "sub": Character(
        {"synth_bass": 1.5},
        ("sine", "triangle", "sine", "fm"), (1,), (1,), cutoff=(1.5, 4.0), sweep=(0.0, 1.0),
        quality=(0.7, 1.0), drive=0.5, pitch_sweep=0.3, glide=0.4,
    ),
    "hoover": Character(
        {"synth_lead": 0.5, "synth_stab": 0.7, "synth_bass": 0.3},
        ("saw", "pulse"), (2, 3), (3, 5), (15.0, 45.0), cutoff=(2.5, 6.0), shape_motion=0.8,
        intervals=(-12, 0, 12), pitch_sweep=0.5, glide=0.7,
    ),
    "house organ": Character(
        {"synth_stab": 1.5, "synth_bass": 1, "synth_keys": 1, "synth_pluck": 0.7},
        ("organ", "organ", "fm"), (1, 2), (1,), (1.0, 5.0), cutoff=(2.0, 5.0),
        quality=(0.7, 1.2), shape_motion=0.4,
    ),
    "soft keys": Character(
        {"synth_keys": 2, "synth_pluck": 1.5, "synth_arp": 1},
        ("triangle", "sine", "pulse", "saw"), (1, 2), (1, 1, 2), (2.0, 9.0), cutoff=(0.0, 2.5),
        sweep=(0.5, 3.0), quality=(0.7, 1.5), modulation_decay=(0.1, 0.7),
    ),
    "filter pluck": Character(
        {"synth_pluck": 4, "synth_arp": 3, "synth_stab": 1},
        ("saw", "saw", "pulse", "table"), (1, 2), (1, 1, 2, 3), (3.0, 16.0), cutoff=(-0.5, 2.0),
        sweep=(2.0, 5.0), quality=(0.7, 5.0), modulation_decay=(0.06, 0.5),
    ),
    "riser": Character(
        {"synth_sweep": 4},
        ("saw", "saw", "table", "pulse"), (1, 2), (3, 5, 7), (10.0, 40.0), cutoff=(0.0, 2.0),
        filters=("lowpass", "steep lowpass", "bandpass", "highpass"), quality=(0.8, 5.0),
        noise=0.8, swinging=0.3, vibrato=0.2,
    ),
    "anything": Character(
        ALL,
        ("saw", "pulse", "triangle", "sine", "sync", "fm", "table", "vowel", "organ"),
        (1, 2, 3), (1, 1, 2, 3, 4), (2.0, 35.0), cutoff=(-0.5, 6.0), sweep=(-1.5, 4.0),
        filters=("lowpass", "steep lowpass", "bandpass", "highpass", "notch", "comb"),
        quality=(0.7, 9.0), swinging=0.35, shape_motion=0.6, drive=0.25, vibrato=0.2,
        sub=0.2, noise=0.2, pitch_sweep=0.08,
        intervals=(0, 0, 12, -12, 7, 24, 5, 19, 3.3),
    ),
}  # fmt: skip
