"""Which of the three rules a model's scores: against cases made up for each."""

import re

import pytest

from synthgen_tf.report.diagnosis import diagnose, split_table


def scores_of(oracle, **improvement):
    def part(value):
        return {
            "count": 3,
            "median": {
                "estimate": {"si_sdr_improvement": value, "snr": 2.0},
                "oracle_irm": {"si_sdr_improvement": oracle, "snr": 11.0},
                "best_gain": {"snr": 1.5},
            },
        }

    return {"by_split": {split: part(value) for split, value in improvement.items()}}


@pytest.mark.parametrize(
    ("improvement", "rules"),
    [
        ({"train": 1.5, "valid": 0.5, "far": 0.3}, "underfitting: .* oracle by 8.50 dB"),
        ({"train": 8.0, "valid": 2.0, "far": 1.0}, "overfitting: on songs of valid.* 6.00 dB"),
        ({"train": 8.0, "test": 7.0, "far": 1.5}, "a domain gap: .* 5.50 dB"),
        ({"train": 9.5, "far": 1.0}, "underfitting"),  # nothing to tell the others apart by
    ],
)
def test_the_largest_step_rules(improvement, rules):
    sentence = diagnose(scores_of(10.0, **improvement))
    assert re.match(f"What rules is {rules}", sentence)


def test_without_train_nothing_is_told():
    assert diagnose(scores_of(10.0, valid=2.0, far=1.0)) == ""


def test_the_table_has_a_row_for_each_split():
    table = split_table(scores_of(10.0, train=1.5, far=None))
    assert table.rows[0] == ["train", "3", "1.50", "10.00", "2.00", "1.50", "–"]
    assert table.rows[1][2] == "–"
