"""`MODEL_CARD.md`, written from a run's own files: nothing stands there that they do not say."""

import json
import shlex
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from synthgen_tf.config import config_to_yaml
from synthgen_tf.report.tables import format_db
from synthgen_tf.train.run import (
    CONFIG,
    ENVIRONMENT,
    read_history,
    read_run_config,
    write_text,
)

SCORES = "scores.json"
MODEL_CARD = "MODEL_CARD.md"


def write_model_card(run: Path) -> Path:
    """Write the card of a run, with test scores where `scores.json` lies in it.

    Raises:
        InputError: when the directory holds no run.
    """
    config = read_run_config(run)
    history = read_history(run)
    scores = run / SCORES
    facts = json.loads((run / ENVIRONMENT).read_text(encoding="utf-8"))
    program, *arguments = facts["command"]
    environment = Environment(
        loader=PackageLoader("synthgen_tf.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["db"] = format_db
    card = environment.get_template("model_card.md").render(
        config=config,
        settings=config_to_yaml(config),
        config_file=CONFIG,
        facts=facts,
        command=shlex.join([Path(program).name, *arguments]),
        best=max(history, key=lambda row: row["val_snr"]),
        epochs=len(history),
        minutes=sum(row["seconds"] for row in history) / 60,
        scores=json.loads(scores.read_text(encoding="utf-8")) if scores.is_file() else None,
    )
    write_text(run / MODEL_CARD, card)
    return run / MODEL_CARD
