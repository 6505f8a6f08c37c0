"""Predictors: one call from blocks of mixture to blocks of the stem, on each engine.

Each loads its engine when it is made, so that TFLite needs no TensorFlow.
"""

import hashlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import numpy as np

from synthgen_tf.choices import Engine
from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow, native_noise_silenced
from synthgen_tf.runs import CONFIG, load_run, weight_files
from synthgen_tf.separate.catalogue import (
    CARD,
    Card,
    find_model,
    is_shipped,
    read_card,
    sha256_of,
)

ENGINES = get_args(Engine)

DIGITS = 12
"""Of a sum that tell one model from another."""


def load_predictor(
    model: str | Path | None = None, engine: str | None = None, threads: int | None = None
):
    """The predictor of a model.

    Args:
        model: see `find_model`.
        engine: left out, `keras` for a run and `savedmodel` for an exported model.
        threads: of the engine; left out, as many as cores. Before TensorFlow's first use.

    Raises:
        InputError: for an unknown model or engine, or an engine that the model does not have.
    """
    if engine is not None and engine not in ENGINES:
        raise InputError(f"unknown engine {engine!r}: choose one of {', '.join(ENGINES)}")
    folder = find_model(model)
    if not (folder / CARD).is_file() and (folder / CONFIG).is_file():
        if engine not in (None, "keras"):
            raise InputError(
                f"{folder} is a run, engine {engine} needs it exported: synthgen export"
            )
        _limit_tensorflow(threads)
        return KerasPredictor(folder)
    card = read_card(folder)
    if engine == "keras":
        raise InputError(f"{folder} is an exported model: engine keras needs the run it came from")
    if engine == "tflite":
        return TFLitePredictor(card, threads)
    _limit_tensorflow(threads)
    return SavedModelPredictor(card)


def quick_engine(model: str | Path | None = None) -> Engine | None:
    """The engine to take where none is asked for; None leaves it to `load_predictor`.

    Shipped models run by TFLite: it starts in 0.2 s, TensorFlow in 5 to 8, so that songs of up to
    ten minutes are done sooner. Their stems differ from the SavedModel's at -46 dB, their scores
    by 0.005 dB. TensorFlow separates 1.4 times as fast once it runs.

    Raises:
        InputError: for an unknown model.
    """
    folder = find_model(model)
    return "tflite" if is_shipped(folder) and any(folder.glob("*.tflite")) else None


def _limit_tensorflow(threads: int | None) -> None:
    if threads is not None:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def _digest(sums: Iterable[str]) -> str:
    """One short sum of those of all files that decide what a model gives."""
    return hashlib.sha256(" ".join(sums).encode()).hexdigest()[:DIGITS]


def read_exported(model: str | Path | None = None) -> Card:
    """The card of an exported model, as `find_model` finds it.

    Raises:
        InputError: when there is none, or it is a run that was not exported.
    """
    folder = find_model(model)
    if not (folder / CARD).is_file() and (folder / CONFIG).is_file():
        raise InputError(f"{folder} is a run: export it first, synthgen export")
    return read_card(folder)


class KerasPredictor:
    """The best model of a run directory."""

    def __init__(self, run: Path):
        import_tensorflow()  # else the backend could be what the environment says
        self.model, config = load_run(run)
        self.stem = config.data.target
        self.sample_rate, self.channels = config.model.sample_rate, config.model.channels
        self.segment = config.block
        sums = [sha256_of(file) for file in (*weight_files(run), run / CONFIG)]
        self.identity = f"{run.name}-{_digest(sums)} keras"

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        return self.model.predict_on_batch(blocks)


class SavedModelPredictor:
    """Signature `serving_default` of a SavedModel."""

    def __init__(self, card: Card):
        import tensorflow as tf

        sums = card.check(card.savedmodel)
        self.loaded = tf.saved_model.load(str(card.savedmodel))
        self.signature = self.loaded.signatures["serving_default"]
        self.stem, self.segment = card.stem, card.segment
        self.sample_rate, self.channels = card.sample_rate, card.channels
        self.identity = f"{card.name}-{card.version}-{_digest(sums)} savedmodel"

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        return self.signature(mixture=tf.constant(blocks))[self.stem].numpy()


class TFLitePredictor:
    """A TFLite file, without TensorFlow; on all cores unless told otherwise.

    Several threads may call it: LiteRT's interpreter takes one block at a time, so each call waits
    for its turn. For work side by side, make a predictor for each thread, with `threads=1`.
    """

    def __init__(self, card: Card, threads: int | None = None):
        import os

        from ai_edge_litert.interpreter import Interpreter

        file = card.tflite()
        self.identity = f"{file.stem}-{_digest(card.check(file))} tflite"
        self.interpreter = Interpreter(str(file), num_threads=threads or os.cpu_count())
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]
        self.stem, self.segment = card.stem, card.segment
        self.sample_rate, self.channels = card.sample_rate, card.channels
        self.shape: tuple[int, ...] = ()
        self.lock = threading.Lock()

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        with self.lock:
            return self._estimate(blocks)

    def _estimate(self, blocks: np.ndarray) -> np.ndarray:
        if blocks.shape != self.shape:
            self.shape = blocks.shape
            self.interpreter.resize_tensor_input(self.input, blocks.shape)
            with native_noise_silenced():
                self.interpreter.allocate_tensors()
        self.interpreter.set_tensor(self.input, np.asarray(blocks, np.float32))
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)
