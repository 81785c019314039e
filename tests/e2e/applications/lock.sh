#!/usr/bin/env bash
# Locks one of the applications: lock.sh NAME FOLDER [uv's options], with its sdist unpacked in
# FOLDER. Exact pins and hashes for the base's Python, no addresses. Where uv can't read what the
# project needs, PKG-INFO says it, or a requirements.in that was put there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=$1 folder=$2
shift 2
cd "$folder"
sources=(pyproject.toml)
grep -qs '^\[project\]' pyproject.toml || sources=(setup.py)
[[ -f ${sources[0]} ]] || sources=(setup.cfg)
if [[ ! -f ${sources[0]} ]]; then
  sources=(requirements.in)
  [[ -f requirements.in ]] || sed -n 's/^Requires-Dist: //p' PKG-INFO | grep -v extra > requirements.in
fi
"$here/../../../.venv/bin/uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
  --no-annotate --python-version 3.13 --python-platform x86_64-manylinux_2_40 "$@" \
  "${sources[@]}" -o "$here/locks/$name.txt"
