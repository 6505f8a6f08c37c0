"""What a search costs beside the trainings in it: memory from trial to trial, and time.

    python benchmarks/search_cost.py --data songs [--trials 30]

Every trial is the same training, so that its time can be compared with `synthgen train`'s, which
runs before and after the search.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import yaml
from memory import mib_of

from synthgen_tf.cli.terminal import print_table
from synthgen_tf.report import Table

SEARCH = Path(__file__).parent.parent / "tuning" / "search.py"
EARLY, PLAIN_RUNS = 3, 3
FIXED = {
    "data": {"valid_segments": 1},
    "training": {"epochs": 2, "steps_per_epoch": 100, "patience": 100},
}
PRESET = "tiny"
SPACE = {
    "preset": PRESET,
    "config": FIXED,
    "search": {"data.flip_polarity": {"min": 0.0, "max": 1.0}},  # which costs nothing
}


def main() -> None:
    """Train, search, train again, and print what the search adds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a store or rendered songs")
    parser.add_argument("--trials", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain = plain_seconds(arguments.data, Path(folder) / "before")
        seconds, memory = searched(arguments.data, Path(folder), arguments.trials)
        plain += plain_seconds(arguments.data, Path(folder) / "after")
    early, late = memory[EARLY - 1], memory[-1]
    told = f"{late:.0f} and {early:.0f} MiB ({late / early:.2f})"
    ratio = median(seconds) / median(plain)
    rows = [
        [f"memory of the search after {len(memory)} trials and after {EARLY}", told, "at most 1.1"],
        ["a trial, median", f"{median(seconds):.1f} s", ""],
        ["the same by `synthgen train`, median", f"{median(plain):.1f} s", ""],
        ["trial over training", f"{ratio:.2f}", "at most 1.10"],
    ]
    print_table(Table("A search", ["what", "measured", "aim"], rows))


def plain_seconds(data: Path, runs: Path) -> list[float]:
    """Seconds of `synthgen train`, the whole process, once for each run."""
    command = [sys.executable, "-m", "synthgen_tf", "train", "--data", str(data)]
    command += ["--preset", PRESET]
    for section, values in FIXED.items():
        for key, value in values.items():
            command += ["--set", f"{section}.{key}={value}"]
    taken = []
    for number in range(PLAIN_RUNS):
        start = time.perf_counter()
        run = [*command, "--run", str(runs / str(number))]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken.append(time.perf_counter() - start)
    return taken


def searched(data: Path, folder: Path, trials: int) -> tuple[list[float], list[float]]:
    """Seconds of each trial after the first, and MiB of the search's own process after each."""
    space = folder / "space.yaml"
    space.write_text(yaml.safe_dump(SPACE))
    command = [sys.executable, str(SEARCH), "--data", str(data), "--out", str(folder / "search")]
    command += ["--space", str(space), "--tuner", "random", "--trials", str(trials)]
    ends, memory = [], []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as search:
        for line in search.stdout or ():
            if line.startswith("trial "):
                ends.append(time.perf_counter())
                memory.append(mib_of(search.pid))
    if search.returncode:
        raise SystemExit(f"the search ended with exit code {search.returncode}")
    return [end - begin for begin, end in itertools.pairwise(ends)], memory


if __name__ == "__main__":
    main()
