"""Configuration: ``[tool.longshore]`` or ``longshore.toml``, each value with its source."""

from longshore.config.directories import Directories
from longshore.config.load import load_config
from longshore.config.schema import AssetConfig, Config, ProcessConfig, Source, SourceKind

__all__ = [
    "AssetConfig",
    "Config",
    "Directories",
    "ProcessConfig",
    "Source",
    "SourceKind",
    "load_config",
]
