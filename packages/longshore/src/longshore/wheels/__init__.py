"""Wheels: choose, fetch, build and read them."""
