"""Base images: what an application's layers stand on."""
