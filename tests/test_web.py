"""The page that separates in the browser: built, served as files, compared with `separate`."""

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browsing import (
    RATE,
    TOOLS,
    Host,
    all_of,
    choose,
    chromium,
    complaints,
    find,
    music,
    save_into,
    saved,
    snr,
    write,
)
from serving import until

from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor

WEB = Path(__file__).parent.parent / "web"
NEEDED = {**TOOLS, "node": shutil.which("node"), "npm": shutil.which("npm")}
MISSING = [name for name, path in NEEDED.items() if path is None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What `make web` builds, below a folder: it must work from a sub-path."""
    subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=WEB, check=True)
    subprocess.run([sys.executable, "web/model.py", "web/dist"], cwd=WEB.parent, check=True)
    subprocess.run(["node", "build.mjs"], cwd=WEB, check=True)
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(WEB / "dist", root / "below" / "here")
    return root


@pytest.fixture(scope="module")
def host(built):
    with Host(built) as host:
        host.address += "below/here/"
        yield host


@pytest.fixture(scope="module")
def driver():
    driver = chromium()
    yield driver
    driver.quit()


@pytest.fixture
def browser(driver, host, tmp_path):
    """A browser that saves into the test's folder and complains of nothing."""
    save_into(driver, tmp_path)
    yield driver
    driver.execute_script("sessionStorage.clear()")
    driver.get("about:blank")
    host.down, host.headers, host.instead = False, {}, {}
    assert not complaints(driver)


@pytest.fixture
def page(browser, host):
    """The page, ready."""
    visit(browser, host)
    return browser


@pytest.fixture(scope="module")
def separator():
    return Separator(load_predictor(engine="tflite"))


def visit(browser, host):
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


@pytest.mark.parametrize(("rate", "channels"), [(RATE, 2), (RATE, 1), (48_000, 2), (RATE, 8)])
def test_stems_are_those_of_separate(page, separator, tmp_path, rate, channels):
    song = music(14 if channels <= 2 else 3, rate, channels)
    states, shares, state = choose(page, write(tmp_path / "söng & <b>.wav", song, rate))
    assert state == "ready", find(page, "#message").text
    if channels <= 2:
        assert "separating" in states
        assert any(0 < share < 1 for share in shares)
    (synth, found), (rest, _) = (saved(page, tmp_path, stem) for stem in ("synth", "rest"))
    assert found == rate
    assert synth.shape == song.shape
    np.testing.assert_allclose(synth + rest, song, rtol=0, atol=6e-8)  # a rounding, not more
    expected = separator.separate(song, rate)
    assert snr(expected["synth"], synth) > 60


def test_16_bit_stems_sum_to_a_16_bit_song(page, tmp_path):
    song, _ = soundfile.read(write(tmp_path / "song.wav", music(3), subtype="PCM_16"))
    choose(page, tmp_path / "song.wav")
    stems = [saved(page, tmp_path, stem, "pcm16")[0] for stem in ("synth", "rest")]
    np.testing.assert_array_equal(stems[0] + stems[1], song.astype(np.float32))


@pytest.mark.parametrize("kind", ["float", "pcm16"])
def test_a_stem_streams_to_disk_where_the_browser_offers_it(page, tmp_path, kind):
    """Into a file of the browser's own, for no driver can choose one."""
    assert choose(page, write(tmp_path / "song.wav", music(4)))[2] == "ready"
    expected, _ = saved(page, tmp_path, "rest", kind)
    page.execute_script(
        """
        window.showSaveFilePicker = async ({ suggestedName }) => {
          const folder = await navigator.storage.getDirectory();
          return (window.kept = await folder.getFileHandle(suggestedName, { create: true }));
        };
        """
    )
    find(page, ".track[data-name='rest'] .download").click()
    size = (tmp_path / "song - rest.wav").stat().st_size
    read = "const done = arguments[0]; kept.getFile().then((file) => done(file.size))"
    assert until(lambda: page.execute_script("return window.kept !== undefined"))
    assert until(lambda: page.execute_async_script(read) == size)
    bytes_ = page.execute_async_script(
        """
        const done = arguments[0];
        const bytes = kept.getFile().then((file) => file.arrayBuffer());
        bytes.then((all) => done([...new Uint8Array(all)]));
        """
    )
    samples, _ = soundfile.read(io.BytesIO(bytes(bytes_)), dtype="float32", always_2d=True)
    np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("song.mp3", ["libmp3lame", "-b:a", "256k"]),
        ("song.m4a", ["aac", "-b:a", "256k"]),
        ("song.flac", ["flac"]),
    ],
)
@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_compressed_songs_come_at_their_own_rate(page, tmp_path, name, codec, rate):
    song = music(3, rate)
    source = write(tmp_path / "source.wav", song, rate)
    command = ["ffmpeg", "-v", "error", "-i", source, "-c:a", *codec, tmp_path / name]
    subprocess.run(command, check=True)
    assert choose(page, tmp_path / name)[2] == "ready", find(page, "#message").text
    (synth, found), (rest, _) = (saved(page, tmp_path, stem) for stem in ("synth", "rest"))
    assert found == rate
    assert synth.shape == song.shape
    assert snr(song, synth + rest) > 20  # 18 dB where it lies a sample too early or too late


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("notes.txt", b"no music", "not audio"),
        ("empty.wav", b"", "empty"),
        ("head.mp3", b"ID3\x04\x00\x00\x00\x00", "not audio"),
        ("silent.mp4", None, "not audio"),
    ],
)
def test_a_broken_file_says_why_in_a_line(page, tmp_path, name, content, word):
    if content is None:
        picture = ["-f", "lavfi", "-i", "testsrc=duration=1", "-pix_fmt", "yuv420p"]
        subprocess.run(["ffmpeg", "-v", "error", *picture, tmp_path / name], check=True)
    else:
        (tmp_path / name).write_bytes(content)
    assert choose(page, tmp_path / name)[2] == "failed"
    message = find(page, "#message").text
    assert message.startswith(f"{name}: ")
    assert word in message
    assert "\n" not in message
    assert choose(page, write(tmp_path / "next.wav", music(1)))[2] == "ready"


def test_a_second_song_is_separated_as_the_first(page, separator, tmp_path):
    for seed in (1, 2):
        song = music(11 + seed, seed=seed)
        assert choose(page, write(tmp_path / f"song {seed}.wav", song))[2] == "ready"
        synth, _ = saved(page, tmp_path, "synth")
        assert snr(separator.separate(song, RATE)["synth"], synth) > 60
    names = [track.get_attribute("data-name") for track in all_of(page, ".track")]
    assert names == ["mixture", "synth", "rest"]


def test_cancel_ends_it_and_another_song_goes(page, tmp_path):
    find(page, "#file").send_keys(str(write(tmp_path / "long.wav", music(60))))
    share = "return Number(document.getElementById('progress').value)"
    assert until(lambda: 0 < page.execute_script(share) < 0.9, 60)
    find(page, "#cancel").click()
    assert until(lambda: find(page, "#message").text == "Cancelled")
    assert choose(page, write(tmp_path / "short.wav", music(2)))[2] == "ready"


def test_works_offline_after_the_first_load(browser, host, tmp_path):
    forget(browser, host)
    visit(browser, host)
    assert browser.execute_script("return crossOriginIsolated")  # by the service worker
    shell = {"", "page.css", "page.js", "sw.js", "worker.js", "model.json", "model.tflite"}
    wasm = {f"wasm/litert_wasm_threaded_internal.{kind}" for kind in ("js", "wasm")}
    assert {path.removeprefix("/below/here/") for path in host.seen} == shell | wasm
    host.down = True
    visit(browser, host)
    assert choose(browser, write(tmp_path / "song.wav", music(2)))[2] == "ready"


@pytest.mark.parametrize("headers", [True, False])
def test_threads_where_the_page_is_isolated_and_one_where_not(browser, host, tmp_path, headers):
    forget(browser, host)
    if headers:
        host.headers = {
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
        }
    host.instead = {"favicon.ico": b""}  # asked for beside what is no page
    browser.get(f"{host.address}model.json")
    browser.execute_script("sessionStorage.setItem('reloaded', 1)")  # no help of a service worker
    visit(browser, host)
    assert browser.execute_script("return crossOriginIsolated") is headers
    assert ("one thread" in find(browser, "#engine").text) is not headers
    assert choose(browser, write(tmp_path / "song.wav", music(2)))[2] == "ready"


@pytest.mark.parametrize("script", [b"", b"ModuleFactory = () => new Promise(() => {})"])
def test_one_thread_where_threads_do_not_start(browser, host, tmp_path, script):
    forget(browser, host)
    host.instead = {"threaded_internal.js": script}
    visit(browser, host)
    assert browser.execute_script("return crossOriginIsolated")
    assert "one thread" in find(browser, "#engine").text
    assert choose(browser, write(tmp_path / "song.wav", music(2)))[2] == "ready"
    forget(browser, host)


def test_a_browser_without_simd_is_told(browser, host, tmp_path):
    forget(browser, host)
    old = {"source": "WebAssembly.validate = () => false"}
    key = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", old)
    try:
        browser.get(host.address)
        engine = "return document.body.dataset.engine"
        assert until(lambda: browser.execute_script(engine) == "failed")
        assert "no WebAssembly SIMD" in find(browser, "#engine").text
        assert choose(browser, write(tmp_path / "song.wav", music(1)))[2] == "failed"
        assert "no WebAssembly SIMD" in find(browser, "#message").text
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", key)


def test_nothing_is_asked_of_another_host(page, host, tmp_path):
    """Neither the page nor a worker of it may: they would not even with another's consent."""
    assert choose(page, write(tmp_path / "song.wav", music(1)))[2] == "ready"
    names = page.execute_script(
        "return performance.getEntriesByType('resource').map((e) => e.name)"
    )
    assert names
    assert all(name.startswith(host.address) for name in names)
    ask = "fetch('{}').then(() => {}('came'), () => {}('refused'))"
    with Host(tmp_path) as other:
        other.headers = {"Access-Control-Allow-Origin": "*"}
        host.instead = {"probe.js": ask.format(other.address, *2 * ["postMessage"]).encode()}
        done = "const done = arguments[0];"
        in_page = done + ask.format(other.address, "done", "done")
        in_worker = done + "new Worker('probe.js').onmessage = ({ data }) => done(data)"
        assert page.execute_async_script(in_page) == "refused"
        assert page.execute_async_script(in_worker) == "refused"
        assert not other.seen
    assert all("Content Security Policy" in each["message"] for each in complaints(page))


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_at_any_width(page, tmp_path, width):
    page.set_window_size(width, 900)
    assert choose(page, write(tmp_path / "song.wav", music(2)))[2] == "ready"
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.execute_script(wide) <= 0


def test_no_outside_address_is_built(built):
    for file in built.rglob("*"):
        if file.suffix in {".js", ".html", ".css", ".json"}:
            found = re.findall(r"\w+://[\w.]*", file.read_text())
            assert set(found) <= {"file://", "http://www.w3.org"}, file.name


def test_no_address_is_in_the_lock_file():
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    del locked[""]
    assert all("integrity" in each and "resolved" not in each for each in locked.values())
