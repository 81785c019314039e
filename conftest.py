"""For every test of the workspace: Ctrl-C works, also where the tests run in the background."""

import signal

# A shell starts background jobs with SIGINT ignored, and children inherit that: a test that
# interrupts a program would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
