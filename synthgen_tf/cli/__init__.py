"""The command line: thin, and quick to start: commands import what they need when they run."""

import os
import signal
import sys
import warnings
from collections.abc import Callable

HELP = {"help_option_names": ["-h", "--help"]}
"""Settings of every command."""


def main() -> None:
    """Entry point of `synthgen`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up noise
    from synthgen_tf.cli.commands import app

    run(app)


def run_command(command: Callable[..., None]) -> None:
    """Call a command line of one command, see `run`."""
    import typer

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(context_settings=HELP)(command)
    run(app)


def run(app: Callable[..., object]) -> None:
    """Call a Typer app: errors become one line and an exit code, never a traceback."""
    from synthgen_tf.errors import InputError
    from synthgen_tf.quiet import fill_closed_streams

    fill_closed_streams()
    _end_like_interrupt()
    warnings.showwarning = _show  # type: ignore[assignment]  # it takes the rest as it comes
    try:
        _refuse_empty(sys.argv[1:])
        code = app(standalone_mode=False)
        if isinstance(code, int) and code:  # of typer.Exit
            sys.exit(code)
    except InputError as error:
        _end(2, error)
    except KeyboardInterrupt:
        _end(130, "interrupted")
    except SystemExit as ending:
        if ending.code == 130:  # Typer takes Ctrl-C and ends without a word
            _end(130, "interrupted")
        raise
    except Exception as error:
        if hasattr(error, "format_message"):  # of Typer: an option or argument that does not fit
            _end_usage(error)
        if os.environ.get("SYNTHGEN_DEBUG"):
            raise
        kind = (
            "" if isinstance(error, OSError | FloatingPointError) else f"{type(error).__name__}: "
        )
        hint = " (SYNTHGEN_DEBUG=1 shows where)"
        _end(2 if isinstance(error, OSError) else 1, f"{kind}{error}{hint}")


def _end_usage(error: Exception) -> None:
    message = error.format_message()  # type: ignore[attr-defined]  # Click is not imported here
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message, file=sys.stderr)
        sys.exit(2)
    context = getattr(error, "ctx", None)
    hint = f" ({context.command_path} --help tells)" if context else ""
    _end(2, f"{message.rstrip('.')}{hint}")


def _end_like_interrupt() -> None:
    """Let what else ends a process, politely, do what Ctrl-C does: nothing half-written stays."""
    for name in ("SIGTERM", "SIGHUP"):  # no SIGHUP on Windows
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # not under nohup
            signal.signal(number, signal.default_int_handler)


def _refuse_empty(arguments: list[str]) -> None:
    """An empty argument is an unset variable of a shell; `Path` takes it for the current folder."""
    from synthgen_tf.errors import InputError

    for number, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if argument and not (option.startswith("--") and equals and not value):
            continue
        before = arguments[number - 1] if number else ""
        name = option or (before if before.startswith("--") else f"argument {number + 1}")
        raise InputError(
            f"{name} is empty, as from a shell variable that is not set: give a value, or leave "
            "it out"
        )


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
