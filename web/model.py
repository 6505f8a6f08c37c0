"""The model as `make web` hands it to browsers, and what a page must know of it.

LiteRT.js cannot resize a model's input, so the length of a block is written into the TFLite file;
weights and operations are those that `synthgen separate --engine tflite` runs.

    python web/model.py OUT [MODEL]
"""

import json
import sys
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from synthgen_tf.errors import InputError
from synthgen_tf.export.dequantize import IDENTIFIER
from synthgen_tf.separate import hop_of
from synthgen_tf.separate.predictors import read_exported


def main(out: Path, model: str | None = None) -> None:
    """Write `model.tflite` and `model.json` into a folder.

    Args:
        out: the folder, made when missing.
        model: an exported model with a TFLite file; None for the shipped one.

    Raises:
        InputError: for a model that is not there, not exported or has no TFLite file.
    """
    card = read_exported(model)
    file = card.tflite()
    card.check(file)
    about = {
        "name": card.name,
        "version": card.version,
        "stem": card.stem,
        "rate": card.sample_rate,
        "channels": card.channels,
        "segment": card.segment,
        "hop": hop_of(card.segment),
    }
    out.mkdir(parents=True, exist_ok=True)
    shape = 1, card.segment, card.channels
    (out / "model.tflite").write_bytes(with_fixed_shape(file.read_bytes(), shape))
    (out / "model.json").write_text(json.dumps(about, indent=2) + "\n")


def with_fixed_shape(model: bytes, shape: tuple[int, int, int]) -> bytes:
    """A TFLite file of free batch and length as one that takes and gives blocks of one shape."""
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph = tree.subgraphs[0]
    for index in (*graph.inputs, *graph.outputs):
        graph.tensors[index].shape = np.array(shape, np.int32)
        graph.tensors[index].shapeSignature = None
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tree.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), *sys.argv[2:3])
    except InputError as error:
        sys.exit(f"web/model.py: {error}")
