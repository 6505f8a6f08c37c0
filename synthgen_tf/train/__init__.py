"""Training under a distribution strategy, into a run directory that explains itself."""

from synthgen_tf.train.fit import compile_model, train, trained_part
from synthgen_tf.train.run import load_run, read_history, read_run_config, resume_config
from synthgen_tf.train.strategy import leads

__all__ = [
    "compile_model",
    "leads",
    "load_run",
    "read_history",
    "read_run_config",
    "resume_config",
    "train",
    "trained_part",
]
