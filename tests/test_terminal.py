"""Tables on terminals of any width show all that is in them."""

import pytest

from synthgen_tf.cli.terminal import print_table
from synthgen_tf.table import Table

COLUMNS = ["", "SNR", "95 % interval", "SI-SDR improvement", "mixture at its best gain", "oracle"]
ROWS = [
    ["the model", "3.45", "2.03 to 5.74", "0.86", "3.13", "9.61"],
    ["oracle: ideal ratio mask", "9.61", "8.67 to 12.31", "10.20", "0.22", "9.12"],
]


def printed(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(Table("Scores", COLUMNS, ROWS, "dB, medians"))
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [50, 60, 80, 200])
def test_nothing_is_cut_and_no_line_is_too_long(width, capsys, monkeypatch):
    text = printed(capsys, monkeypatch, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for cell in (cell for row in ROWS for cell in row):
        assert f" {cell} " in text
    for word in (word for heading in COLUMNS[1:] for word in heading.split()):
        assert word in text


def test_a_narrow_terminal_gets_parts_under_one_title(capsys, monkeypatch):
    parts = {width: printed(capsys, monkeypatch, width) for width in (60, 200)}
    assert [parts[width].count("the model") for width in (60, 200)] == [3, 1]
    assert all(text.count("Scores") == text.count("medians") == 1 for text in parts.values())


def test_a_table_of_one_column_is_printed(capsys, monkeypatch):
    print_table(Table("Songs", ["song"], [["a"], ["b"]]))
    assert [line.strip(" │") for line in capsys.readouterr().out.splitlines()].count("a") == 1


def test_cells_wider_than_the_terminal_break_between_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    words = [f"word{number}" for number in range(30)]
    print_table(Table("Most frequent", ["", "words"], [["engines", " ".join(words)]]))
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 40
    assert "…" not in text
    assert "engines" in text
    assert all(f" {word} " in text for word in words)
