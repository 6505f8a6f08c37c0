"""The instruments: one small file a family, all of them `base.Engine`."""

from synthgen_tf.render.engines.band import BAND, PROGRAMS
from synthgen_tf.render.engines.base import Engine, perform
from synthgen_tf.render.engines.synth import Synth
from synthgen_tf.render.engines.synth_patch import SPLITS
from synthgen_tf.render.engines.synth_sample import sample_patch

__all__ = ["BAND", "PROGRAMS", "SPLITS", "Engine", "Synth", "perform", "sample_patch"]
