"""The page in a real browser: a song goes in, three tracks play in step, a stem comes out."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from browsing import RATE, TOOLS, all_of, chromium, complaints, find, heard, read, save_into
from serving import serving, until

from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.serve import create_app

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not all(TOOLS.values()), reason="needs chromium and chromedriver"),
]


@pytest.fixture(scope="module")
def address(exported):
    with serving(create_app(exported), lifespan="on") as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture
def browser(tmp_path):
    driver = chromium()
    save_into(driver, tmp_path)
    yield driver
    driver.quit()


@pytest.fixture
def song(tmp_path):
    """Twenty seconds of two swelling tones, as a file whose name is no file name elsewhere."""
    time = np.arange(20 * RATE) / RATE
    tones = np.stack([np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 660 * time)], axis=1)
    samples = (0.3 * tones * np.sin(np.pi * time / 4)[:, None] ** 2).astype(np.float32)
    path = tmp_path / "söng & <b>.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path


def state(browser):
    return find(browser, "body").get_attribute("data-state")


def upload(browser, path: Path):
    """Send a file; the states that were seen on the way, and the furthest the bar was."""
    find(browser, "#file").send_keys(str(path))
    seen, shares = [], []

    def ended():
        seen.append(state(browser))
        shares.append(float(find(browser, "#progress").get_property("value")))
        return seen[-1] in ("ready", "failed")

    assert until(ended, 60)
    return seen, shares


def gains(browser):
    return browser.execute_script(
        "return [...synthgen.player.tracks.values()].map((track) => track.gain.gain.value)"
    )


def test_song_in_tracks_in_step_stem_out(browser, address, song, tmp_path, exported):
    browser.get(address)
    seen, shares = upload(browser, song)
    assert seen[-1] == "ready"
    assert {"separating", "loading"} & set(seen)
    assert any(0 < share < 1 for share in shares)
    assert find(browser, "#message").text == song.name
    names = [track.get_attribute("data-name") for track in all_of(browser, ".track")]
    assert names == ["mixture", "synth", "rest"]

    assert gains(browser) == [0, 1, 1]  # synth and rest are the mixture
    find(browser, "#play").click()
    assert until(lambda: browser.execute_script("return synthgen.player.position > 0.5"))
    all_of(browser, ".solo")[1].click()
    assert gains(browser) == [0, 1, 0]
    assert all_of(browser, ".solo")[1].get_attribute("aria-pressed") == "true"
    all_of(browser, ".solo")[1].click()
    all_of(browser, ".mute")[2].click()
    assert gains(browser) == [0, 1, 0]
    browser.execute_script(
        "const volume = document.querySelectorAll('.volume')[1]; volume.value = 0.5;"
        "volume.dispatchEvent(new Event('input'))"
    )
    assert gains(browser) == [0, 0.5, 0]

    all_of(browser, ".download")[0].click()
    file = tmp_path / f"{song.stem} - synth.wav"
    assert until(lambda: any(each.name.endswith("synth.wav") for each in tmp_path.iterdir()), 20)
    file = next(each for each in tmp_path.iterdir() if each.name.endswith("synth.wav"))
    samples, _ = soundfile.read(file, dtype="float32")
    mixture, _ = soundfile.read(song, dtype="float32")
    expected = Separator(load_predictor(exported)).separate(mixture, RATE)["synth"]
    np.testing.assert_allclose(samples, expected, atol=1e-6)
    assert not complaints(browser)


def test_tracks_are_the_same_music(browser, address, song):
    """What plays as mixture is synth plus rest, sample by sample."""
    browser.get(address)
    upload(browser, song)
    mixture, synth, rest = (heard(browser, name) for name in ("mixture", "synth", "rest"))
    assert mixture.shape == (20 * RATE, 2)
    assert np.abs(mixture).max() > 0.1
    np.testing.assert_allclose(mixture, synth + rest, rtol=0, atol=1e-6)
    np.testing.assert_allclose(read(browser, "mixture"), mixture, rtol=0, atol=1e-6)


def test_pictures_show_the_music(browser, address, song):
    """The tones swell to their loudest at 2 s and to nothing at 4 s; 440 Hz is near the bottom."""
    browser.get(address)
    upload(browser, song)
    assert until(lambda: len(all_of(browser, ".track[data-drawn]")) == 3)
    pixels = """
        const canvas = document.querySelector(`.track ${arguments[0]}`), { width, height } = canvas;
        const column = Math.floor((arguments[1] / 20) * width);
        const { data } = canvas.getContext("2d").getImageData(column, 0, 1, height);
        return Array.from({ length: height }, (_, y) => data[4 * y + arguments[2]] / 255);
    """
    loud, silent = (
        np.array(browser.execute_script(pixels, ".wave", seconds, 3)) for seconds in (2.01, 4.01)
    )
    assert (loud > 0).sum() > 70
    assert (silent > 0).sum() < 3
    loud, silent = (
        np.array(browser.execute_script(pixels, ".spectrogram", seconds, 1)) for seconds in (2, 4)
    )
    assert silent.max() < 0.3
    assert loud.max() > 0.7
    assert loud.argmax() / len(loud) == pytest.approx(1 - (440 / (RATE / 2)) ** 0.5, abs=0.03)


def test_pieces_join_in_a_loop(browser, address, song):
    """A loop longer than a piece and one shorter, from a moment within it on."""
    browser.get(address)
    upload(browser, song)
    whole = read(browser, "synth")
    for seconds in (5, 1):
        frames = seconds * RATE
        loop = np.tile(whole[RATE : RATE + frames], (3, 1))[frames // 2 :][: 2 * frames]
        played = heard(browser, "synth", (1, 1 + seconds), 1 + seconds / 2, 2 * frames)
        np.testing.assert_allclose(played, loop, rtol=0, atol=1e-6)


def test_keyboard_alone_is_enough(browser, address, song):
    from selenium.webdriver import ActionChains, Keys

    browser.get(address)
    upload(browser, song)
    assert browser.switch_to.active_element.get_attribute("id") == "play"
    ActionChains(browser).send_keys(Keys.SPACE).perform()
    assert until(lambda: browser.execute_script("return synthgen.player.playing"))
    find(browser, "#seek").send_keys(Keys.END)
    assert until(lambda: not browser.execute_script("return synthgen.player.playing"))
    reached = set()
    find(browser, "body").click()
    for _ in range(22):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        element = browser.switch_to.active_element
        reached.add(element.get_attribute("id") or element.get_attribute("class"))
    assert {
        "file",
        "format",
        "play",
        "seek",
        "loop",
        "solo",
        "mute",
        "volume",
        "download",
    } <= reached


def test_bad_file_says_why_and_the_next_is_taken(browser, address, song, tmp_path):
    bad = tmp_path / "notes.txt"
    bad.write_text("no music")
    browser.get(address)
    upload(browser, bad)
    assert state(browser) == "failed"
    assert "not audio" in find(browser, "#message").text
    upload(browser, song)
    assert state(browser) == "ready"


def test_a_loop_repeats_what_lies_in_it(browser, address, song):
    from selenium.webdriver import ActionChains

    browser.get(address)
    upload(browser, song)
    region = "const { loop } = synthgen.player; return loop && [loop.from, loop.to]"
    seek = "const done = arguments[1]; synthgen.player.seek(arguments[0]).then(done)"
    for seconds in (2, 3):
        browser.execute_async_script(seek, seconds)
        find(browser, "#loop").click()
    assert browser.execute_script(region) == [2, 3]
    assert find(browser, ".region").is_displayed()
    find(browser, "#play").click()
    assert until(lambda: browser.execute_script("return synthgen.player.position > 2.7"))
    assert until(lambda: browser.execute_script("return synthgen.player.position < 2.3"), 2)
    find(browser, "#play").click()
    find(browser, "#loop").click()
    assert browser.execute_script(region) is None

    pictures = find(browser, ".pictures")
    wide = pictures.size["width"]
    drag = ActionChains(browser).move_to_element_with_offset(pictures, -wide // 4, 0)
    drag.click_and_hold().move_by_offset(wide // 2, 0).release().perform()
    np.testing.assert_allclose(browser.execute_script(region), [5, 15], atol=0.1)
    ActionChains(browser).click(find(browser, "h1")).send_keys("l").perform()
    assert until(lambda: browser.execute_script(region) is None)


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_at_any_width(browser, address, song, width):
    browser.set_window_size(width, 900)
    browser.get(address)
    upload(browser, song)
    assert browser.execute_script(
        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
