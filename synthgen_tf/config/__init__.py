"""One validated configuration: presets, YAML files, `key=value` settings."""

from synthgen_tf.config.load import config_to_yaml, load_config, parse_config, preset_names
from synthgen_tf.config.schema import CardModel, Config, Kind, SpectralModel

__all__ = [
    "CardModel",
    "Config",
    "Kind",
    "SpectralModel",
    "config_to_yaml",
    "load_config",
    "parse_config",
    "preset_names",
]
