"""The OCI image format: descriptors, manifests, deterministic tar, blobs, layouts; no network."""
