"""The names of images in the local store."""

from longshore.errors import UsageError
from longshore.types import Project, Reference

DEFAULT_TAG = "latest"


def image_name(project: Project) -> str:
    """Return the name that every build of a project gets: ``taskapi:latest``."""
    return f"{project.name}:{DEFAULT_TAG}"


def parse_tag(text: str) -> str:
    """Return a further name of an image, with its tag written out.

    Raises:
        UsageError: if it is no valid reference, or names a digest.
    """
    try:
        reference = Reference.parse(text)
    except ValueError as error:
        msg = f"--tag {text!r}: {error}"
        raise UsageError(msg, hint="for example: --tag taskapi:1.4") from error
    if reference.digest is not None:
        msg = f"--tag {text!r}: a digest is computed, not given"
        raise UsageError(msg, hint="for example: --tag taskapi:1.4")
    return f"{reference.name}:{reference.tag or DEFAULT_TAG}"
