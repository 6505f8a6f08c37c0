"""Training under a distribution strategy, into a run directory that explains itself.

Module      -> what comes in -> what goes out
compile     -> Config -> the network with loss, metrics and optimizer
validation  -> network, examples -> the measures by which models are chosen
callbacks   -> steps and epochs -> schedule, history, best model, backup
strategy    -> Config -> tf.distribute strategy
samples     -> validation segments -> TensorBoard
fit         -> Config, data set root -> run directory

Names that need Keras or TensorFlow are loaded when they are first asked for.
"""

from importlib import import_module
from typing import Any

__all__ = ["compile_model", "leads", "train", "trained_part"]

LATER = {"compile_model": "compile", "trained_part": "compile", "leads": "strategy", "train": "fit"}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{LATER[name]}"), name)
