"""An application whose import starts a thread: not safe to fork."""

import threading

from plain import who as app

threading.Thread(target=threading.Event().wait, name="metrics-exporter", daemon=True).start()

__all__ = ["app"]
