"""What a training begins with: a run, or an exported model made into one."""

import importlib.util
import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.quiet import import_tensorflow


@contextmanager
def run_of(weights: Path | None) -> Iterator[Path | None]:
    """Yield the run directory that holds the weights to begin with; None for none.

    An exported or shipped model becomes one in a temporary folder. A process of its own does it:
    TensorFlow reads the model, which renderers do not survive and other backends do not share.

    Raises:
        InputError: when there is no such run or model, or TensorFlow is missing.
    """
    from synthgen_tf.runs import CONFIG
    from synthgen_tf.separate.model_folders import find_model

    if weights is None or (weights / CONFIG).is_file():
        yield weights
        return
    folder = find_model(weights)
    if importlib.util.find_spec("tensorflow") is None:
        raise InputError(
            f"--weights {weights} is an exported model, which TensorFlow reads, and that is not "
            "installed: pip install tensorflow, or start from a run directory"
        )
    with tempfile.TemporaryDirectory() as temporary:
        run = Path(temporary) / folder.name
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            pool.apply(_make_run, (folder, run))
        yield run


def _make_run(folder: Path, run: Path) -> None:
    import_tensorflow()
    from synthgen_tf.export.start import write_start

    write_start(folder, run)
