"""A base assembled from Debian's packages: signed indexes, pinned archives, no maintainer scripts.

``lock`` turns a suite into pins; ``base`` turns pins into layers and a root file system.
"""
