"""Pictures and sounds as data addresses, so that a page needs no other file."""

import base64
import io
from collections.abc import Mapping, Sequence

import numpy as np
import soundfile
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from synthgen_tf.runs import EARLIER_MONITOR, MONITOR, monitor_of

WINDOW, HOP = 4096, 1024
DEPTH_DB = 80.0
MONITORS = {MONITOR: "SI-SDR improvement", EARLIER_MONITOR: "SNR"}


def spectrogram(signal: np.ndarray, sample_rate: int, reference_db: float) -> str:
    """Draw a signal's spectrogram over logarithmic frequency, as a data address.

    Args:
        signal: (time, channels); the channels are averaged.
        sample_rate: Hz.
        reference_db: brightest level; the scale is 80 dB deep below it.
    """
    figure = Figure(figsize=(4.2, 2.2), dpi=110)
    axes = figure.add_axes((0.13, 0.17, 0.86, 0.8))
    draw_spectrogram(axes, signal, sample_rate, reference_db)
    axes.set_xlabel("s", fontsize=7, labelpad=0)
    return png_address(figure)


def spectrogram_pair(upper: np.ndarray, lower: np.ndarray, sample_rate: int) -> str:
    """Draw two signals' spectrograms above each other, at one scale: the upper one's."""
    figure = Figure(figsize=(4.2, 3.4), dpi=100)
    reference_db = loudest_db(upper, sample_rate)
    for signal, bottom in ((upper, 0.55), (lower, 0.1)):
        axes = figure.add_axes((0.13, bottom, 0.86, 0.43))
        draw_spectrogram(axes, signal, sample_rate, reference_db)
        if signal is upper:
            axes.set_xticklabels([])
    axes.set_xlabel("s", fontsize=7, labelpad=0)
    return png_address(figure)


def draw_spectrogram(axes: Axes, signal: np.ndarray, sample_rate: int, reference_db: float) -> None:
    """Draw a spectrogram over logarithmic frequency: (time, channels), 80 dB deep."""
    decibels = _decibels(signal, sample_rate)
    rows = np.geomspace(40, sample_rate / 2, 200) / (sample_rate / WINDOW)
    low = np.minimum(rows.astype(int), len(decibels) - 2)
    share = (rows - low)[:, None]
    picture = decibels[low] * (1 - share) + decibels[low + 1] * share
    seconds = len(signal) / sample_rate
    axes.imshow(
        picture,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=reference_db - DEPTH_DB,
        vmax=reference_db,
        extent=(0, seconds, 0, len(rows)),
    )
    marks = (100, 1000, 10_000)
    axes.set_yticks([np.interp(mark / (sample_rate / WINDOW), rows, range(200)) for mark in marks])
    axes.set_yticklabels(["100 Hz", "1 kHz", "10 kHz"], fontsize=7)
    axes.tick_params(axis="x", labelsize=7)


def histograms(values: Mapping[str, Sequence[float]]) -> str:
    """Draw histograms side by side: title to values."""
    figure = Figure(figsize=(8.6, 2.3), dpi=110, layout="constrained")
    for axes, (title, numbers) in zip(figure.subplots(1, len(values)), values.items(), strict=True):
        axes.hist(numbers, bins=24, color="tab:purple")
        axes.set_title(title, fontsize=9)
        axes.set_ylabel("songs", fontsize=8)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return png_address(figure)


def boxes(groups: Mapping[str, Sequence[float]], label: str) -> str:
    """Draw box plots side by side, a point for each value: group to values."""
    figure = Figure(figsize=(8.6, 1.0 + 0.3 * len(groups)), dpi=110, layout="constrained")
    axes = figure.subplots()
    places = range(len(groups), 0, -1)  # the first on top
    axes.boxplot(
        list(groups.values()),
        positions=list(places),
        orientation="horizontal",
        showfliers=False,
        widths=0.6,
        medianprops={"color": "tab:purple", "linewidth": 2},
    )
    for place, values in zip(places, groups.values(), strict=True):
        axes.plot(values, [place] * len(values), "o", color="tab:purple", alpha=0.4, markersize=3)
    axes.set_yticks(list(places), [f"{name} ({len(groups[name])})" for name in groups], fontsize=8)
    axes.axvline(0, color="grey", linewidth=0.8, linestyle="--")
    axes.set_xlabel(label, fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return png_address(figure)


def loudest_db(signal: np.ndarray, sample_rate: int) -> float:
    """Return the highest level in a signal's spectrogram, the reference for pictures that are
    compared."""
    return float(_decibels(signal, sample_rate).max())


def _decibels(signal: np.ndarray, sample_rate: int) -> np.ndarray:
    transform = ShortTimeFFT(hann(WINDOW, sym=False), HOP, sample_rate, scale_to="magnitude")
    mono = signal.mean(axis=1).astype(np.float64)
    if len(mono) < WINDOW:
        mono = np.pad(mono, (0, WINDOW - len(mono)))
    return 20 * np.log10(np.abs(transform.stft(mono)) + 1e-8)


def curves(rows: Sequence[dict[str, float]]) -> str:
    """Draw learning curves: loss on training and validation, and what the best epoch is chosen
    by."""
    figure = Figure(figsize=(8.6, 2.6), dpi=110, layout="constrained")
    loss, score = figure.subplots(1, 2)
    column = monitor_of(rows)
    epochs = [row["epoch"] + 1 for row in rows]
    loss.plot(epochs, [row["loss"] for row in rows], label="training")
    loss.plot(epochs, [row["val_loss"] for row in rows], label="validation")
    loss.set_yscale("log")
    loss.legend(frameon=False)
    score.plot(epochs, [row[column] for row in rows], color="tab:green")
    score.axhline(0, color="grey", linewidth=0.8, linestyle="--")
    for axes, title in ((loss, "loss"), (score, f"mean {MONITORS[column]} on validation, dB")):
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("epoch", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return png_address(figure)


def player(signal: np.ndarray, sample_rate: int) -> str:
    """Encode sound as MP3, for listening only: clipped to full scale, not sample-exact."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(signal, -1, 1), sample_rate, format="MP3")
    return _address("audio/mpeg", buffer.getvalue())


def png_address(figure: Figure) -> str:
    """Return a drawn figure as a data address."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return _address("image/png", buffer.getvalue())


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
