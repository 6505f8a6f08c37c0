"""Weights are under the licences of the songs that they learnt from."""

import json

import numpy as np
import pytest
import soundfile

from synthgen_tf.config import load_config
from synthgen_tf.data import prepare
from synthgen_tf.data.licence import NAMES, UNKNOWN, data_set_licences, licences_of, together
from synthgen_tf.render.song import LICENCE, SOURCES_LICENCE
from synthgen_tf.runs import create_run, record_data, weights_licence


def write_songs(root, said):
    """A rendered set of noise, each song with its split and what `song.json` says."""
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (2, 22_050))
    for number, (split, licence) in enumerate(said):
        folder = root / split / f"song_0000_{number:06d}"
        folder.mkdir(parents=True)
        for stem, samples in zip(("synth", "drums"), noise, strict=True):
            soundfile.write(folder / f"{stem}.wav", samples, 44_100)
        (folder / "song.json").write_text(json.dumps({"style": "house", "licence": licence}))
    return root


BORROWED = f"{SOURCES_LICENCE} (song.json)"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("train", LICENCE), ("valid", LICENCE), ("test", SOURCES_LICENCE)], ["MIT"]),
        ([("train", LICENCE), ("train", SOURCES_LICENCE)], ["MIT", BORROWED]),
        ([("train", "all rights reserved")], ["all rights reserved (song.json)"]),
    ],
)
def test_rendered_songs_and_their_store_say_what_song_json_says(tmp_path, said, expected):
    songs, store = write_songs(tmp_path / "songs", said), tmp_path / "store"
    assert licences_of(songs) == expected
    assert not prepare(songs, store, load_config("tiny")).problems
    assert licences_of(store) == expected
    index = json.loads((store / "index.json").read_text())
    del index["licences"]  # as earlier versions wrote it
    (store / "index.json").write_text(json.dumps(index))
    assert licences_of(store) == [UNKNOWN]


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ({"licence": LICENCE, "licences": []}, ["MIT"]),
        (
            {"licence": SOURCES_LICENCE, "licences": ["GPL-2", "CC0-1.0"], "source": None},
            ["GPL-2 (song.json)"],
        ),
        ({"licence": SOURCES_LICENCE, "licences": ["CC0-1.0", "public domain"]}, ["MIT"]),
        (  # the MIDI file has terms of its own
            {"licence": SOURCES_LICENCE, "licences": ["GPL-2"], "source": {"file": "a.mid"}},
            ["GPL-2 (song.json)", BORROWED],
        ),
        ({"licence": SOURCES_LICENCE, "licences": []}, [BORROWED]),
        ({"licence": SOURCES_LICENCE, "licences": 3}, [UNKNOWN]),
        ([], [UNKNOWN]),
    ],
)
def test_each_licence_of_a_song_is_named(tmp_path, description, expected):
    (song,) = write_songs(tmp_path, [("train", LICENCE)]).glob("train/*/song.json")
    song.write_text(json.dumps(description))
    assert data_set_licences(tmp_path, "rendered") == expected


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("train/A - B.stem.mp4", "non-commercial.*MUSDB18 "),
        ("song/data.json", "non-commercial.*MoisesDB"),
        ("Track00001/metadata.yaml", "^CC BY 4.0.*Slakh"),
        ("Audio/A_B/A_B_STEMS/x.wav", "non-commercial.*MedleyDB"),
        ("train/a/synth.wav", "^unknown: decide before you publish"),
    ],
)
def test_data_sets_of_others_have_the_licence_that_is_known_of_them(tmp_path, file, words):
    import re

    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.touch()
    assert re.search(words, together(licences_of(tmp_path)))


def test_a_run_knows_all_that_its_weights_ever_learnt_from(tmp_path):
    songs = write_songs(tmp_path / "songs", [("train", LICENCE)])
    slakh = tmp_path / "slakh" / "Track00001"
    slakh.mkdir(parents=True)
    (slakh / "metadata.yaml").touch()
    config = load_config("tiny")
    create_run(tmp_path / "first", config, slakh.parent)
    assert weights_licence(tmp_path / "first") == NAMES["slakh"]
    create_run(tmp_path / "second", config, songs)
    assert weights_licence(tmp_path / "second") == "MIT"
    create_run(tmp_path / "third", config, songs, weights=tmp_path / "first")
    assert weights_licence(tmp_path / "third") == NAMES["slakh"]
    record_data(tmp_path / "second", slakh.parent)  # resumed on other data
    assert weights_licence(tmp_path / "second") == NAMES["slakh"]
    assert json.loads((tmp_path / "second" / "environment.json").read_text())["data"] == str(
        slakh.parent
    )
