"""What the launcher's process does; imported there and nowhere else.

Standard library only, and all of it imported before the root file system changes.
"""
