"""A small task service: clients add texts, a worker counts their words."""
