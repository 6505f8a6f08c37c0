"""Signatures of a SavedModel, described and run as a server needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgen_tf.separate.model_folders import Card

if TYPE_CHECKING:
    from tensorflow.types.experimental import ConcreteFunction


@dataclass(frozen=True)
class Spec:
    """What an input of a signature takes.

    Attributes:
        shape: lengths, None for any.
        packed: strings of bytes instead of numbers.
    """

    shape: tuple[int | None, ...]
    packed: bool

    @property
    def expectation(self) -> str:
        """What the input takes, in words for a client."""
        shape = ", ".join("any" if length is None else str(length) for length in self.shape)
        return f"{'base64 strings' if self.packed else 'numbers'} of shape ({shape})"

    def checked(self, array: np.ndarray) -> np.ndarray:
        """Return the array; raises ValueError when it does not fit."""
        fits = array.ndim == len(self.shape) and all(
            wanted in (None, length) for wanted, length in zip(self.shape, array.shape, strict=True)
        )
        if not fits or not array.size:
            raise ValueError(f"shape is {array.shape}")
        if not self.packed and not np.isfinite(array).all():
            raise ValueError("values are not finite")
        return array


class Signatures:
    """The signatures of an exported model, to be described and run.

    Args:
        functions: name to function, the `signatures` of what `tf.saved_model.load` gave.
        card: of the model.

    Attributes:
        inputs: signature to input's name to its `Spec`.
        description: the SavedModel's own, as JSON.
    """

    def __init__(self, functions: Mapping[str, "ConcreteFunction"], card: Card):
        self.functions = dict(functions)
        self.packed_step = 4 * card.channels
        self.inputs = {
            name: {
                key: Spec(tuple(spec.shape), spec.dtype.name == "string")
                for key, spec in function.structured_input_signature[1].items()
            }
            for name, function in self.functions.items()
        }
        self.description = _description(card)

    def run(self, name: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run a signature and return its outputs by name.

        Raises:
            ValueError: when packed samples are of unequal lengths or no whole frames.
        """
        import tensorflow as tf

        for array in inputs.values():
            if array.dtype == object:
                sizes = {len(each) for each in array}
                if len(sizes) > 1 or 0 in sizes or any(size % self.packed_step for size in sizes):
                    raise ValueError(
                        f"blocks hold {sorted(sizes)} bytes: expected one length, whole frames of "
                        f"{self.packed_step} bytes"
                    )
        tensors = {
            key: tf.constant(array.tolist() if array.dtype == object else array)
            for key, array in inputs.items()
        }
        outputs = self.functions[name](**tensors)
        return {key: np.asarray(value.numpy()) for key, value in outputs.items()}


def _description(card: Card) -> dict:
    """Return `signature_def` of the SavedModel's file as JSON."""
    from google.protobuf.json_format import MessageToDict
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    saved = SavedModel.FromString((card.savedmodel / "saved_model.pb").read_bytes())
    signatures = saved.meta_graphs[0].signature_def
    return {
        name: MessageToDict(signatures[name], preserving_proto_field_name=True)
        for name in sorted(signatures)
        if not name.startswith("__")
    }
