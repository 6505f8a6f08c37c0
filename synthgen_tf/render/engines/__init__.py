"""The instruments: one small file a family, all of them `base.Engine`."""

from synthgen_tf.tracks import USUAL_SPLITS as SPLITS

from .band import BAND, PROGRAMS
from .base import Engine, perform
from .synth import Synth
from .synth_sample import sample_patch

__all__ = ["BAND", "PROGRAMS", "SPLITS", "Engine", "Synth", "perform", "sample_patch"]
