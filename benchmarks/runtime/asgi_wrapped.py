"""``asgi_app`` with the runtime's part in it; apart, so that the bare one stays bare."""

import asgi_app  # type: ignore[import-not-found]

from longshore_runtime import wrap

app = wrap(asgi_app.app)
