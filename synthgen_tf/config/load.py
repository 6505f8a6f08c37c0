"""From a preset, a file and `key=value` settings to one validated `Config`, and back to YAML."""

import difflib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from synthgen_tf.config.networks import BandMixerModel, CardModel, SpectralModel
from synthgen_tf.config.schema import Config
from synthgen_tf.errors import InputError


def preset_names() -> list[str]:
    """Names of the presets, each a YAML file in this package."""
    folder = files("synthgen_tf.config") / "presets"
    return sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name[-5:] == ".yaml")


def load_config(
    preset: str | None = None,
    file: Path | None = None,
    settings: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
) -> Config:
    """Build the configuration: defaults, then preset, file, settings and flags, the last one wins.

    Args:
        preset: one of `preset_names()`; left out, the file's, else the default one.
        file: YAML of nested sections, such as a run's `config.yaml`.
        settings: `section.key=value` strings, the value in YAML. Another `model.kind` than the
            preset's starts from the defaults of that kind, so it comes ahead of its other keys.
        flags: dotted keys to values; None values are left out.

    Raises:
        InputError: for an unknown preset, key or value, in one line that names the nearest key.
    """
    given = _read_yaml(file) if file else {}
    preset = preset or given.get("preset") or Config.model_fields["preset"].default
    if preset not in preset_names():
        raise InputError(f"unknown preset {preset!r}: choose one of {', '.join(preset_names())}")
    resource = files("synthgen_tf.config") / "presets" / f"{preset}.yaml"
    tree = _merge(yaml.safe_load(resource.read_text()) or {}, given)
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"setting {setting!r} has no '=': write it as section.key=value")
        _put(tree, key.strip(), _parse(key, value))
    for key, value in (flags or {}).items():
        if value is not None:
            _put(tree, key, value)
    return parse_config({**tree, "preset": preset})


def parse_config(tree: Mapping[str, Any]) -> Config:
    """Validate nested mappings, for instance those of a file; errors are one line."""
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise InputError(_explain(error)) from None


def config_to_yaml(config: Config) -> str:
    """The whole configuration, defaults included, as `load_config(file=...)` reads it."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"configuration {file} cannot be read as YAML: {reason}") from None
    if not isinstance(tree, dict):
        raise InputError(f"configuration {file} holds no sections: expected YAML like model: ...")
    return tree


def _parse(key: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        raise InputError(f"value {value!r} of {key} cannot be read as YAML") from None


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
        # loss.terms is one value: a file that names losses replaces those of the preset
        whole = key == "terms" or (both and _other_kind(base[key], value.get("kind")))
        merged[key] = _merge(base[key], value) if both and not whole else value
    return merged


def _other_kind(model: Mapping[str, Any], kind: Any) -> bool:
    """Whether another kind of network is asked for, whose keys are not those of the preset's."""
    return kind is not None and model.get("kind", kind) != kind


def _put(tree: dict[str, Any], dotted: str, value: Any) -> None:
    if dotted.split(".")[0] not in Config.model_fields or dotted.count(".") > 3:
        raise InputError(_unknown(dotted))
    *sections, key = dotted.split(".")
    model = tree.get("model")
    if dotted == "model.kind" and isinstance(model, Mapping) and _other_kind(model, value):
        tree["model"] = {}
    for section in sections:
        inner = tree.get(section)
        tree[section] = dict(inner) if isinstance(inner, Mapping) else {}
        tree = tree[section]
    tree[key] = value


def _known_keys() -> list[str]:
    keys = []
    for name, field in Config.model_fields.items():
        if name == "model":
            kinds = (CardModel, BandMixerModel, SpectralModel)
            fields = [key for kind in kinds for key in kind.model_fields]
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            fields = field.annotation.model_fields
        else:
            fields = None
        keys += [f"{name}.{inner}" for inner in fields] if fields else [name]
    return keys


def _unknown(dotted: str) -> str:
    nearest = difflib.get_close_matches(dotted, _known_keys(), n=1, cutoff=0.0)[0]
    return f"unknown configuration key {dotted!r}: the nearest valid key is {nearest!r}"


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    if location[:1] == ["model"] and len(location) > 1:
        del location[1]  # the discriminator: model.spectral.width is written model.width
    dotted = ".".join(part for part in location if part != "[key]")
    if first["type"] == "extra_forbidden":
        return _unknown(dotted)
    got = repr(first["input"])
    message = first["msg"].removeprefix("Value error, ")
    return f"configuration key {dotted or 'model'}: got {got[:60]}, expected: {message}"
