"""Configuration: ``[tool.longshore]`` or ``longshore.toml``, each value with its source."""

from longshore.config.directories import Directories
from longshore.config.known import ServiceKind
from longshore.config.load import load_config
from longshore.config.schema import (
    AssetConfig,
    Config,
    ProcessConfig,
    ServiceConfig,
    Source,
    SourceKind,
)

__all__ = [
    "AssetConfig",
    "Config",
    "Directories",
    "ProcessConfig",
    "ServiceConfig",
    "ServiceKind",
    "Source",
    "SourceKind",
    "load_config",
]
