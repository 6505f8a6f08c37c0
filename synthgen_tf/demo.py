"""The whole story, small: render, train, evaluate, separate, export, report."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.config import load_config
from synthgen_tf.errors import InputError
from synthgen_tf.evaluate import evaluate, measure, select_test_tracks, write_scores
from synthgen_tf.export import export_run
from synthgen_tf.render import render_songs
from synthgen_tf.report import Example, Table, write_model_card, write_page
from synthgen_tf.report.model_card import SCORES
from synthgen_tf.report.tables import format_db, score_table
from synthgen_tf.separate import Separator
from synthgen_tf.separate.catalogue import shipped_models
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import MIXTURE, Track, read_tracks
from synthgen_tf.train import read_history, train

SONGS, RUN, MUSDB, SEPARATED, MODELS, PAGE = (
    "songs",
    "run",
    "musdb",
    "separated",
    "savedmodels",
    "report.html",
)
PARITY_SECONDS = 2.0


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
    _clear_earlier_demo(out)
    config = load_config(preset, flags={"training.minutes": minutes, "seed": seed})
    render_songs(out / SONGS, songs, seconds=seconds, seed=seed, jobs=jobs)
    train(config, out / SONGS, out / RUN)

    separator = Separator(load_predictor(out / RUN))
    tracks = select_test_tracks(read_tracks(out / SONGS), "test", separator.stem)
    scores = evaluate(separator, tracks, separator.stem)
    write_scores(out / RUN / SCORES, {"data": SONGS, "split": "test", **scores})
    card = write_model_card(out / RUN)
    example, excerpt_rows = _separate_excerpt(out, separator)
    parity = _export_and_compare(out)

    tables = [
        score_table(scores, "Rendered test songs, never seen in training"),
        *excerpt_rows,
        parity,
    ]
    examples = [*example, *(_show_track(track, separator) for track in tracks[:3])]
    write_page(
        out / PAGE,
        "SynthGen demo",
        f"Preset {preset}, trained for {minutes:g} minutes on {songs} rendered songs of "
        f"{seconds:g} s. All scores in dB, higher is better unless said otherwise.",
        tables,
        examples,
        read_history(out / RUN),
    )
    written = [out / PAGE, card, out / RUN, out / SEPARATED, out / MODELS / "demo"]
    return DemoResult(tables, [path for path in written if path.exists()])


def _clear_earlier_demo(out: Path) -> None:
    if not out.exists():
        return
    known = {SONGS, RUN, MUSDB, SEPARATED, MODELS, PAGE}
    if not out.is_dir() or {entry.name for entry in out.iterdir()} - known:
        raise InputError(f"{out} holds something else than a demo: choose another --out")
    shutil.rmtree(out)


def _show_track(track: Track, separator: Separator) -> Example:
    mixture, truth = track.read(MIXTURE), track.read(separator.stem)
    stems = separator.separate(mixture, track.sample_rate)
    signals = {
        "mixture": mixture,
        "true synth": truth,
        "synth, estimate": stems[separator.stem],
        "rest, estimate": stems["rest"],
    }
    score = measure_snr(truth, stems[separator.stem])
    return Example(f"Test song {track.name}", f"{track.genre}; SNR {score} dB", 44_100, signals)


def measure_snr(truth: np.ndarray, estimate: np.ndarray) -> str:
    """SNR of one pair as text, a dash for a silent target."""
    from synthgen_tf.metrics import snr

    return format_db(measure(snr, truth, estimate))


def _separate_excerpt(out: Path, own: Separator) -> tuple[list[Example], list[Table]]:
    """Separate the real recording that stempeg carries, with the shipped model if there is one."""
    track = musdb_excerpt(out / MUSDB)
    if track is None:
        row = ["skipped", "ffmpeg is missing: install it to read MUSDB stem files", ""]
        return [], [Table("A real recording", ["", "", ""], [row])]
    shipped = shipped_models()
    separator = Separator(load_predictor(shipped[0].name)) if shipped else own
    name = f"shipped model {shipped[0].name}" if shipped else "this model"
    mixture, other = track.read(MIXTURE), track.read("other")
    stems = separator.separate(mixture, track.sample_rate)
    folder = out / SEPARATED / track.name
    folder.mkdir(parents=True)
    for stem, samples in stems.items():
        with audio.Writer(folder / f"{stem}.wav", track.sample_rate, track.channels) as writer:
            writer.write(samples)
    rows = [
        [name, measure_snr(other, stems[separator.stem])],
        ["mixture, untouched", measure_snr(other, mixture)],
        ["silence", "0.00"],
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
        "rest, estimate": stems["rest"],
    }
    example = Example(f"A real recording: {track.name}", note, track.sample_rate, signals)
    return [example], [Table("A real recording", [f"{track.name}", "SNR"], rows, note)]


def musdb_excerpt(root: Path) -> Track | None:
    """The MUSDB song excerpt that stempeg carries, linked into a MUSDB18 layout and read by musdb.

    None where ffmpeg is missing, which both packages need.
    """
    if shutil.which("ffmpeg") is None:
        return None
    import stempeg

    source = Path(stempeg.example_stem_path())
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
        rows.append([engine, f"{difference:.1e}", measure_snr(expected, estimate)])
    columns = ["engine", "largest difference", "SNR against Keras"]
    return Table("Exported models against Keras", columns, rows)
