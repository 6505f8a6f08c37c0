"""Scores of a separator, or of estimates made elsewhere, beside mixture, silence and oracle.

Module     -> what comes in -> what goes out
oracle     -> target and mixture -> the ideal ratio mask's estimate
bss_eval   -> target, estimate, mixture -> museval's measures and its JSON files
estimates  -> a folder of audio files -> a track's estimate
scores     -> tracks and who estimates them -> scores by track, medians and intervals by genre
files      -> scores -> scores.json and .csv, and back
"""

from synthgen_tf.evaluate.estimates import Estimates
from synthgen_tf.evaluate.files import (
    described,
    make_room_for_scores,
    read_scores,
    score_files,
    write_scores,
)
from synthgen_tf.evaluate.scores import (
    Estimator,
    evaluate,
    measure,
    score_track,
    select_test_tracks,
    separated_by,
)

__all__ = [
    "Estimates",
    "Estimator",
    "described",
    "evaluate",
    "make_room_for_scores",
    "measure",
    "read_scores",
    "score_files",
    "score_track",
    "select_test_tracks",
    "separated_by",
    "write_scores",
]
