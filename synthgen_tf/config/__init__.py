"""One validated configuration: presets, YAML files, `key=value` settings."""

from synthgen_tf.config.load import config_to_yaml, load_config, parse_config, preset_names
from synthgen_tf.config.schema import (
    GRID,
    CardModel,
    Config,
    Kind,
    SpectralModel,
    block_frames,
)

__all__ = [
    "GRID",
    "CardModel",
    "Config",
    "Kind",
    "SpectralModel",
    "block_frames",
    "config_to_yaml",
    "load_config",
    "parse_config",
    "preset_names",
]
