"""Configuration: ``[tool.longshore]`` or ``longshore.toml``, each value with its source."""
