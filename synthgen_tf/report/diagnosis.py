"""What rules a model's scores: too little learnt, learnt by heart, or music of another kind."""

from collections.abc import Mapping

from synthgen_tf.report.score_tables import format_db
from synthgen_tf.table import Table

MEASURE = "si_sdr_improvement"
TITLE = "By split"


def split_table(scores: Mapping) -> Table:
    """Return a table of SI-SDR improvement and SNR of each split, the oracle beside them, and what
    rules.

    Args:
        scores: what `evaluate` returns, of more than one split.
    """
    rows = []
    for split, part in scores["by_split"].items():
        median = part["median"]
        cells = [
            median["estimate"].get(MEASURE),
            median.get("oracle_irm", {}).get(MEASURE),
            median["estimate"].get("snr"),
            median.get("best_gain", {}).get("snr"),
            median["estimate"].get("silence_level"),
        ]
        rows.append([split, str(part["count"]), *map(format_db, cells)])
    columns = ["split", "tracks", "SI-SDR improvement", "of the oracle", "SNR",
               "of the best gain", "output in silence"]  # fmt: skip
    return Table(TITLE, columns, rows, f"Medians, dB. {diagnose(scores)}".strip())


def diagnose(scores: Mapping) -> str:
    """Tell which step of SI-SDR improvement is the largest, in a sentence; empty without `train`.

    From the oracle to train: too little learnt (underfitting). From train to valid, or test where
    there is none: learnt by heart (overfitting). From there to far: sounds of another kind (domain
    gap).
    """
    found = {
        split: part["median"]["estimate"].get(MEASURE) for split, part in scores["by_split"].items()
    }
    found = {split: value for split, value in found.items() if value is not None}
    if "train" not in found:
        return ""
    oracle = scores["by_split"]["train"]["median"]["oracle_irm"][MEASURE]
    steps = {"underfitting: on the songs it learnt from it is short of the oracle by":
             oracle - found["train"]}  # fmt: skip
    unseen = next((split for split in ("valid", "test") if split in found), None)
    if unseen:
        steps[f"overfitting: on songs of {unseen}, played by other sounds, it loses"] = (
            found["train"] - found[unseen]
        )
    if unseen and "far" in found:
        steps["a domain gap: on engines and instruments it never heard of it loses further"] = (
            found[unseen] - found["far"]
        )
    largest = max(steps, key=lambda what: steps[what])
    others = [f"{what} {format_db(step)} dB" for what, step in steps.items() if what != largest]
    rest = f" ({'; '.join(others)})" if others else ""
    return f"What rules is {largest} {format_db(steps[largest])} dB{rest}."
