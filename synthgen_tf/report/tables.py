"""Tables of scores, for pages and terminals alike."""

from collections.abc import Mapping

from synthgen_tf.table import Table

COLUMNS = {
    "snr": "SNR",
    "snr_improvement": "SNR improvement",
    "si_sdr": "SI-SDR",
    "level_error": "level error",
    "silence_level": "output in silence",
}
ROWS = {
    "model": "the model",
    "shipped": "shipped model",
    "mixture": "mixture as it is",
    "silence": "silence",
}


def format_db(value: float | None) -> str:
    """A level or ratio for a table: two digits, a dash where it is not defined."""
    return "–" if value is None else f"{round(value, 2) + 0.0:.2f}"  # never -0.00


def score_table(scores: Mapping, title: str = "") -> Table:
    """The medians of what `evaluate` returns, model beside mixture and silence."""
    columns = [name for name in COLUMNS if any(name in row for row in scores["median"].values())]
    rows = [
        [ROWS[name], *(format_db(row.get(column)) for column in columns)]
        for name, row in scores["median"].items()
    ]
    note = (
        f"dB, medians over {len(scores['tracks'])} tracks against stem {scores['target']!r}. "
        "SNR and SI-SDR: higher is better, silence has SNR 0. Level error: 0 is right. "
        "Output in silence: relative to the mixture, where the target is silent."
    )
    return Table(title, ["", *(COLUMNS[column] for column in columns)], rows, note)
