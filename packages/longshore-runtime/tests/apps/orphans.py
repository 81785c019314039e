"""Leave an orphan that ends at once, then wait until process 1 has collected it."""

import os
import sys
import time
from pathlib import Path

read_end, write_end = os.pipe()
child = os.fork()
if child == 0:
    grandchild = os.fork()
    if grandchild:
        os.write(write_end, str(grandchild).encode())
    os._exit(0)
orphan = Path("/proc") / os.read(read_end, 100).decode()
os.waitpid(child, 0)
deadline = time.monotonic() + 10
while orphan.exists() and time.monotonic() < deadline:
    pass
sys.exit(3 if orphan.exists() else 0)
