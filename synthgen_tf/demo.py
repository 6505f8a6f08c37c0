"""The whole story, small: render, train, evaluate, separate, export, report."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthgen_tf import audio, metrics
from synthgen_tf.config import load_config
from synthgen_tf.errors import InputError
from synthgen_tf.evaluate import (
    described,
    evaluate,
    measure,
    score_track,
    select_test_tracks,
    separated_by,
    write_scores,
)
from synthgen_tf.export import export_run
from synthgen_tf.render import render_songs
from synthgen_tf.report import Example, Table, write_model_card, write_page
from synthgen_tf.report.model_card import SCORES
from synthgen_tf.report.tables import COLUMNS, ROWS, format_db, score_table
from synthgen_tf.runs import read_history
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import MIXTURE, REST, Track, read_tracks
from synthgen_tf.tracks.musdb import package_folder
from synthgen_tf.train import train

SONGS, RUN, MUSDB, SEPARATED, MODELS = "songs", "run", "musdb", "separated", "savedmodels"
PAGE = "report.html"
MARK = ".synthgen_demo"
PARITY_SECONDS = 2.0
SHOWN = ("snr", "si_sdr_improvement")


@dataclass(frozen=True)
class DemoResult:
    """What the demo found and wrote."""

    tables: list[Table]
    files: list[Path]


def run_demo(
    out: Path,
    *,
    songs: int = 100,
    seconds: float = 12.0,
    minutes: float = 3.0,
    preset: str = "small",
    jobs: int = 2,
    seed: int = 0,
) -> DemoResult:
    """Do everything once and write it below a folder; an earlier demo there is done anew.

    Args:
        out: folder to write.
        songs: to render, a tenth of them for validation and a tenth for the test.
        seconds: length of each song.
        minutes: of training.
        preset: of the model.
        jobs: processes that render.
        seed: of songs, weights and segments.

    Raises:
        InputError: when the folder holds something else than a demo.
    """
    _make_room(out)
    config = load_config(preset, flags={"training.minutes": minutes, "seed": seed})
    render_songs(out / SONGS, songs, seconds=seconds, seed=seed, jobs=jobs)
    train(config, out / SONGS, out / RUN)

    separator, shipped = Separator(load_predictor(out / RUN)), Separator(load_predictor())
    tracks = select_test_tracks(read_tracks(out / SONGS), "test", separator.stem)
    scores = evaluate(separated_by(separator), tracks, separator.stem)
    scores = described(
        scores, data=out / SONGS, split="test", model=out / RUN, judged=separator.settings
    )
    write_scores(out / RUN / SCORES, scores)
    card = write_model_card(out / RUN)
    recording, recording_table = _separate_excerpt(out, shipped)
    tables = [
        _compare(scores, evaluate(separated_by(shipped), tracks, shipped.stem)),
        recording_table,
        _export_and_compare(out),
    ]
    write_page(
        out / PAGE,
        "SynthGen demo",
        f"The model is preset {preset}, trained here for {minutes:g} minutes on {songs} rendered "
        f"songs of {seconds:g} s; the shipped model learnt longer, on other songs.",
        tables,
        [*recording, *(_show_track(track, separator) for track in tracks[:3])],
        read_history(out / RUN),
    )
    written = [out / PAGE, card, out / RUN, out / SEPARATED, out / MODELS / "demo"]
    return DemoResult(tables, [path for path in written if path.exists()])


def _make_room(out: Path) -> None:
    """An empty folder with a mark in it; only a folder with the mark is ever cleared."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / MARK).is_file():
            raise InputError(f"{out} holds something else than a demo: choose another --out")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()


def _compare(own: dict, shipped: dict) -> Table:
    """The medians of both models and of what costs nothing, on the songs that neither has seen."""
    both = {}
    for kind in ("median", "interval"):
        # dictionaries keep their order: the models first, then what costs nothing
        models = {"estimate": own[kind]["estimate"], "shipped": shipped[kind]["estimate"]}
        both[kind] = {**models, **own[kind]}
    return score_table({**own, **both}, "Rendered test songs, never seen in training")


def _show_track(track: Track, separator: Separator) -> Example:
    mixture, truth = track.read(MIXTURE), track.read(separator.stem)
    stems = separator.separate(mixture, track.sample_rate)
    signals = {
        "mixture": mixture,
        "true synth": truth,
        "synth, estimate": stems[separator.stem],
        "rest, estimate": stems[REST],
    }
    score = score_track(track, truth, stems[separator.stem], mixture)
    snr, rise = map(format_db, shown_of(score.systems["estimate"]))
    note = f"{track.genre}; SNR {snr} dB, SI-SDR improvement {rise} dB"
    return Example(f"Test song {track.name}", note, track.sample_rate, signals)


def shown_of(scores: Mapping[str, float | None]) -> list[float | None]:
    """The measures that are shown, None for one that a silent target does not have."""
    return [scores.get(kind) for kind in SHOWN]


def _separate_excerpt(out: Path, separator: Separator) -> tuple[list[Example], Table]:
    """Separate the real recording that stempeg carries, as a user would, and score it."""
    title = "A real recording, by the shipped model"
    track = musdb_excerpt(out / MUSDB)
    mixture, other = track.read(MIXTURE), track.read("other")
    stems = separator.separate(mixture, track.sample_rate)
    folder = out / SEPARATED / track.name
    folder.mkdir(parents=True)
    for stem, samples in stems.items():
        with audio.Writer(folder / f"{stem}.wav", track.sample_rate, track.channels) as writer:
            writer.write(samples)
    score = score_track(track, other, stems[separator.stem], mixture)
    rows = [
        [ROWS["shipped" if name == "estimate" else name], *map(format_db, shown_of(scores))]
        for name, scores in score.systems.items()
    ]
    note = (
        f"{track.name}, from MUSDB18, scored against its stem `other`: guitars, keys, strings and "
        "synthesizers together, since MUSDB has no synth stem. A synth extractor that is right "
        "leaves the guitars out and loses points here."
    )
    signals = {
        "mixture": mixture,
        "stem other": other,
        "synth, estimate": stems[separator.stem],
        "rest, estimate": stems[REST],
    }
    example = Example(f"A real recording: {track.name}", note, track.sample_rate, signals)
    return [example], Table(
        title, [track.name, *(COLUMNS[measure] for measure in SHOWN)], rows, note
    )


def musdb_excerpt(root: Path) -> Track:
    """The MUSDB song excerpt that stempeg carries, linked into a MUSDB18 layout."""
    package = package_folder("stempeg")  # its import needs ffmpeg
    source = next((package / "data").glob("*.stem.mp4"))
    link = root / "test" / source.name
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(source)
    return read_tracks(root, "musdb18")[0]


def _export_and_compare(out: Path) -> Table:
    """Export SavedModel and TFLite and run both on the same noise as the Keras model."""
    model = out / MODELS / "demo"
    export_run(out / RUN, model, tflite=("fp32", "fp16"))
    keras = load_predictor(out / RUN)
    frames = round(PARITY_SECONDS * keras.sample_rate)
    blocks = np.random.default_rng(0).standard_normal((1, frames, keras.channels))
    blocks = blocks.astype(np.float32)
    expected = keras(blocks)[0]
    rows = []
    for engine in ("savedmodel", "tflite"):
        estimate = load_predictor(model, engine)(blocks)[0]
        difference = float(np.abs(estimate - expected).max())
        if difference > 1e-3:
            raise RuntimeError(f"engine {engine} differs from Keras by {difference:.1e}")
        snr = format_db(measure(metrics.snr, expected, estimate))
        rows.append([engine, f"{difference:.1e}", snr])
    columns = ["engine", "largest difference", "SNR against Keras"]
    return Table("Exported models against Keras", columns, rows)
