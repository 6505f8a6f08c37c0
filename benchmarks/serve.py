"""What the service bears: many clients at once, and what HTTP adds to a separation.

    python benchmarks/serve.py [--model NAME_OR_PATH]

The service runs in a process of its own, as `synthgen serve` starts it. Clients send 10 seconds of
noise each and come again when they are refused, after the time that they are told.
"""

import argparse
import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import httpx2 as httpx
import numpy as np
import soundfile

from synthgen_tf.cli.tables import print_table
from synthgen_tf.report import Table
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor

RATE = 44_100
REQUESTS, CLIENTS, SECONDS = 200, 32, 10
LONG_SECONDS, RUNS = 240, 5


def main() -> None:
    """Start the service, load it, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="exported model; the shipped one by default")
    arguments = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("synthgen")), "serve", "--port", str(port)]
    command += ["--model", arguments.model] if arguments.model else []
    service = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        rows = [*under_load(url, service.pid), overhead(url, arguments.model)]
    finally:
        service.terminate()
        service.wait(30)
    rows.append(["exit code after SIGTERM", str(service.returncode)])
    print_table(Table("The service", ["what", "measured"], rows))


def wait_for(url: str) -> None:
    """Until the service answers."""
    for _ in range(600):
        try:
            httpx.get(f"{url}/healthz").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("the service did not start")


def noise(seconds: float) -> bytes:
    """Stereo noise as a 16-bit WAV file."""
    samples = 0.1 * np.random.default_rng(0).standard_normal((round(seconds * RATE), 2))
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def under_load(url: str, pid: int) -> list[list[str]]:
    """All requests answered, refusals by the book, memory given back."""
    content = noise(SECONDS)
    answers: Counter[int] = Counter()
    odd: Counter[str] = Counter()

    def ask(client: httpx.Client) -> None:
        while True:
            answer = client.post(f"{url}/v1/separate?stems=synth&wait=true", content=content)
            answers[answer.status_code] += 1
            if answer.status_code != 503:
                break
            if "retry-after" not in answer.headers:
                odd["503 without Retry-After"] += 1
            time.sleep(float(answer.headers.get("retry-after", 1)))
        if answer.status_code == 200:
            odd["short answers"] += soundfile.info(io.BytesIO(answer.content)).duration < SECONDS

    with httpx.Client(timeout=600) as client:
        for _ in range(3):  # engines and buffers at work before memory is read
            ask(client)
        answers.clear()
        before, started = resident_mib(pid), time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda _: ask(client), range(REQUESTS)))
        took = time.perf_counter() - started
    time.sleep(5)
    after = resident_mib(pid)
    others = answers.total() - answers[200] - answers[503] + odd.total()
    return [
        [f"requests of {SECONDS} s from {CLIENTS} clients", str(REQUESTS)],
        ["answered with the stem", str(answers[200])],
        ["refused with 503 and Retry-After, later served", str(answers[503])],
        ["anything else", str(others)],
        ["music a second", f"{REQUESTS * SECONDS / took:.0f} s"],
        ["memory before and after", f"{before:.0f} and {after:.0f} MiB ({after / before:.2f})"],
    ]


def resident_mib(pid: int) -> float:
    """Memory of a process, Linux."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmRSS: this benchmark needs Linux")


def overhead(url: str, model: str | None) -> list[str]:
    """Time of a request over that of the same separation in this process, taking turns."""
    content = noise(LONG_SECONDS)
    separator = Separator(load_predictor(model))
    ratios = []
    with tempfile.TemporaryDirectory() as folder, httpx.Client(timeout=600) as client:
        song = Path(folder) / "song.wav"
        song.write_bytes(content)
        for _ in range(1 + RUNS):
            start = time.perf_counter()
            separator.separate_file(song, Path(folder) / "stems", stems=["synth"])
            middle = time.perf_counter()
            client.post(f"{url}/v1/separate?stems=synth&wait=true", content=content)
            ratios.append((time.perf_counter() - middle) / (middle - start))
    return [
        f"a request of {LONG_SECONDS // 60} minutes over `separate_file`, median of {RUNS}",
        f"{np.median(ratios[1:]):.2f}",  # the first of each warms up
    ]


if __name__ == "__main__":
    main()
