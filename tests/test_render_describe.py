"""`synthgen describe`: figures against songs counted by hand, the page, bad input."""

import json
import re
import shutil
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from synthgen_tf.cli import main
from synthgen_tf.cli.commands import app
from synthgen_tf.errors import InputError
from synthgen_tf.render import describe_songs, render_songs
from synthgen_tf.report import write_songs_page

PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def track(role: str, patch: str, correlation: float | None = 1.0, **entry) -> dict:
    stem = "synth" if role.startswith("synth") else role
    instrument = "synth" if stem == "synth" else f"acoustic_{role}"
    entry |= {"role": role, "stem": stem, "instrument": instrument, "patch_id": patch}
    return entry | {"stereo_correlation": correlation}


def song(root: Path, split: str, number: int, tracks: list[dict], **changes) -> Path:
    """Half an hour by its description, and 1.5 MB of files."""
    folder = root / split / f"song_0000_{number:06d}"
    folder.mkdir(parents=True)
    levels = {"mixture": -12.0, "drums": -20.0, "bass": -20.0, "other": None, "vocals": None}
    description = {
        "seconds": 1800.0,
        "split": split,
        "style": "house",
        "bpm": 120.0,
        "has_synth": changes["synth_db"] is not None,
        "rms_db": levels | {"synth": changes.pop("synth_db")},
        "tracks": tracks,
    }
    text = json.dumps(description | changes)
    (folder / "song.json").write_text(text)
    (folder / "mixture.wav").write_bytes(bytes(1_500_000 - len(text)))
    return folder


@pytest.fixture
def counted(tmp_path) -> Path:
    """Five songs; drums and bass at -20 dB each are a rest of -17 dB."""
    lead, pad = track("synth_lead", "a", 0.89), track("synth_pad", "b", 0.9, program=81)
    drums = track("drums", "d", 0.1, program=0, font="kit.sf2")
    song(tmp_path, "train", 0, [lead, pad, drums], synth_db=-20.0, bpm=90.0)
    song(tmp_path, "train", 3, [track("synth_lead", "c", None)], synth_db=-41.0, style="pop")
    song(tmp_path, "train", 4, [drums], synth_db=None, source={"file": "a.mid", "transpose": 2})
    song(tmp_path, "valid", 1, [track("synth_lead", "a", 0.2)], synth_db=-39.0)
    song(tmp_path, "test", 2, [track("synth_lead", "e", -1.0)], synth_db=-42.5)
    return tmp_path


def rows(table) -> dict[str, list[str]]:
    return {name: cells for name, *cells in table.rows}


def test_figures_are_the_ones_counted_by_hand(counted):
    songs, levels, counts = map(rows, describe_songs(counted).tables)
    assert songs["songs"] == ["3", "1", "1", "5"]
    assert songs["hours"] == ["1.50", "0.50", "0.50", "2.50"]
    assert songs["songs with an audible synth"] == ["33 %", "100 %", "0 %", "40 %"]
    assert songs["songs free of synth"] == ["1, labelled so", "0", "0", "1, labelled so"]
    assert songs["distinct synth patches"] == ["3", "1", "1", "4"]
    assert songs["patches of train met again"] == ["–", "1", "0", "–"]  # patch a
    assert songs["stereo synth tracks"] == ["50 %", "100 %", "100 %", "75 %"]
    assert songs["tempo, beats a minute"] == ["90 to 120", "120 to 120", "120 to 120", "90 to 120"]
    assert songs["MB a song"] == ["1.50"] * 4
    # of -20, -39, -41 and -42.5 the tenth part lies 0.3 of the way between the lowest two
    assert levels["synth"] == ["-40.0", "-42.0", "-25.7", "80 %"]
    assert levels["vocals"] == ["–", "–", "–", "0 %"]
    assert counts["roles"] == ["3", "synth_lead 4, drums 2, synth_pad 1"]
    assert counts["programmes"] == ["2", "0 2, 81 1"]
    assert counts["fonts"] == ["1", "kit.sf2 2"]
    assert counts["sources"] == ["1", "a.mid 1"]
    assert counts["styles"] == ["2", "house 4, pop 1"]
    assert "engines" not in counts


def test_more_than_25_db_below_the_rest_is_not_audible(tmp_path):
    loud = {"drums": 0.0, "bass": None, "mixture": 0.0}
    for number, (synth_db, audible) in enumerate([(-24.9, True), (-25.1, False)]):
        song(
            tmp_path,
            "train",
            number,
            [track("synth_lead", "a")],
            synth_db=0.0,
            rms_db=loud | {"synth": synth_db},
        )
        assert describe_songs(tmp_path).songs[number].audible == audible


def test_how_mixes_were_made_is_counted(tmp_path):
    duck, wide = {"name": "duck", "depth": 0.5, "seconds": 0.2}, {"name": "width", "factor": 1.5}
    narrow = {"name": "width", "factor": 0.5}
    made = [
        ({"buses": {"synth": [wide]}, "mastering": {"limited_db": 3.0, "bitrate": None}}, []),
        ({"buses": {"bass": [narrow, duck]}, "mastering": {"limited_db": 0.9, "bitrate": 0.0}}, []),
        ({"mastering": {"bitrate": None}}, [duck]),  # as earlier versions wrote it
        ({}, []),
    ]
    for number, (figures, effects) in enumerate(made):
        lead = track("synth_lead", "a", effects=effects)
        song(tmp_path, "train", number, [lead], synth_db=-20.0, **figures)
    found = rows(describe_songs(tmp_path).tables[0])
    assert found["limited"][-1] == "25 %"
    assert found["side-chained"][-1] == "50 %"
    assert found["with a widened stem"][-1] == "25 %"
    assert found["coded as mp3 or AAC"][-1] == "25 %"


def test_wrong_labels_are_told(tmp_path):
    song(tmp_path, "train", 0, [], synth_db=None, has_synth=True)
    song(tmp_path, "train", 3, [], synth_db=-20.0)
    songs = rows(describe_songs(tmp_path).tables[0])
    assert songs["songs free of synth"][-1] == "1, 2 labelled wrongly"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("describe") / "songs"
    render_songs(root, 4, seconds=1, seed=5, format="flac")
    return root


def test_the_command_prints_and_writes_a_page_of_its_own(rendered, tmp_path):
    result = CliRunner().invoke(app, ["describe", str(rendered)])
    assert result.exit_code == 0, result.output
    assert "patches of train met again" in result.output
    page = rendered / "describe.html"
    html = page.read_text()
    # nothing is fetched from outside the page
    assert set(re.findall(r'(?:src|href)="([^:"]*):', html)) == {"data"}
    pictures = PNG.findall(html)
    assert len(pictures) == 1 + 4  # histograms, and one for each song
    assert all(b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert "free of synth" in html
    for folder in rendered.glob("*/song_*"):
        assert f"{folder.parent.name}/{folder.name}" in html
    # rendering goes on beside the page
    render_songs(rendered, 4, seconds=1, seed=5, format="flac")
    other = tmp_path / "page.html"
    arguments = ["describe", str(rendered), "--out", str(other)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert other.read_text() == html


def test_stereo_of_synth_tracks_stands_in_their_descriptions(rendered):
    tracks = [track for song in describe_songs(rendered).songs for track in song.synth_tracks]
    assert tracks
    assert all(-1.0 <= track["stereo_correlation"] <= 1.0 for track in tracks)


def test_rendering_without_a_number_of_songs_is_refused_and_no_longer_describes(rendered):
    result = CliRunner().invoke(app, ["render", str(rendered)])
    assert isinstance(result.exception, InputError)
    assert str(result.exception).startswith("no --songs")
    for option in (["--describe"], ["--out", "page.html"]):
        assert CliRunner().invoke(app, ["render", str(rendered), *option]).exit_code == 2


def break_it(folder: Path, text: str | None) -> None:
    if text is None:
        (folder / "song.json").unlink()
    else:
        (folder / "song.json").write_text(text)


@pytest.mark.parametrize("text", ["{half", "[]", "7", "{}", '{"tracks": 1}', None])
def test_a_broken_description_is_one_line(counted, text, monkeypatch, capsys):
    break_it(counted / "test" / "song_0000_000002", text)
    monkeypatch.setattr("sys.argv", ["synthgen", "describe", str(counted)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "song_0000_000002/song.json" in line
    assert "render it anew" in line


def test_what_is_no_rendered_set_is_one_line(tmp_path):
    with pytest.raises(InputError, match="is no folder; expected one that"):
        describe_songs(tmp_path / "none")
    (tmp_path / "photos").mkdir()
    with pytest.raises(InputError, match="holds no rendered songs; expected train/song_"):
        describe_songs(tmp_path)
    (tmp_path / "train" / "A Classic Song").mkdir(parents=True)
    with pytest.raises(InputError, match=r"A Classic Song/song\.json is not a song's description"):
        describe_songs(tmp_path)


def test_a_missing_sound_and_a_page_that_cannot_be_written_are_one_line(rendered, tmp_path):
    copy = tmp_path / "songs"
    shutil.copytree(rendered, copy)
    description = describe_songs(copy)
    with pytest.raises(InputError, match="cannot write"):
        write_songs_page(tmp_path / "none" / "page.html", "Songs", description)
    (description.songs[0].folder / "synth.flac").unlink()
    with pytest.raises(InputError, match="synth"):
        write_songs_page(tmp_path / "page.html", "Songs", description)
    assert not (tmp_path / "page.html").exists()


def test_a_song_shorter_than_a_window_has_its_picture(rendered, tmp_path):
    copy = tmp_path / "songs"
    shutil.copytree(rendered, copy)
    for file in copy.glob("*/*/*.flac"):
        soundfile.write(file, np.zeros((100, 2), np.int16), 44_100, subtype="PCM_16")
    write_songs_page(tmp_path / "page.html", "Songs", describe_songs(copy))
    assert len(PNG.findall((tmp_path / "page.html").read_text())) == 5
