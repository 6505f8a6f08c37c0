"""Slakh, MoisesDB and MedleyDB: layouts as they lie on disk, traps and all, and labels to stems."""

import json

import numpy as np
import pytest
import soundfile
import yaml

from synthgen_tf import audio
from synthgen_tf.config import load_config
from synthgen_tf.errors import InputError
from synthgen_tf.tracks import MIXTURE, detect_kind, read_tracks, scan_tracks

RANDOM = np.random.default_rng(5)


def write_noise(path, frames=3_000, rate=44_100, channels=1):
    """A file of 16-bit noise; returns its samples (time, channels)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = RANDOM.integers(-3_000, 3_000, (frames, channels)).astype(np.int16)
    soundfile.write(path, samples, rate, subtype="PCM_16")
    return samples.astype(np.float32) / 32768


def by_name(tracks):
    return {track.name: track for track in tracks}


def write_slakh(folder, stems, ending="flac", rate=44_100, rendered=True):
    """A song of Slakh; `stems` are (number, class, is drum, has a file). Returns the samples."""
    samples, entries = {}, {}
    for number, label, is_drum, has_file in stems:
        name = f"S{number:02}"
        entries[name] = {
            "audio_rendered": rendered and has_file,
            "inst_class": label,
            "is_drum": is_drum,
            "midi_program_name": "Program",
            "midi_saved": True,
            "plugin_name": "patch.nkm" if has_file else "None",
            "program_num": 128 if is_drum else 0,
        }
        if has_file:
            entries[name]["integrated_loudness"] = -12.8
            samples[name] = write_noise(folder / "stems" / f"{name}.{ending}", rate=rate)
    mixture = folder / f"mix.{ending}"
    soundfile.write(mixture, sum(samples.values()), rate, subtype="PCM_16")
    metadata = {
        "UUID": "1a81",
        "audio_dir": f"{folder.name}/stems",  # not where they are
        "normalization_factor": -13.0,
        "overall_gain": 0.18,
        "stems": entries,
        "target_peak": -1.0,
    }
    (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata))
    return samples


BAND = [
    (0, "Drums", True, True),
    (1, "Bass", False, True),
    (3, "Synth Lead", False, True),
    (4, "Synth Pad", False, True),
    (5, "Strings (continued)", False, True),
    (6, "Sound effects", False, False),
]


def test_slakh_redux(tmp_path):
    samples = write_slakh(tmp_path / "train/Track00001", BAND)
    for other in ("validation/Track01501", "test/Track01877", "omitted/Track00003"):
        write_slakh(tmp_path / other, BAND[:2])
    scan = scan_tracks(tmp_path)
    assert (scan.kind, scan.problems, scan.left_out) == ("slakh", {}, {})
    assert [(track.split, track.name) for track in scan.tracks] == [
        ("train", "Track00001"),
        ("valid", "Track01501"),
        ("test", "Track01877"),
    ]
    track = scan.tracks[0]
    assert (track.sample_rate, track.frames, track.channels) == (44_100, 3_000, 1)
    assert track.subtype == "PCM_16"
    assert track.parts() == ["bass", "drums", "other", "synth"]
    assert MIXTURE in track.stems
    assert track.holds["synth"] == ("Synth Lead", "Synth Pad")
    assert track.holds["other"] == ("Strings (continued)",)
    np.testing.assert_array_equal(track.read("drums"), samples["S00"])
    np.testing.assert_array_equal(track.read("bass", 100, 50), samples["S01"][100:150])
    np.testing.assert_allclose(track.read("synth"), samples["S03"] + samples["S04"], atol=1e-7)
    total = sum(track.read(part) for part in track.parts())
    np.testing.assert_allclose(track.read(MIXTURE), total, atol=1e-6)
    assert scan.tracks[1].parts() == ["bass", "drums"]


def test_babyslakh_has_no_splits_and_says_that_nothing_was_rendered(tmp_path):
    for number in range(1, 13):
        folder = tmp_path / f"Track{number:05}"
        write_slakh(folder, BAND, ending="wav", rate=16_000, rendered=False)
    tracks = read_tracks(tmp_path)
    assert detect_kind(tmp_path) == "slakh"
    assert len(tracks) == 12
    splits = {track.name: track.split for track in tracks}
    assert [name for name, split in splits.items() if split == "test"] == [
        "Track00001",
        "Track00011",
    ]
    assert [name for name, split in splits.items() if split == "valid"] == [
        "Track00002",
        "Track00012",
    ]
    assert tracks[0].sample_rate == 16_000
    assert "synth" in tracks[0].stems


def test_one_bad_song_does_not_hide_the_others(tmp_path):
    for number in range(5):
        write_slakh(tmp_path / f"train/Track{number:05}", BAND, ending="wav")
    (tmp_path / "train/Track00000/metadata.yaml").write_text("stems: [")
    short = tmp_path / "train/Track00001/stems/S03.wav"
    short.write_bytes(short.read_bytes()[:1_000])
    write_noise(tmp_path / "train/Track00002/stems/S03.wav", rate=48_000)
    (tmp_path / "train/Track00003/metadata.yaml").unlink()
    scan = scan_tracks(tmp_path)
    assert [track.name for track in scan.tracks] == ["Track00004"]
    assert list(scan.problems) == [f"train/Track0000{number}" for number in range(4)]
    reasons = list(scan.problems.values())
    assert "metadata.yaml is not Slakh's account" in reasons[0]
    assert "S03.wav is cut off" in reasons[1]
    assert "sample_rate" in reasons[2]
    assert "metadata.yaml" in reasons[3]
    assert not any("\n" in reason for reason in reasons)
    with pytest.raises(InputError, match=r"Track00000.*not Slakh's account"):
        read_tracks(tmp_path)


def test_labels_choose_the_stems(tmp_path):
    song = tmp_path / "train/Track00001"
    samples = write_slakh(song, [*BAND, (7, "Organ", False, True)])
    config = load_config(settings=["data.labels.slakh={pads: [Synth Pad], keys: [organ, piano]}"])
    (track,) = read_tracks(tmp_path, labels=config.data.labels)
    assert track.parts() == ["bass", "drums", "keys", "other", "pads"]
    np.testing.assert_array_equal(track.read("pads"), samples["S04"])
    np.testing.assert_array_equal(track.read("keys"), samples["S07"])
    assert track.holds["other"] == ("Strings (continued)", "Synth Lead")
    (track,) = read_tracks(tmp_path, labels={})
    assert track.parts() == ["bass", "drums", "other"]


def test_unknown_labels_name_the_nearest(tmp_path):
    write_slakh(tmp_path / "train/Track00001", [*BAND, (9, "Kazoo", False, True)])
    read_tracks(tmp_path, labels={"slakh": {"toys": ["kazoo"]}})  # the data set has it
    with pytest.raises(
        InputError, match=r"data\.labels\.slakh\.synth names 'Synth Pat'.*Synth Pad"
    ):
        read_tracks(tmp_path, labels={"slakh": {"synth": ["Synth Pat"]}})
    read_tracks(tmp_path, labels={"moisesdb": {"synth": ["nonsense"]}})  # of another kind


def test_labels_in_the_configuration():
    config = load_config(settings=["data.labels={moisesdb: {synth: [synth_pad]}}"])
    assert config.data.labels["moisesdb"] == {"synth": ("synth_pad",)}
    assert config.data.labels["slakh"] == {"synth": ("Synth Lead", "Synth Pad")}
    for setting, words in [
        ("data.labels={moises: {a: [b]}}", r"data\.labels\.moises: .*moisesdb"),
        ("data.labels.slakh={mixture: [Organ]}", "another name than 'mixture'"),
        ("data.labels.slakh={a: [Organ], b: [Organ]}", "'Organ' of slakh in one stem"),
        ("data.labels.slakh={a/b: [Organ]}", r"data\.labels\.slakh\.a/b"),
        ("data.labels.slakh={synth: Organ}", r"data\.labels\.slakh\.synth: got 'Organ'"),
    ]:
        with pytest.raises(InputError, match=words):
            load_config(settings=[setting])


FOLD_4, FOLD_5 = (
    "02ee37da-eea3-42b4-83bf-ab7f243afa13",
    "fc3c9e48-e2ac-4088-af65-68404baa7f12",
)
FOLD_1 = "014f3712-293b-42af-9f29-0ed1785be792"


def write_moisesdb(folder, parts, genre="pop"):
    """A song of MoisesDB; `parts` are (stem name, [(type, how to write the file)])."""
    stems, samples = [], {}
    for number, (stem, files) in enumerate(parts):
        entries = []
        for place, (kind, how) in enumerate(files):
            identity = f"{number}{place}-file"
            samples[identity] = write_noise(folder / stem / f"{identity}.wav", **how)
            entry = {"id": identity, "trackType": kind, "extension": "wav", "has_bleed": False}
            entries.append(entry)
        stems.append({"id": f"{number}", "stemName": stem, "tracks": entries})
    data = {"song": "Song", "artist": "Artist", "genre": genre, "stems": stems}
    (folder / "data.json").write_text(json.dumps(data))
    return samples


STEREO = {"channels": 2}


@pytest.mark.parametrize("home", [".", "moisesdb_v0.1"])
def test_moisesdb(tmp_path, home):
    parts = [
        ("drums", [("kick_drum", STEREO), ("overheads", STEREO | {"frames": 2_500})]),
        ("bass", [("bass_synthesizer_(moog_etc)", STEREO)]),
        ("other_keys", [("synth_pad", STEREO), ("synth_pad", STEREO | {"frames": 4_000})]),
        ("vocals", [("lead_female_singer", {"channels": 1})]),
        ("other_keys", [("synth_lead", {"channels": 1}), ("organ,_electric_organ", STEREO)]),
        ("percussion", [("a-tonal_percussion_(claps,_shakers,_congas,_cowbell_etc)", STEREO)]),
    ]
    samples = write_moisesdb(tmp_path / home / FOLD_4, parts)
    for name in (FOLD_1, FOLD_5, "made-up"):
        write_moisesdb(tmp_path / home / name, parts[:1], genre="rock")
    (tmp_path / home / "__MACOSX").mkdir()
    assert detect_kind(tmp_path) == "moisesdb"
    tracks = by_name(read_tracks(tmp_path))
    assert {name: track.split for name, track in tracks.items()} == {
        FOLD_1: "train",
        "made-up": "train",
        FOLD_4: "valid",
        FOLD_5: "test",
    }
    track = tracks[FOLD_4]
    assert track.genre == "pop"
    assert (track.sample_rate, track.frames, track.channels) == (44_100, 4_000, 2)
    assert track.subtype == "mixed"
    assert track.parts() == ["bass", "drums", "other", "synth", "vocals"]
    assert MIXTURE not in track.stems
    assert track.holds["synth"] == ("synth_lead", "synth_pad")
    assert track.holds["other"] == ("organ,_electric_organ",)
    padded = {
        name: np.pad(signal, ((0, 4_000 - len(signal)), (0, 0))) for name, signal in samples.items()
    }
    synth = padded["20-file"] + padded["21-file"] + padded["40-file"]  # mono is on both sides
    np.testing.assert_allclose(track.read("synth"), synth, atol=1e-7)
    drums = padded["00-file"] + padded["01-file"] + padded["50-file"]
    np.testing.assert_allclose(track.read("drums"), drums, atol=1e-7)
    np.testing.assert_array_equal(track.read("bass"), padded["10-file"])
    np.testing.assert_array_equal(track.read("vocals"), padded["30-file"] + np.zeros((4_000, 2)))
    np.testing.assert_allclose(track.read(MIXTURE), sum(padded.values()), atol=1e-6)
    np.testing.assert_array_equal(track.read("synth", 2_900, 300), track.read("synth")[2900:3200])
    for stem in [*track.parts(), MIXTURE]:
        blocks = np.concatenate(list(track.blocks(stem, 700)))
        np.testing.assert_allclose(blocks, track.read(stem), atol=1e-6)


def test_moisesdb_files_of_several_rates(tmp_path):
    slow, fast = STEREO | {"frames": 44_100}, STEREO | {"frames": 48_000, "rate": 48_000}
    parts = [("drums", [("toms", slow)]), ("other_keys", [("synth_pad", fast)])]
    samples = write_moisesdb(tmp_path / "song", parts)
    (track,) = read_tracks(tmp_path)
    assert (track.sample_rate, track.frames) == (44_100, 44_100)  # the usual one, where two tie
    expected = audio.resample(samples["10-file"], 48_000, 44_100)
    np.testing.assert_allclose(track.read("synth"), expected, atol=1e-6)
    np.testing.assert_allclose(track.read("synth", 20_000, 500), expected[20_000:20_500], atol=1e-6)
    np.testing.assert_array_equal(track.read("drums"), samples["00-file"])


def test_moisesdb_missing_file_and_bad_account(tmp_path):
    for name in ("a", "b", "c"):
        write_moisesdb(tmp_path / name, [("drums", [("toms", STEREO)])])
    (tmp_path / "a/drums/00-file.wav").unlink()
    (tmp_path / "b/data.json").write_text('{"stems": [{"stemName": "drums"}]}')
    scan = scan_tracks(tmp_path)
    assert [track.name for track in scan.tracks] == ["c"]
    assert "00-file.wav does not exist" in scan.problems["train/a"]
    assert "data.json is not MoisesDB's account" in scan.problems["train/b"]


def test_moisesdb_folds_are_those_of_the_field():
    from synthgen_tf.tracks.moisesdb import _folds

    splits = list(_folds().values())
    assert (splits.count("valid"), splits.count("test")) == (48, 48)


def write_medleydb(root, name, instruments, metadata="Metadata", bleed="no", **how):
    """A song of MedleyDB; `instruments` are (instrument or several, component)."""
    folder, samples, stems = root / "Audio" / name, [], {}
    for number, (instrument, component) in enumerate(instruments, 1):
        file = f"{name}_STEM_{number:02}.wav"
        samples.append(write_noise(folder / f"{name}_STEMS" / file, channels=2, **how))
        raw = {"R01": {"filename": f"{name}_RAW_{number:02}_01.wav", "instrument": instrument}}
        entry = {"component": component, "filename": file, "instrument": instrument, "raw": raw}
        stems[f"S{number:02}"] = entry
    write_noise(folder / f"{name}_MIX.wav", channels=2)
    (folder / f"{name}_RAW").mkdir()
    content = {
        "artist": name.split("_")[0],
        "genre": "Rock",
        "has_bleed": bleed,
        "mix_filename": f"{name}_MIX.wav",
        "stem_dir": f"{name}_STEMS",
        "stems": stems,
    }
    (root / metadata).mkdir(parents=True, exist_ok=True)
    (root / metadata / f"{name}_METADATA.yaml").write_text(yaml.safe_dump(content))
    return samples


TRIO = [
    ("drum set", ""),
    ("electric bass", "bass"),
    ("synthesizer", "melody"),
    (["male singer", "female singer"], "melody"),
    (["piano", "acoustic guitar"], ""),
    ("synthesizer", "bass"),
    ("tuba", "bass"),
]


@pytest.mark.parametrize("metadata", ["Metadata", "medleydb/data/Metadata", "data/Metadata"])
def test_medleydb(tmp_path, metadata):
    samples = write_medleydb(tmp_path, "SomeBand_Song", TRIO, metadata)
    assert detect_kind(tmp_path) == "medleydb"
    (track,) = read_tracks(tmp_path)
    assert (track.name, track.genre, track.channels) == ("SomeBand_Song", "Rock", 2)
    assert track.parts() == ["bass", "drums", "other", "synth", "vocals"]
    np.testing.assert_allclose(track.read("synth"), samples[2] + samples[5], atol=1e-7)
    np.testing.assert_allclose(track.read("bass"), samples[1] + samples[6], atol=1e-7)
    np.testing.assert_array_equal(track.read("vocals"), samples[3])
    np.testing.assert_array_equal(track.read("other"), samples[4])
    assert track.holds["other"] == ("acoustic guitar", "piano")
    assert MIXTURE not in track.stems  # the mastered one is not the sum
    np.testing.assert_allclose(track.read(MIXTURE), sum(samples), atol=1e-6)


def test_medleydb_keeps_an_artist_in_one_split(tmp_path):
    names = {"MusicDelta": "train", "Lushlife": "train", "Auctioneer": "valid", "LizNelson": "test"}
    for artist in names:
        for song in ("One", "Other"):
            write_medleydb(tmp_path, f"{artist}_{song}", TRIO[:1], frames=10)
    tracks = read_tracks(tmp_path)
    splits = {track.name: track.split for track in tracks}
    expected = {artist + song: names[artist] for artist in names for song in ("_One", "_Other")}
    assert splits == expected


def test_medleydb_songs_that_cannot_serve(tmp_path):
    write_medleydb(tmp_path, "A_Bleeding", TRIO, bleed="yes")
    write_medleydb(tmp_path, "A_Together", [(["synthesizer", "piano"], "")])
    write_medleydb(tmp_path, "A_Lost", TRIO)
    (tmp_path / "Metadata/A_Lost_METADATA.yaml").unlink()
    with pytest.raises(InputError, match=r"A_Lost_METADATA\.yaml is in none of Metadata"):
        read_tracks(tmp_path)
    scan = scan_tracks(tmp_path)
    (split,) = {name.split("/")[0] for name in [*scan.left_out, *scan.problems]}
    assert "hold each other's sound" in scan.left_out[f"{split}/A_Bleeding"]
    assert "synthesizer and piano are on one file" in scan.left_out[f"{split}/A_Together"]
    assert list(scan.problems) == [f"{split}/A_Lost"]
    assert scan.tracks == []
    (tmp_path / "Audio/A_Lost").rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"no track of .* can be used: .*/A_Bleeding: its stems"):
        read_tracks(tmp_path)
    # without a synth stem to make, piano and synthesizer are just `other`
    scan = scan_tracks(tmp_path, labels={"medleydb": {}})
    assert [track.name for track in scan.tracks] == ["A_Together"]


def test_wrong_kind_says_what_it_looks_like(tmp_path):
    write_medleydb(tmp_path, "A_Song", TRIO[:2])
    with pytest.raises(InputError, match=r"kind slakh: expected .*metadata\.yaml.*like medleydb"):
        read_tracks(tmp_path, "slakh")
