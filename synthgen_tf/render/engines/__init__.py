"""Holds the instruments, a room for each family; all of them are a `base.Engine`.

Rooms and files:

    base            what every engine is, and how a part is played on one
    body            what stands between strings, pipes or skins and the desk: bodies, walls, levels
    synth           the soft synth, which is the target
    plugins         synth engines installed beside SynthGen, which are targets too
    vital           Vital, another synth, from the optional extra `vita`
    drums, keys, plucked, bowed, winds, voice
                    what is no synth
    band            all that is no synth, by the name scores use, and by General MIDI programme
    soundfont       any programme or kit from a soundfont
    general_midi    which programmes and kits can stand for which part
"""

from synthgen_tf.render.engines.band import BAND, PROGRAMS
from synthgen_tf.render.engines.base import Engine, perform
from synthgen_tf.render.engines.synth.sample import sample_patch
from synthgen_tf.render.engines.synth.synth import Synth
from synthgen_tf.tracks import USUAL_SPLITS as SPLITS

__all__ = ["BAND", "PROGRAMS", "SPLITS", "Engine", "Synth", "perform", "sample_patch"]
