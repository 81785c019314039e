"""Stand-ins: services assembled from Debian packages, where their images can't be had."""
