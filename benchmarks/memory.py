"""The memory of a process, as Linux tells it."""

from pathlib import Path


def mib_of(pid: int, what: str = "VmRSS") -> float:
    """Return the memory of a process in MiB.

    Args:
        pid: of the process.
        what: `VmRSS`, what it holds now, or `VmHWM`, the most that it held.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no {what} in /proc/{pid}/status: this benchmark needs Linux")
