#!/usr/bin/env bash
# Resolves everything that the repository pins. uv.lock files carry the index's addresses and stay
# out of git; what is committed is the export: exact versions and hashes, no address.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="${UV:-.venv/bin/uv}"

"$uv" lock --quiet --upgrade
"$uv" export --quiet --frozen --all-groups --no-emit-workspace --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links \
  --format requirements-txt --output-file requirements/dev.txt
grep -A40 '^uv==' requirements/dev.txt | awk 'NR > 1 && /^[a-z]/ { exit } { print }' > requirements/uv.txt

# What an image gets where the project's own lock has no server.
"$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links \
  --upgrade requirements/server.in \
  --output-file packages/longshore/src/longshore/build/server.txt

(
  cd examples/task-api
  "../../$uv" lock --quiet --upgrade
  "../../$uv" export --quiet --frozen --no-dev --no-emit-project --no-header --no-emit-index-url --no-emit-find-links \
    --format requirements-txt --output-file requirements.txt
)
