"""The errors that users meet: what came, what was expected, what to do."""


class InputError(ValueError):
    """Raised when something from outside (a file, a folder, a setting) cannot be used.

    The message is one line that says what came, what was expected and what to do. The command line
    prints it as it stands and exits with code 2.
    """


class OutputError(InputError):
    """Raised when something cannot be written: the folder, its permissions or the room on the
    disk."""


class InputWarning(UserWarning):
    """Given when something from outside is not quite right and is used all the same.

    The message is one line that says what was done about it; the command line prints it.
    """


def install(extra: str) -> str:
    """Return the command that installs an extra of `pyproject.toml`, as messages and docs spell
    it."""
    return f"pip install '.[{extra}]'"
