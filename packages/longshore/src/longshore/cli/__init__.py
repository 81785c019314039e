"""The command line: one file per command, nothing but glue; see ``longshore.cli.main``."""
