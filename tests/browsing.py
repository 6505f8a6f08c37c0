"""Chromium without a window, a host of files that can fail, and songs, for tests of pages."""

import base64
import functools
import http.server
import shutil
import threading
from pathlib import Path

import numpy as np
import soundfile
from serving import until

WEB = Path(__file__).parent.parent / "web"
TOOLS = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
MISSING = [name for name in ("node", "npm", *TOOLS) if shutil.which(name) is None]
RATE = 44_100
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing comes from elsewhere
)


def chromium(*flags: str):
    """A driver of a browser of its own."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = TOOLS["chromium"]
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "SEVERE"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(TOOLS["chromedriver"]))


def save_into(browser, folder: Path) -> None:
    """Have downloads of a browser go to a folder."""
    settings = {"behavior": "allow", "downloadPath": str(folder)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", settings)


def find(browser, selector):
    return browser.find_element("css selector", selector)


def all_of(browser, selector):
    return browser.find_elements("css selector", selector)


def complaints(browser):
    """Errors on the console since it was last asked."""
    return [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


class Host(http.server.ThreadingHTTPServer):
    """Serves a folder as it lies there.

    Attributes:
        address: where it stands.
        seen: the paths asked for.
        headers: those sent besides with each file.
        instead: what a path ending so is answered with, in place of the file.
        down: whether it hangs up on whoever asks.
    """

    def __init__(self, folder: Path):
        super().__init__(("127.0.0.1", 0), functools.partial(_Answer, directory=folder))
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"
        self.seen: list[str] = []
        self.headers: dict[str, str] = {}
        self.instead: dict[str, bytes] = {}
        self.down = False

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()


class _Answer(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.path)
        if self.server.down:
            self.close_connection = True
            return
        for end, content in self.server.instead.items():
            if self.path.endswith(end):
                self.send_response(200)
                self.send_header("Content-Type", self.guess_type(self.path))
                self.end_headers()
                self.wfile.write(content)
                return
        super().do_GET()

    def end_headers(self):
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *args):
        pass


def music(seconds: float, rate: int = RATE, channels: int = 2, seed: int = 0) -> np.ndarray:
    """Notes with overtones above drum-like noise, (time, channels)."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    drums = np.exp(-8 * (time % 0.5))[:, None]
    song = 0.02 * random.standard_normal((len(time), channels)) * drums
    for start in np.arange(0, seconds, 0.5):
        pitch = 110 * 2 ** (random.integers(0, 24) / 12)
        on = (time >= start) & (time < start + 0.5)
        for overtone in range(1, 6):
            wave = np.sin(2 * np.pi * pitch * overtone * time[on]) / overtone
            song[on] += 0.15 * wave[:, None] * random.uniform(0.3, 1, channels)
    return song.astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def snr(truth: np.ndarray, estimate: np.ndarray) -> float:
    """Signal by error, in dB."""
    error = float(np.square(truth - estimate, dtype=np.float64).sum())
    return 10 * np.log10(float(np.square(truth, dtype=np.float64).sum()) / max(error, 1e-30))


def choose(browser, path: Path):
    """Give the page without a server a song.

    Returns:
        The states and the shares of the bar that were seen, and the last state.
    """
    browser.execute_script("document.body.dataset.state = 'idle'")
    find(browser, "#file").send_keys(str(path))
    states, shares = set(), set()

    def ended():
        state, share = browser.execute_script(
            "return [document.body.dataset.state, document.getElementById('progress').value]"
        )
        states.add(state)
        shares.add(share)
        return state in ("ready", "failed")

    assert until(ended, 120), states
    return states, shares, browser.execute_script("return document.body.dataset.state")


def saved(browser, folder: Path, stem: str, kind: str = "float") -> tuple[np.ndarray, int]:
    """What a stem's link saves into a folder, as the driver was told: samples and their rate."""
    for old in folder.glob(f"* - {stem}.wav"):
        old.unlink()
    find(browser, f"#format option[value='{kind}']").click()
    find(browser, f".track[data-name='{stem}'] .download").click()
    assert until(lambda: any(folder.glob(f"* - {stem}.wav")), 20)
    (file,) = folder.glob(f"* - {stem}.wav")
    return soundfile.read(file, dtype="float32", always_2d=True)


def heard(browser, track: str, loop=None, start: float = 0.0, frames: int | None = None):
    """What a page's player plays of a track alone, scheduled as for listening.

    Args:
        track: its name.
        loop: seconds between which it repeats.
        start: seconds from which on it plays.
        frames: how many are listened to; None for as many as the track has.

    Returns:
        Samples (time, channels).
    """
    return _samples(
        browser,
        """
        const [name, loop, start, frames] = given, { player } = synthgen;
        const { music } = player.tracks.get(name), { numberOfChannels, sampleRate } = music;
        const lead = Math.ceil(0.05 * sampleRate), length = lead + (frames ?? music.length);
        const context = new OfflineAudioContext(numberOfChannels, length, sampleRate);
        const own = new player.constructor(context, new Map([[name, music]]), console.error);
        Object.assign(own, { run: {}, loop: loop && { from: loop[0], to: loop[1] } });
        for await (const _ of own.pieces(own.run, start * sampleRate)) {
          if (own.next * sampleRate > length) break;
        }
        const rendered = await context.startRendering();
        const channel = (_, c) => rendered.getChannelData(c).subarray(lead);
        return Array.from({ length: numberOfChannels }, channel);
        """,
        track,
        loop,
        start,
        frames,
    )


def read(browser, track: str) -> np.ndarray:
    """What a page reads of a track: samples (time, channels)."""
    body = "const { music } = synthgen.player.tracks.get(given[0]);"
    return _samples(browser, f"{body} return music.read(0, music.length);", track)


def _samples(browser, body: str, *arguments) -> np.ndarray:
    """Channels that a script gives, as they lie in memory."""
    channels = browser.execute_async_script(
        f"""
        const given = [...arguments], done = given.pop();
        const text = (samples) => {{
          const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
          let letters = "";
          for (let at = 0; at < bytes.length; at += 8192) {{
            letters += String.fromCharCode(...bytes.subarray(at, at + 8192));
          }}
          return btoa(letters);
        }};
        (async () => {{ {body} }})().then((found) => done(found.map(text)));
        """,
        *arguments,
    )
    return np.stack([np.frombuffer(base64.b64decode(each), np.float32) for each in channels], 1)


def visit(browser, host):
    """Open the page without a server, and wait until it is ready."""
    browser.get(host.address)
    assert until(lambda: browser.execute_script("return document.body.dataset.engine"), 60)
    assert "Ready" in find(browser, "#engine").text
    browser.execute_script("delete window.showSaveFilePicker")  # no driver can answer it


def forget(browser, host):
    """As if the browser had never seen the page."""
    data = {"origin": host.address, "storageTypes": "all"}
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", data)
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    host.seen.clear()
