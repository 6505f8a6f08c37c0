"""Composes and renders multitrack songs with a true synth stem, from nothing but a seed.

The flow, module by module (sounds are (time, 2) float32 at 44.1 kHz):

    styles, harmony         what each style is made of; keys, scales and chords
    structure, plan         seed -> style, tempo, form with its drop-outs, and chords
    beats, lines, parts,
    compose                 plan -> score: parts with notes, stems and instruments
    midi_file, midi         MIDI file -> score: an excerpt, with other instruments
    recorded                soundfonts and drum kits of this machine, each for its splits
    sources, casting        MIDI files, soundfonts and kits, dealt to the splits -> score, engines
    plugins                 synth engines installed here -> presets, listened to, for each role
                            and split
    engines                 part -> dry track; `synth` is the target, the rest must not be mistaken
                            for it (`dsp`, `tables`, `waves` and `filters` are what they are
                            built of)
    chains, effects         track -> track, by a chain of effects that is data
    mix, buses, master      tracks -> five stems: levels, room, width, saturation and side-chain of
                            whole stems, bus compression, limiter, clipping, coding; int16,
                            summing exactly
    levels                  stem -> how loud it is in each second, and how wide
    song                    (seed, index, seconds) -> stems and description
    dataset                 -> folders on disk, resumable, on several cores
    described, describe     folders on disk -> their songs, and tables of what the set holds
"""

from synthgen_tf.render.dataset import render_songs
from synthgen_tf.render.describe.describe import describe_songs
from synthgen_tf.render.recorded import find_recorded

__all__ = ["describe_songs", "find_recorded", "render_songs"]
