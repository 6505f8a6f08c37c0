"""The command line: thin, and quick to start: commands import what they need when they run."""

import os
import sys
import warnings
from collections.abc import Callable


def main() -> None:
    """Entry point of `synthgen`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up noise
    from synthgen_tf.cli.commands import app

    run(app)


def run(app: Callable[[], None]) -> None:
    """Call a command line: errors become one line and an exit code, never a traceback."""
    from synthgen_tf.errors import InputError

    warnings.showwarning = _show
    try:
        app()
    except InputError as error:
        _end(2, error)
    except KeyboardInterrupt:
        _end(130, "interrupted")
    except SystemExit as ending:
        if ending.code == 130:  # Typer takes Ctrl-C and ends without a word
            _end(130, "interrupted")
        raise
    except Exception as error:
        if os.environ.get("SYNTHGEN_DEBUG"):
            raise
        kind = (
            "" if isinstance(error, OSError | FloatingPointError) else f"{type(error).__name__}: "
        )
        hint = " (SYNTHGEN_DEBUG=1 shows where)"
        _end(2 if isinstance(error, OSError) else 1, f"{kind}{error}{hint}")


def _show(message, category, *place, shown=warnings.showwarning) -> None:
    """One line without a place in the code for what is said of inputs; others as ever."""
    from synthgen_tf.errors import InputWarning

    if issubclass(category, InputWarning):
        print(f"synthgen: {' '.join(str(message).split())}", file=sys.stderr)
    else:
        shown(message, category, *place)


def _end(code: int, message: object) -> None:
    line = " ".join(str(message).split())
    print(f"synthgen: {line}", file=sys.stderr)
    sys.exit(code)
