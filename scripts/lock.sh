#!/bin/sh
# Write the example's committed lock: every platform, Python 3.11 on, with hashes.
#
# UV names the resolver (default: the workspace's own). Each machine may reach PyPI by another
# name, so no address is written: whoever installs from the lock asks the index of their own.
set -eu
cd "$(dirname "$0")/../examples/task-api"
"${UV:-../../.venv/bin/uv}" export \
  --quiet --python ../../.venv/bin/python --no-dev --no-emit-project --no-header --no-emit-index-url --no-emit-find-links \
  --format requirements-txt --output-file requirements.txt "$@"
