"""The composer against music theory and its own promises."""

import numpy as np
import pytest

from synthgen_tf.render.compose import compose
from synthgen_tf.render.harmony import Harmony


def test_chords_are_the_ones_of_the_textbook():
    harmony = Harmony(0, "major")
    assert harmony.chord(0, 60) == [60, 64, 67]  # C E G
    assert harmony.chord(4, 60) == [62, 67, 71]  # G B D, folded into one octave
    assert harmony.chord(1, 60, 4) == [60, 62, 65, 69]  # D minor seventh
    assert harmony.pitch_near(5, 60) == 57  # A


def test_one_score_in_twelve_is_free_of_synth_and_none_is_all_synth():
    scores = [compose(np.random.default_rng([1, index]), 10.0) for index in range(300)]
    with_synth = [any(part.stem == "synth" for part in score.parts) for score in scores]
    # 300 draws at 0.92 have a standard deviation of 0.016.
    assert np.mean(with_synth) == pytest.approx(0.92, abs=0.05)
    for score in scores:
        assert any(part.stem != "synth" for part in score.parts)
        for part in score.parts:
            starts = [note.start_seconds for note in part.notes]
            assert starts == sorted(starts)
            assert starts
            assert max(starts) < 10.0
            assert all(0 < note.velocity <= 1 and note.seconds > 0 for note in part.notes)
