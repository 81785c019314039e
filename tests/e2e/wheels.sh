#!/usr/bin/env bash
# Builds both distributions as sdist and wheel, installs the wheels into an environment of their
# own, and runs the unit tests once against them: what users get is what was tested.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=.venv/bin
cache=.cache/wheels
rm -rf "$cache"
mkdir -p "$cache"

for package in longshore-runtime longshore; do
  (cd "packages/$package" && "../../$bin/python" -m hatchling build -d "../../$cache" >/dev/null)
done
"$bin/uv" venv --quiet --clear --python "$bin/python" "$cache/venv"
"$bin/uv" pip sync --quiet --python "$cache/venv/bin/python" --require-hashes requirements/dev.txt
"$bin/uv" pip install --quiet --python "$cache/venv/bin/python" --no-deps "$cache"/*.whl
"$cache/venv/bin/python" - <<'PYTHON'
import longshore, longshore_runtime, sys
for module in (longshore, longshore_runtime):
    if "site-packages" not in (module.__file__ or ""):
        sys.exit(f"{module.__name__} comes from {module.__file__}, not from its wheel")
PYTHON
"$cache/venv/bin/python" -m pytest -q -n 2 --dist loadfile -o faulthandler_timeout=110 \
  -m "not e2e" packages
