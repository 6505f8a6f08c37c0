"""The page without a server: how near to `--engine tflite`, how fast, how large.

    make web
    python benchmarks/web.py

Needs Debian's chromium and chromium-driver. The page is served from this machine, with the headers
that allow threads for the row that names them. Memory is that of all processes of the browser,
each page of memory counted once, at its highest until the song is ready.
"""

import contextlib
import functools
import gzip
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np
from browsing import RATE, Host, choose, chromium, find, music, save_into, saved, snr, write
from selenium.webdriver.remote.webdriver import WebDriver
from serving import until

from synthgen_tf.cli.terminal import print_table
from synthgen_tf.report import Table
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor

DIST = Path(__file__).parent.parent / "web" / "dist"
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
SHORT_SECONDS, SONG_SECONDS, LONG_SECONDS = 60, 180, 600
CLOCK = """
window.times = {};
new MutationObserver(() => (times[document.body.dataset.state] = performance.now()))
  .observe(document.body, { attributeFilter: ["data-state"] });
"""


def main() -> None:
    """Serve what `make web` built, separate songs in Chromium, print the table."""
    if not (DIST / "sw.js").exists():
        sys.exit("benchmarks/web.py: web/dist is not built: run make web")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [nearness(folder), *speeds(folder), *first_load(), memory(folder)]
    print_table(Table("The page without a server", ["what", "aim", "measured"], rows))


@contextlib.contextmanager
def opened(threads: bool) -> Iterator[tuple]:
    """A fresh browser with the page in it, the host, and the seconds until it was ready."""
    with Host(DIST) as host:
        browser = chromium()
        try:
            if threads:
                host.headers = ISOLATED
            else:  # the service worker would isolate the page
                browser.get(f"{host.address}model.json")
                browser.execute_script("sessionStorage.setItem('reloaded', 1)")
            host.seen.clear()
            started = time.perf_counter()
            browser.get(host.address)
            ready = "return document.body.dataset.engine"
            until(lambda: browser.execute_script(ready), 60)
            seconds = time.perf_counter() - started
            browser.execute_script("delete window.showSaveFilePicker")  # it would ask the user
            engine = find(browser, "#engine").text
            if "Ready" not in engine or ("one thread" not in engine) is not threads:
                sys.exit(f"benchmarks/web.py: the page tells of its model: {engine}")
            yield browser, host, seconds
        finally:
            browser.quit()


def separate(browser: WebDriver, song: Path) -> None:
    """Have the page separate a song; ends the script where it does not."""
    if choose(browser, song)[2] != "ready":
        sys.exit(f"benchmarks/web.py: {find(browser, '#message').text}")


def nearness(folder: Path) -> list[str]:
    """SNR of the page's stem by that of the same model in Python."""
    song = music(SHORT_SECONDS)
    with opened(threads=True) as (browser, *_):
        save_into(browser, folder)
        separate(browser, write(folder / "song.wav", song))
        stem, _ = saved(browser, folder, "synth")
    expected = Separator(load_predictor(engine="tflite")).separate(song, RATE)["synth"]
    return ["against --engine tflite", "60 dB", f"{snr(expected, stem):.0f} dB"]


def song_of(seconds: int) -> np.ndarray:
    """The same minute again and again."""
    return np.tile(music(SHORT_SECONDS), (seconds // SHORT_SECONDS, 1))


def speeds(folder: Path) -> Iterator[list[str]]:
    """Seconds of song by second of separation."""
    song = write(folder / "song.wav", song_of(SONG_SECONDS))
    for threads, aim in ((False, 30), (True, 50)):
        with opened(threads) as (browser, *_):
            browser.execute_script(CLOCK)
            separate(browser, song)
            times = browser.execute_script("return times")
            seconds = (times["ready"] - times["separating"]) / 1000
            engine = find(browser, "#engine").text.rpartition(", ")[2]
            yield [f"speed, {engine}", f"{aim} x", f"{SONG_SECONDS / seconds:.1f} x real time"]


def first_load() -> Iterator[list[str]]:
    """What a browser takes that was never here, gzipped, and how long."""
    with opened(threads=True) as (_, host, seconds):
        paths = {path.removeprefix("/") or "index.html" for path in host.seen}
    size = sum(len(gzip.compress((DIST / path).read_bytes())) for path in paths)
    yield ["first load, gzipped", "15 MB", f"{size / 1e6:.1f} MB in {len(paths)} files"]
    yield ["until ready", "3 s", f"{seconds:.1f} s"]


def memory(folder: Path) -> list[str]:
    """What a long song takes over a short one, in times the difference of their samples."""
    taken = []
    for length in (SHORT_SECONDS, LONG_SECONDS):
        song = write(folder / "song.wav", song_of(length))
        with opened(threads=True) as (browser, *_):
            pid = browser.service.process.pid
            taken.append(highest(functools.partial(separate, browser, song), pid))
    decoded = (LONG_SECONDS - SHORT_SECONDS) * RATE * 2 * 4
    times = (taken[1] - taken[0]) / decoded
    what = f"memory, {LONG_SECONDS // 60} minutes over {SHORT_SECONDS // 60}"
    found = f"{(taken[1] - taken[0]) / 1e6:.0f} MB, {times:.2f} times the decoded song"
    return [what, "1.10 times", found]


def highest(work: Callable[[], object], pid: int) -> int:
    """The most memory in bytes that a process and its children have while work is done."""
    seen, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            seen.append(sum(proportional(each) for each in family(pid)))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(seen)


def family(pid: int) -> Iterator[int]:
    """A process and all that came of it."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))


def proportional(pid: int) -> int:
    """Bytes of memory of a process, what it shares divided by those who share it."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # ended meanwhile
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
