"""From a preset, a file and `key=value` settings to one validated `Config`, and back to YAML."""

import difflib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from synthgen_tf.config.networks import (
    BandMixerModel,
    CardModel,
    Signal,
    SpectralModel,
    UNetModel,
)
from synthgen_tf.config.schema import Config
from synthgen_tf.errors import InputError

NETWORKS: dict[str, type[Signal]] = {
    "band_mixer": BandMixerModel,
    "card": CardModel,
    "spectral": SpectralModel,
    "unet": UNetModel,
}


def preset_names() -> list[str]:
    """Names of the presets, each a YAML file in this package."""
    folder = files("synthgen_tf.config") / "presets"
    return sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name[-5:] == ".yaml")


def load_config(
    preset: str | None = None,
    file: Path | None = None,
    settings: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    recorded: bool = False,
) -> Config:
    """Build the configuration: defaults, then preset, file, settings and flags, the last one wins.

    Args:
        preset: one of `preset_names()`; left out, the file's, else the default one.
        file: YAML of nested sections, such as a run's `config.yaml`.
        settings: `section.key=value` strings, the value in YAML. Another `model.kind` than the
            preset's starts from the defaults of that kind, so it comes ahead of its other keys.
        flags: dotted keys to values; None values are left out.
        recorded: the file is the record of a run, which has every key: its preset may be one that
            was renamed since.

    Returns:
        The configuration; its `preset` is the one that its network is of.

    Raises:
        InputError: for an unknown preset, key or value, in one line that names the nearest key.
    """
    given = _read_yaml(file) if file else {}
    own = given.get("preset")
    name = preset or own or Config.model_fields["preset"].default
    if name in preset_names():
        start = _read_preset(name)
    elif recorded and name == own:
        start = {}
    else:
        where = f" in {file}" if file and not preset else ""
        known = ", ".join(preset_names())
        raise InputError(f"unknown preset {name!r}{where}: choose one of {known}")
    tree = _merge(start, given)
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"setting {setting!r} has no '=': write it as section.key=value")
        if key.strip() == "preset":
            raise InputError(f"setting {setting!r} comes too late: give it as --preset {value}")
        _put(tree, key.strip(), _parse(key, value))
    for key, value in (flags or {}).items():
        if value is not None:
            _put(tree, key, value)
    config = parse_config({**tree, "preset": name})
    if start and own and own != name:
        config = config.model_copy(update={"preset": _nearest_preset(config, [name, own])})
    return config


def _read_preset(name: str) -> dict[str, Any]:
    resource = files("synthgen_tf.config") / "presets" / f"{name}.yaml"
    return yaml.safe_load(resource.read_text(encoding="utf-8")) or {}


def _nearest_preset(config: Config, names: list[str]) -> str:
    """That of two presets whose network has more in common with what was built; else the first."""

    def likeness(name: str) -> int:
        model = parse_config(_read_preset(name)).model.model_dump()
        return len(model.items() & config.model.model_dump().items())

    return max((name for name in names if name in preset_names()), key=likeness)


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


def _known_keys(networks: Iterable[type[BaseModel]] = NETWORKS.values()) -> list[str]:
    keys = []
    for name, field in Config.model_fields.items():
        if name == "model":
            fields = [key for network in networks for key in network.model_fields]
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            fields = list(field.annotation.model_fields)
        else:
            fields = []
        keys += [f"{name}.{inner}" for inner in fields] if fields else [name]
    return keys


def _unknown(dotted: str, networks: Iterable[type[BaseModel]] = NETWORKS.values()) -> str:
    nearest = difflib.get_close_matches(dotted, _known_keys(networks), n=1, cutoff=0.0)[0]
    return f"unknown configuration key {dotted!r}: the nearest valid key is {nearest!r}"


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    network = None
    if location[:1] == ["model"] and len(location) > 1:
        network = location.pop(1)  # the discriminator: model.spectral.width is written model.width
    dotted = ".".join(part for part in location if part != "[key]")
    if first["type"] == "extra_forbidden":
        if network and dotted in _known_keys():
            presets = " or ".join(
                name for name in preset_names() if _read_preset(name)["model"]["kind"] == network
            )
            return (
                f"a network of model.kind {network} has no {dotted}: start from a preset of that "
                f"kind, --preset {presets}, or leave {dotted} out"
            )
        return _unknown(dotted, [NETWORKS[network]] if network else NETWORKS.values())
    got, message = repr(first["input"]), first["msg"].removeprefix("Value error, ")
    if not location:  # sections that do not fit each other
        return f"configuration: {message}"
    if first["type"] == "union_tag_invalid":
        dotted, got, message = f"{dotted}.kind", repr(first["ctx"]["tag"]), " or ".join(NETWORKS)
    return f"configuration key {dotted}: got {got[:60]}, expected: {message}"
