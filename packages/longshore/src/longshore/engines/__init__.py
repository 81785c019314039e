"""Engines: what runs images on this machine."""
