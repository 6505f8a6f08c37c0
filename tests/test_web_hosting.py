"""The page that separates in the browser, on hosts and in browsers of several kinds."""

import json
import re

import pytest
from browsing import MISSING, WEB, Host, choose, complaints, find, forget, music, visit, write
from serving import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]


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


def test_no_outside_address_is_built(built):
    for file in built.rglob("*"):
        if file.suffix in {".js", ".html", ".css", ".json"}:
            found = re.findall(r"\w+://[\w.]*", file.read_text())
            assert set(found) <= {"file://", "http://www.w3.org"}, file.name


def test_no_address_is_in_the_lock_file():
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]
    del locked[""]
    assert all("integrity" in each and "resolved" not in each for each in locked.values())
