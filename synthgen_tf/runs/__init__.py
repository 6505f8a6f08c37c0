"""The run directory: what training leaves behind, and all that others know of a model by.

Module      -> what comes in -> what goes out
run         -> path -> what a run was made with, its licences, its best model
history     -> path -> a row for each epoch, and which of them is the best
packed      -> weights -> small files in half precision, and back
provenance  -> versions, commit and machine
"""

from synthgen_tf.runs.history import (
    EARLIER_MONITOR,
    HISTORY,
    MONITOR,
    Row,
    best_epoch,
    is_complete,
    monitor_of,
    read_history,
    refuse_complete_run,
    refuse_other_monitor,
    score_of,
    write_history,
)
from synthgen_tf.runs.provenance import environment
from synthgen_tf.runs.run import (
    BACKUP,
    BEST,
    CONFIG,
    ENVIRONMENT,
    LOGS,
    MODEL_CARD,
    changed_config,
    create_run,
    load_run,
    load_weights,
    read_rendered,
    read_run_config,
    record_data,
    record_rendered,
    refuse_existing_run,
    resume_config,
    run_licences,
    weight_files,
    weights_licence,
)

__all__ = [
    "BACKUP",
    "BEST",
    "CONFIG",
    "EARLIER_MONITOR",
    "ENVIRONMENT",
    "HISTORY",
    "LOGS",
    "MODEL_CARD",
    "MONITOR",
    "Row",
    "best_epoch",
    "changed_config",
    "create_run",
    "environment",
    "is_complete",
    "load_run",
    "load_weights",
    "monitor_of",
    "read_history",
    "read_rendered",
    "read_run_config",
    "record_data",
    "record_rendered",
    "refuse_complete_run",
    "refuse_existing_run",
    "refuse_other_monitor",
    "resume_config",
    "run_licences",
    "score_of",
    "weight_files",
    "weights_licence",
    "write_history",
]
