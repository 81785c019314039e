"""The project: what is shipped, as its files say; nothing is executed."""
