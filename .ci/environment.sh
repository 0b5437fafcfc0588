#!/bin/sh
# Make the virtual environment $1 with exactly the distributions locked in $2, and this project in it.
set -eu
venv=$1
lock=$2
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null 2>&1; then
    echo "No '$python' here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12" >&2
    exit 3
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$("$python" --version) is too old: 3.11 or newer is needed. Name one: make PYTHON=python3.12" >&2
    exit 3
fi
if [ ! -x "$venv/bin/python" ]; then
    echo "==> making $venv with $("$python" --version)"
    if ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 3
    fi
fi
echo "==> installing $(grep -c == "$lock") locked distributions into $venv (a minute the first time)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r "$lock"
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --editable .
