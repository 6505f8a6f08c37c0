"""Tables of scores, for pages and terminals alike."""

from collections.abc import Mapping, Sequence

from synthgen_tf.table import Table

COLUMNS = {
    "snr": "SNR",
    "si_sdr_improvement": "SI-SDR improvement",
    "snr_improvement": "SNR improvement",
    "si_sdr": "SI-SDR",
    "level_error": "level error",
    "silence_level": "output in silence",
    "sdr": "SDR",
    "isr": "ISR",
    "sir": "SIR",
    "sar": "SAR",
}
ROWS = {
    "estimate": "the model",
    "shipped": "shipped model",
    "mixture": "mixture as it is",
    "best_gain": "mixture at its best gain",
    "silence": "silence",
    "oracle_irm": "oracle: ideal ratio mask",
}

BESIDE = {name: ROWS[name] for name in ("mixture", "best_gain")} | {"oracle_irm": "oracle"}


def format_db(value: float | None) -> str:
    """Write a level or ratio as it stands in a table: two digits, a dash where it is not
    defined."""
    return "–" if value is None else f"{round(value, 2) + 0.0:.2f}"  # never -0.00


def format_span(interval: Sequence[float] | None) -> str:
    """Write an interval as it stands in a table; a dash where there is none, or no width."""
    if not interval or interval[0] == interval[1]:
        return "–"
    return f"{format_db(interval[0])} to {format_db(interval[1])}"


def score_table(scores: Mapping, title: str = "") -> Table:
    """Return a table of the medians of what `evaluate` returns, the model beside the rest, SNR
    with its interval."""
    columns = [name for name in COLUMNS if any(name in row for row in scores["median"].values())]
    rows = []
    for name, row in scores["median"].items():
        cells = [format_db(row.get(column)) for column in columns]
        if "snr" in columns:
            cells.insert(1, format_span(scores["interval"].get(name, {}).get("snr")))
        rows.append([ROWS[name], *cells])
    note = (
        f"dB, medians over {len(scores['tracks'])} tracks against stem {scores['target']!r}. "
        "Interval: of the median SNR, by bootstrap. SNR and SI-SDR: higher is better, silence has "
        "SNR 0, and turning the mixture down alone earns the SNR of its best gain; SI-SDR "
        "improvement, over the mixture's, is what no gain can buy. Level error: 0 is right. "
        "Output in silence: relative to the mixture, where the target is silent."
    )
    if "sdr" in columns:
        note += " SDR to SAR: BSSEval v4 by museval."
    titles = [COLUMNS[column] for column in columns]
    if "snr" in columns:
        titles.insert(1, "95 % interval")
    return Table(title, ["", *titles], rows, note)


def genre_table(scores: Mapping) -> Table:
    """Return a table of the SNR of the model and of what it stands beside by genre, the best
    genre first."""
    rows = []
    for genre, part in scores["by_genre"].items():
        median, interval = part["median"], part["interval"]["estimate"].get("snr")
        if interval is None:  # all its targets are silent
            continue
        others = [format_db(median.get(name, {}).get("snr")) for name in BESIDE]
        span = format_span(interval)
        best = median["estimate"]["snr"]
        rise = format_db(median["estimate"].get("si_sdr_improvement"))
        rows.append((best, [genre, str(part["count"]), format_db(best), span, rise, *others]))
    rows.sort(key=lambda row: -row[0])
    model = ["SNR", "95 % interval", "SI-SDR improvement"]
    columns = ["genre", "tracks", *model, *BESIDE.values()]
    note = "Medians, dB: SNR and SI-SDR improvement of the model, SNR of what stands beside it."
    return Table("By genre", columns, [cells for _, cells in rows], note)
