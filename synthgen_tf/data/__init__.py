"""From data sets to batches of mixture and target.

Module    -> what comes in -> what goes out
prepare   -> data set root -> store: 16-bit WAV at one rate, index.json
store     -> store -> Tracks with levels
select    -> root -> the Tracks of a split
audible   -> Tracks -> InputError where no target sounds
licence   -> root -> the licences that its songs put on what learns from them
example   -> stems in their order -> Cuts -> Example: the names of what the next modules hand on
song_table -> Tracks -> where they lie, and where their stems sound
draw      -> example number, seed -> Draw: what the example is made of
segment_reader -> song, stem, start, frames -> cut (time, channels) as it is stored, in the graph
effects   -> a signal, how much -> the same, driven, equalized, limited ...
mix       -> Cuts, Draw -> Example (segment, channels)
normalise -> Example -> the same at one scale
chain     -> Tracks -> tf.data of Examples (batch, segment, channels)

The last five need TensorFlow or Keras and are imported by their own names.
"""

from synthgen_tf.data.audible import refuse_silence
from synthgen_tf.data.licence import licences_of
from synthgen_tf.data.prepare import Report, prepare
from synthgen_tf.data.select import advice_for, open_tracks, select_tracks

__all__ = [
    "Report",
    "advice_for",
    "licences_of",
    "open_tracks",
    "prepare",
    "refuse_silence",
    "select_tracks",
]
