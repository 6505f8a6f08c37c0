"""One threshold of silence, in decibels and as a power."""

from synthgen_tf.silence import AUDIBLE_POWER, SILENT


def test_both_say_the_same():
    assert SILENT == 100
    assert AUDIBLE_POWER == 1e-10
