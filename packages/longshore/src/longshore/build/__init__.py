"""The recipe: from a project and its locks to an image in a store."""
