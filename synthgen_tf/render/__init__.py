"""Composes and renders multitrack songs with a true synth stem, from nothing but a seed.

The flow, module by module (sounds are (time, 2) float32 at 44.1 kHz):

    styles, harmony, plan   seed -> style, tempo, key, form and chords
    beats, lines, compose   plan -> score: parts with notes, stems and instruments
    engines                 part -> dry track; `synth` is the target, the rest must not be mistaken
                            for it (`dsp`, `tables` and `waves` are what they are built of)
    effects                 track -> track, by a chain that is data
    mix                     tracks -> five stems: levels, reverb, limiter; int16, summing exactly
    levels                  stem -> how loud it is in each second, and how wide
    song                    (seed, index, seconds) -> stems and description
    dataset                 -> folders on disk, resumable, on several cores
    describe                folders on disk -> tables of what the data set holds
"""

from .dataset import render_songs
from .describe import describe_songs

__all__ = ["describe_songs", "render_songs"]
