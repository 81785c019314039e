"""Run a command in a root file system, isolated from the host."""
