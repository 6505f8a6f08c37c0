"""Predictors: one call from blocks of mixture to blocks of the stem, on each engine.

Each loads its engine when it is made, so that TFLite needs no TensorFlow.
"""

import hashlib
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from synthgen_tf.errors import InputError
from synthgen_tf.quiet import native_noise_silenced
from synthgen_tf.separate.catalogue import CARD, Card, find_model, read_card

Engine = Literal["keras", "savedmodel", "tflite"]
ENGINES = get_args(Engine)

GRAPH = "saved_model.pb"


def load_predictor(model: str | Path | None = None, engine: Engine | None = None):
    """The predictor of a model.

    Args:
        model: see `find_model`.
        engine: left out, `keras` for a run and `savedmodel` for an exported model.

    Raises:
        InputError: for an unknown model or engine, or an engine that the model does not have.
    """
    if engine is not None and engine not in ENGINES:
        raise InputError(f"unknown engine {engine!r}: choose one of {', '.join(ENGINES)}")
    folder = find_model(model)
    if not (folder / CARD).is_file() and (folder / "config.yaml").is_file():
        if engine not in (None, "keras"):
            raise InputError(
                f"{folder} is a run, engine {engine} needs it exported: synthgen export"
            )
        return KerasPredictor(folder)
    card = read_card(folder)
    if engine == "keras":
        raise InputError(f"{folder} is an exported model: engine keras needs the run it came from")
    return TFLitePredictor(card) if engine == "tflite" else SavedModelPredictor(card)


def digest(file: Path) -> str:
    """Twelve digits that tell one version of a file from another."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


class KerasPredictor:
    """The best model of a run directory."""

    def __init__(self, run: Path):
        from synthgen_tf.train import load_run
        from synthgen_tf.train.run import BEST

        self.model, config = load_run(run)
        self.stem = config.data.target
        self.sample_rate, self.channels = config.model.sample_rate, config.model.channels
        self.segment = config.block
        self.identity = f"{run.name}-{digest(run / BEST)} keras"

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        return self.model.predict_on_batch(blocks)


class SavedModelPredictor:
    """Signature `serving_default` of a SavedModel."""

    def __init__(self, card: Card):
        import tensorflow as tf

        self.loaded = tf.saved_model.load(str(card.savedmodel))
        self.signature = self.loaded.signatures["serving_default"]
        self.stem, self.segment = card.stem, card.segment
        self.sample_rate, self.channels = card.sample_rate, card.channels
        self.identity = f"{card.name}-{card.version}-{digest(card.savedmodel / GRAPH)} savedmodel"

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        return self.signature(mixture=tf.constant(blocks))[self.stem].numpy()


class TFLitePredictor:
    """A TFLite file, on all cores, without TensorFlow."""

    def __init__(self, card: Card):
        import os

        from ai_edge_litert.interpreter import Interpreter

        file = card.tflite()
        self.identity = f"{file.stem}-{digest(file)} tflite"
        self.interpreter = Interpreter(str(file), num_threads=os.cpu_count())
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]
        self.stem, self.segment = card.stem, card.segment
        self.sample_rate, self.channels = card.sample_rate, card.channels
        self.shape = None

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        if blocks.shape != self.shape:
            self.shape = blocks.shape
            self.interpreter.resize_tensor_input(self.input, blocks.shape)
            with native_noise_silenced():
                self.interpreter.allocate_tensors()
        self.interpreter.set_tensor(self.input, np.asarray(blocks, np.float32))
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)
