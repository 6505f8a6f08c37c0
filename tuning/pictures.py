"""Pictures of a search, as data addresses."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from importance import Share
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthgen_tf.report.figures import png_address
from synthgen_tf.runs import MONITOR, Row

LABELS = 6
"""How many values stand beside an axis at most."""


def parallel_coordinates(
    keys: Sequence[str],
    values: Sequence[Mapping[str, Any]],
    scores: Sequence[float],
    logarithmic: Collection[str] = (),
) -> str:
    """Draw a line for each trial through its value on each key's axis, to its score on the last.

    Args:
        keys: of the axes.
        values: key to value, one mapping for each trial.
        scores: of the trials, dB.
        logarithmic: keys whose axis is.
    """
    figure = Figure(figsize=(max(6.0, 1.9 * (len(keys) + 1)), 4.2), dpi=110, layout="constrained")
    axes = figure.subplots()
    columns = {key: [one[key] for one in values] for key in keys}
    columns["SI-SDR improvement, dB"] = list(scores)
    drawn = [
        _draw_axis(axes, x, column, key in logarithmic)
        for x, (key, column) in enumerate(columns.items())
    ]
    heights = np.stack(drawn, axis=1)
    shades = colormaps["viridis"](heights[:, -1] * 0.9)
    for line, shade in sorted(zip(heights, shades, strict=True), key=lambda pair: pair[0][-1]):
        axes.plot(line, color=shade, linewidth=1.6, alpha=0.85)
    axes.set_xticks(range(len(columns)), list(columns), fontsize=8)
    axes.set_yticks([])
    axes.set_xlim(-0.3, len(columns) - 0.5)
    axes.spines[:].set_visible(False)
    return png_address(figure)


def _draw_axis(axes: Axes, x: int, column: Sequence[Any], logarithmic: bool) -> np.ndarray:
    """Draw the values of one axis; returns the height of each in 0 to 1."""
    if all(isinstance(value, int | float) for value in column):
        numbers = np.array(column, float)
        scaled = np.log(numbers) if logarithmic else numbers
        spread = scaled.max() - scaled.min()
        heights = (scaled - scaled.min()) / spread if spread else np.full(len(scaled), 0.5)
        named = zip(heights.tolist(), column, strict=True)
        marks = {height: show(number) for height, number in named}
    else:
        texts = [show(value) for value in column]
        places = {text: place for place, text in enumerate(sorted(set(texts)))}
        top = max(len(places) - 1, 1)
        heights = np.array([places[text] / top for text in texts])
        marks = {place / top: text for text, place in places.items()}
    axes.axvline(x, color="grey", linewidth=0.8)
    shown = sorted(marks)
    for height in [shown[i] for i in np.unique(np.linspace(0, len(shown) - 1, LABELS).astype(int))]:
        axes.text(x + 0.02, height, marks[height][:18], fontsize=7, va="center")
    return heights


def show(value: Any) -> str:
    """Write a value of the configuration as short text, for tables and axes."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value)


def importance_bars(shares: Mapping[str, Share]) -> str:
    """Draw horizontal bars with their intervals: key to share, the largest on top."""
    ordered = sorted(shares.items(), key=lambda pair: pair[1].mean)
    percents = 100.0 * np.array([share for _, share in ordered])
    middle, low, high = percents.T
    figure = Figure(figsize=(7.0, 0.6 + 0.32 * len(ordered)), dpi=110, layout="constrained")
    axes = figure.subplots()
    # a mean can lie outside of what nine in ten draws have
    ends = np.maximum([middle - low, high - middle], 0.0)
    axes.barh([key for key, _ in ordered], middle, xerr=ends, ecolor="black", capsize=3)
    axes.set_xlabel("% of the difference", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return png_address(figure)


def learning_curves(histories: Mapping[str, Sequence[Row]]) -> str:
    """Draw SI-SDR improvement on validation over the steps: trial to its rows, the best trial
    first."""
    figure = Figure(figsize=(8.6, 3.4), dpi=110, layout="constrained")
    axes = figure.subplots()
    shades = colormaps["viridis"](np.linspace(0.9, 0.0, len(histories)))
    for (name, rows), shade in zip(histories.items(), shades, strict=True):
        steps, scores = ([row[column] for row in rows] for column in ("step", MONITOR))
        axes.plot(steps, scores, color=shade, marker=".", label=name)
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("SI-SDR improvement on validation, dB", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    columns = 1 + len(histories) // 12
    figure.legend(
        title="trial", frameon=False, fontsize=7, ncols=columns, loc="outside right upper"
    )
    return png_address(figure)
