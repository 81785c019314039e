"""The application that a server imports: ``taskapi.main:app``.

The settings are read here, at import: a service that lacks one fails before it takes a request.
"""

from taskapi.api import create_app
from taskapi.settings import WebSettings

app = create_app(WebSettings())  # type: ignore[call-arg]  # the environment gives them
