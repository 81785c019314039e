"""What ``benchmarks/run.py`` measures; one module per table."""
