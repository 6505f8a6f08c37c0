"""Composes and renders multitrack songs with a true synth stem, from nothing but a seed.

The flow, rooms and files, each fed by those above it (sounds are (time, 2) float32 at 44.1 kHz):

    signals         what every sound is built of: noise, filters, wavetables
    compose         seed -> score: parts with notes, stems and instruments
    engines         part -> its sound, dry; `synth` is the target, the others must not be taken for
                    it
    midi            MIDI file -> score: an excerpt, with other instruments
    mixing          parts -> five stems, mixed, mastered and in 16 bits, which sum exactly
    recorded        the soundfonts and drum kits of this machine, each for its splits
    sources         MIDI files, soundfonts, kits and installed engines, dealt to the splits
    casting         sources, seed -> the score of a song, and who plays its parts
    song            seed, index, seconds -> stems and description
    dataset         -> folders on disk, resumable, on several cores
    describe        folders on disk -> what their songs are, and tables of what the set holds
"""

from synthgen_tf.render.dataset import render_songs
from synthgen_tf.render.describe.describe import describe_songs
from synthgen_tf.render.recorded import find_recorded

__all__ = ["describe_songs", "find_recorded", "render_songs"]
