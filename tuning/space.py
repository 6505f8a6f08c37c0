"""What is searched: a YAML file of fixed settings and of ranges, as KerasTuner's hyperparameters.

preset: small
config:                     # fixed, as in any configuration file; may be left out
  training: {epochs: 9, steps_per_epoch: 200}
search:                     # keys of the configuration, each with
  model.width: [96, 192]                                        # some values, or
  training.learning_rate: {min: 3.0e-4, max: 3.0e-3, log: true} # a range; step: may be given
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import keras_tuner
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synthgen_tf.config import Config, load_config
from synthgen_tf.errors import InputError

Number = Annotated[int, Field(strict=True)] | float


class Range(BaseModel):
    """Numbers from `min` to `max`: whole ones where both are; on a logarithmic scale or in steps.

    Between logarithmic ends, a step is a factor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    min: Number
    max: Number
    step: Number | None = None
    log: bool = False


class Space(BaseModel):
    """A search space, checked: every value by itself makes a valid configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    preset: str | None = None
    config: dict[str, Any] = {}
    search: Annotated[
        dict[str, Annotated[list[Any], Field(min_length=1)] | Range], Field(min_length=1)
    ]

    def declare(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Name every key that is searched to KerasTuner."""
        for key, values in self.search.items():
            if isinstance(values, Range):
                kind = hyperparameters.Int if _whole(values) else hyperparameters.Float
                sampling = "log" if values.log else "linear"
                kind(key, values.min, values.max, step=values.step, sampling=sampling)
            else:
                # KerasTuner takes plain values of one type: any value goes through as JSON
                hyperparameters.Choice(key, [json.dumps(value) for value in values])

    def build_config(self, values: Mapping[str, Any] | None = None) -> Config:
        """The configuration for values that KerasTuner chose; without any, the first of each.

        Raises:
            InputError: when the values do not go together.
        """
        if values is None:
            hyperparameters = keras_tuner.HyperParameters()
            self.declare(hyperparameters)
            values = hyperparameters.values
        flags = {
            key: value if isinstance(self.search[key], Range) else json.loads(value)
            for key, value in values.items()
            if key in self.search
        }
        return self._load({**flatten(self.config), **flags})

    def check(self) -> None:
        """Raise `InputError` for the first key or value that makes no valid configuration."""
        self._load(flatten(self.config))
        for key, values in self.search.items():
            if isinstance(values, Range):
                _check_range(key, values)
            ends = (values.min, values.max) if isinstance(values, Range) else values
            for value in ends:
                self._load({**flatten(self.config), key: value})

    def _load(self, flags: Mapping[str, Any]) -> Config:
        return load_config(self.preset, flags=flags)


def read_space(path: Path) -> Space:
    """Read and check a search space.

    Raises:
        InputError: one line that says what is wrong with it.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"search space {path} cannot be read as YAML: {reason}") from None
    try:
        space = Space.model_validate(tree)
    except ValidationError as error:
        raise InputError(f"search space {path}: {_explain(error)}") from None
    try:
        space.check()
    except InputError as error:
        raise InputError(f"search space {path}: {error}") from None
    return space


def flatten(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Sections of a configuration as dotted keys: {"data": {"mono": 0}} gives {"data.mono": 0}."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and key != "terms":
            flat |= {f"{key}.{inner}": one for inner, one in flatten(value).items()}
        else:
            flat[key] = value
    return flat


class ConfiguredModel(keras_tuner.HyperModel):
    """SynthGen's networks as a KerasTuner `HyperModel`, compiled as `synthgen train` does.

    Args:
        space: what may be chosen.
    """

    def __init__(self, space: Space):
        super().__init__()
        self.space = space

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        self.space.declare(hp)

    def build(self, hp: keras_tuner.HyperParameters):
        """The compiled `keras.Model` of the values chosen."""
        from synthgen_tf.train import compile_model, trained_part

        self.space.declare(hp)
        config = self.space.build_config(hp.values)
        return trained_part(compile_model(config), config)


def _whole(values: Range) -> bool:
    return isinstance(values.min, int) and isinstance(values.max, int)


def _check_range(key: str, values: Range) -> None:
    if not values.min < values.max:
        raise InputError(f"{key} goes from {values.min} to {values.max}: expected min below max")
    if values.log and values.min <= 0:
        raise InputError(f"{key} is logarithmic from {values.min}: expected min above 0")
    least = 1 if values.log else 0
    if values.step is not None and values.step <= least:
        raise InputError(f"{key} has step {values.step}: expected more than {least}")


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where or 'file'}: got {str(first['input'])[:60]!r}, expected: {first['msg']}"
