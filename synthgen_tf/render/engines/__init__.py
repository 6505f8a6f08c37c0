"""The instruments: one small file a family, all of them `base.Engine`."""

from synthgen_tf.render.engines.band import BAND, PROGRAMS
from synthgen_tf.render.engines.base import Engine, perform
from synthgen_tf.render.engines.synth.patch import SPLITS
from synthgen_tf.render.engines.synth.sample import sample_patch
from synthgen_tf.render.engines.synth.synth import Synth

__all__ = ["BAND", "PROGRAMS", "SPLITS", "Engine", "Synth", "perform", "sample_patch"]
