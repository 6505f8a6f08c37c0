"""The instruments: one small file a family, all of them `base.Engine`."""

from collections.abc import Callable

import numpy as np

from .base import Engine, perform
from .bowed import SoloStrings, StringEnsemble
from .drums import DrumKit
from .keys import ElectricPiano, Mallets, Organ, Piano
from .plucked import AcousticGuitar, CleanGuitar, DistortedGuitar, ElectricBass
from .synth import Synth
from .synth_patch import SPLITS, sample_patch
from .voice import Voice
from .winds import Brass, Flute

BAND: dict[str, Callable[[np.random.Generator], Engine]] = {
    "acoustic_drums": lambda rng: DrumKit(rng, electronic=False),
    "electronic_drums": lambda rng: DrumKit(rng, electronic=True),
    "electric_bass": ElectricBass,
    "acoustic_guitar": AcousticGuitar,
    "clean_guitar": CleanGuitar,
    "distorted_guitar": DistortedGuitar,
    "piano": Piano,
    "electric_piano": ElectricPiano,
    "organ": Organ,
    "mallets": Mallets,
    "string_ensemble": StringEnsemble,
    "solo_strings": SoloStrings,
    "brass": Brass,
    "flute": Flute,
    "voice": Voice,
}
"""Everything that must not be taken for a synth, by the name scores use."""

__all__ = ["BAND", "SPLITS", "Engine", "Synth", "perform", "sample_patch"]
