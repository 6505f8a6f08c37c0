"""Lists every instrument that is no synth, by the name scores use and by programme."""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from synthgen_tf.render.engines.base import Engine
from synthgen_tf.render.engines.bowed.sections import PizzicatoStrings, StringEnsemble
from synthgen_tf.render.engines.bowed.solo import SIZES, SoloStrings
from synthgen_tf.render.engines.drums.drums import DrumKit
from synthgen_tf.render.engines.keys.electric import Clavinet, ElectricPiano
from synthgen_tf.render.engines.keys.mallets import BARS, Mallets
from synthgen_tf.render.engines.keys.organ import Organ
from synthgen_tf.render.engines.keys.piano import Piano
from synthgen_tf.render.engines.keys.pipe import FreeReeds, PipeOrgan
from synthgen_tf.render.engines.plucked.bass import (
    ElectricBass,
    FretlessBass,
    SlapBass,
    UprightBass,
)
from synthgen_tf.render.engines.plucked.guitars import (
    BODIES,
    AcousticGuitar,
    CleanGuitar,
    DistortedGuitar,
    LeadGuitar,
    MutedGuitar,
)
from synthgen_tf.render.engines.voice.singers import Voice
from synthgen_tf.render.engines.winds.brass import BRASS, Brass
from synthgen_tf.render.engines.winds.woodwinds import WINDS, Wind


def _kinds(engine: Callable[..., Engine], kinds: Iterable[str]) -> dict[str, Callable[..., Engine]]:
    """Return one entry of `BAND` for every kind of an engine."""
    return {kind.replace(" ", "_"): partial(engine, kind=kind) for kind in kinds}


BAND: dict[str, Callable[[np.random.Generator], Engine]] = {
    "acoustic_drums": partial(DrumKit, electronic=False),
    "brush_drums": partial(DrumKit, electronic=False, kind="brushes"),
    "electronic_drums": partial(DrumKit, electronic=True),
    "analogue_drums": partial(DrumKit, electronic=True, kind="analogue"),
    "sampler_drums": partial(DrumKit, electronic=True, kind="sampler"),
    "electric_bass": ElectricBass,
    "slap_bass": SlapBass,
    "fretless_bass": FretlessBass,
    "upright_bass": UprightBass,
    "acoustic_guitar": AcousticGuitar,
    "clean_guitar": CleanGuitar,
    "muted_guitar": MutedGuitar,
    "distorted_guitar": DistortedGuitar,
    "lead_guitar": LeadGuitar,
    "piano": Piano,
    "honky_piano": partial(Piano, kind="honky"),
    "electric_grand": partial(Piano, kind="electric grand"),
    "electric_piano": ElectricPiano,
    "tine_piano": partial(ElectricPiano, kind="tine"),
    "reed_piano": partial(ElectricPiano, kind="reed"),
    "clavinet": Clavinet,
    "organ": Organ,
    "combo_organ": partial(Organ, kind="transistor"),
    "pipe_organ": PipeOrgan,
    "accordion": FreeReeds,
    "harmonica": partial(FreeReeds, kind="harmonica"),
    "mallets": Mallets,
    "string_ensemble": StringEnsemble,
    "tremolo_strings": partial(StringEnsemble, trembling=True),
    "pizzicato_strings": PizzicatoStrings,
    "solo_strings": SoloStrings,
    "brass": Brass,
    "muted_trumpet": partial(Brass, kind="trumpet", mute="any"),
    "voice": Voice,
    "choir": partial(Voice, style="choir"),
    "spoken_voice": partial(Voice, style="spoken"),
}
BAND |= _kinds(AcousticGuitar, BODIES) | _kinds(Mallets, BARS) | _kinds(SoloStrings, SIZES)
BAND |= _kinds(Brass, BRASS) | _kinds(Wind, WINDS)

_PROGRAMS = """
piano electric_grand electric_grand honky_piano tine_piano reed_piano harpsichord clavinet
celesta glockenspiel music_box vibraphone marimba xylophone tubular_bells dulcimer
organ organ organ pipe_organ combo_organ accordion harmonica accordion
nylon_guitar steel_guitar clean_guitar clean_guitar muted_guitar lead_guitar distorted_guitar
clean_guitar
upright_bass electric_bass electric_bass fretless_bass slap_bass slap_bass - -
violin viola cello contrabass tremolo_strings pizzicato_strings harp timpani
string_ensemble string_ensemble - - choir choir - string_ensemble
trumpet trombone tuba muted_trumpet french_horn brass - -
soprano_sax alto_sax tenor_sax baritone_sax oboe english_horn bassoon clarinet
piccolo flute recorder pan_flute pan_flute recorder ocarina ocarina
- - - - - - - - - - - - - - - - - - - - - - - -
sitar banjo koto koto kalimba bagpipe fiddle oboe
glockenspiel glockenspiel steel_drum xylophone timpani timpani - -
"""

PROGRAMS = {number: name for number, name in enumerate(_PROGRAMS.split()) if name != "-"}
"""Engine for every General MIDI programme, 0 to 127, that is neither a synth nor a noise."""
