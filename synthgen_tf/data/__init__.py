"""From data sets to batches of mixture and target.

Module   -> what comes in -> what goes out
prepare  -> data set root -> store: 16-bit WAV at one rate, index.json
store    -> store -> Tracks with levels
select   -> root -> the Tracks of a split
audible  -> Tracks -> InputError where no target sounds
licence  -> root -> the licences that its songs put on what learns from them
draw     -> example number, seed -> what the example is made of
reader   -> song, stem, start, frames -> float32 (frames, channels), in the graph
mix      -> cuts of the stems -> mixture and target (segment, channels)
chain    -> Tracks -> tf.data of mixture and target (batch, segment, channels)

The last four need TensorFlow and are imported by their own names.
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
