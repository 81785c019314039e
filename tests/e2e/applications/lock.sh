#!/usr/bin/env bash
# Locks one of the applications: lock.sh NAME FOLDER [uv's options], with its sdist unpacked in
# FOLDER. Exact pins and hashes for the base's Python, no addresses.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=$1 folder=$2
shift 2
sources=(pyproject.toml)
grep -qs '^\[project\]' "$folder/pyproject.toml" || sources=(setup.py)
[[ -f $folder/${sources[0]} ]] || sources=(setup.cfg)
cd "$folder"
"$here/../../../.venv/bin/uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
  --no-annotate --python-version 3.13 --python-platform x86_64-manylinux_2_40 "$@" \
  "${sources[@]}" -o "$here/locks/$name.txt"
