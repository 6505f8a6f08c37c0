"""Training under a distribution strategy, into a run directory that explains itself."""

from synthgen_tf.train.fit import train
from synthgen_tf.train.run import load_run, read_history, read_run_config, resume_config

__all__ = ["load_run", "read_history", "read_run_config", "resume_config", "train"]
