"""BSSEval v4 as museval computes it, and the files that its own aggregation reads."""

import warnings
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from synthgen_tf.errors import InputError, install
from synthgen_tf.files import write_text
from synthgen_tf.tracks import REST

if TYPE_CHECKING:
    from museval import TrackStore

MEASURES = ("SDR", "ISR", "SIR", "SAR")
"""The measures of BSSEval v4, in the order in which museval gives them."""

WINDOW_SECONDS = 1.0


def load_museval() -> ModuleType:
    """Import the package museval and return it.

    Raises:
        InputError: when it, or the ffmpeg that it asks for, is not installed.
    """
    try:
        import museval
    except ImportError:
        raise InputError(f"--museval needs the package museval: {install('museval')}") from None
    except RuntimeError as error:  # of musdb, which museval imports
        raise InputError(
            f"--museval needs ffmpeg on PATH, for musdb asks for it ({error})"
        ) from None
    return museval


def bss_eval(
    name: str,
    target: str,
    truth: np.ndarray,
    estimate: np.ndarray,
    mixture: np.ndarray,
    sample_rate: int,
) -> "TrackStore":
    """Score a stem and the rest of a track, window by window of a second.

    Args:
        name: of the track.
        target: name of the stem.
        truth, estimate, mixture: (time, channels).
        sample_rate: Hz.

    Returns:
        museval's TrackStore of the two targets, the stem and `rest`.

    Reference: Stoeter, Liutkus, Ito, The 2018 signal separation evaluation campaign
    (arXiv:1804.06267).
    """
    museval = load_museval()
    references = np.stack([truth, mixture - truth]).astype(np.float64)
    estimates = np.stack([estimate, mixture - estimate]).astype(np.float64)
    window = round(WINDOW_SECONDS * sample_rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy, on windows that are silent and count as NaN
        values = museval.evaluate(references, estimates, win=window, hop=window)
    store = museval.TrackStore(win=WINDOW_SECONDS, hop=WINDOW_SECONDS, track_name=name)
    for i, stem in enumerate((target, REST)):
        store.add_target(stem, {kind: values[k][i].tolist() for k, kind in enumerate(MEASURES)})
    return store


def medians(store: "TrackStore", target: str) -> dict[str, float | None]:
    """Return the median over a track's windows of each measure of a target, by its name in small
    letters."""
    frames = next(each["frames"] for each in store.scores["targets"] if each["name"] == target)
    found = {}
    for kind in MEASURES:
        values = np.array([float(frame["metrics"][kind]) for frame in frames])
        values = values[np.isfinite(values)]
        found[kind.lower()] = round(float(np.median(values)), 4) if len(values) else None
    return found


def write_bss_eval(folder: Path, store: "TrackStore") -> Path:
    """Write a track's scores to `folder/test/<track>.json`, where museval's
    `EvalStore().add_eval_dir(folder)` looks for them."""
    path = folder / "test" / f"{store.track_name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, store.json)
    return path
