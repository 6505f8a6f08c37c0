"""Scores: of a separator, of the mixture and of silence, per track and as medians."""

from synthgen_tf.evaluate.scores import evaluate, measure, select_test_tracks, write_scores

__all__ = ["evaluate", "measure", "select_test_tracks", "write_scores"]
