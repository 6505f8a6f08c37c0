"""The configuration: one validated tree out of presets, YAML files and `key=value` settings."""

from synthgen_tf.config.load import config_to_yaml, load_config, parse_config, preset_names
from synthgen_tf.config.networks import (
    BandMixerModel,
    CardModel,
    MaskingModel,
    SpectralModel,
    UNetModel,
)
from synthgen_tf.config.schema import GRID, Config, Kind, block_frames, grid_step

__all__ = [
    "GRID",
    "BandMixerModel",
    "CardModel",
    "Config",
    "Kind",
    "MaskingModel",
    "SpectralModel",
    "UNetModel",
    "block_frames",
    "config_to_yaml",
    "grid_step",
    "load_config",
    "parse_config",
    "preset_names",
]
