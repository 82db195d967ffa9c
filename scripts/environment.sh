# Sourced by the commands beside it: puts the project, with the extras named in $extras, into the active
# virtual environment, or into .venv where none is active. Installs again only when setup.cfg changed.

supported='import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))'

if [ -z "${VIRTUAL_ENV:-}" ]; then
  if [ ! -x .venv/bin/python ]; then
    for python in python3 python3.13 python3.12 python3.11 python3.10 none; do
      if command -v "$python" >/dev/null && "$python" -c "$supported" 2>/dev/null; then break; fi
    done
    if [ "$python" = none ]; then
      echo "error: no Python from 3.10 to 3.13 found; install one of them and try again" >&2
      exit 1
    fi
    echo "making a virtual environment in .venv with $("$python" --version)"
    "$python" -m venv .venv
  fi
  . .venv/bin/activate
elif ! python -c "$supported"; then
  echo "error: this virtual environment has $(python --version); use one with 3.10 to 3.13" >&2
  exit 1
fi

stamp="$VIRTUAL_ENV/.installed-$(cat setup.cfg pyproject.toml | cksum | tr -d ' ')-${extras:-base}"
if [ ! -e "$stamp" ]; then
  echo "installing the project and what it needs (TensorFlow is large: a minute or two)"
  python -m pip install --quiet --disable-pip-version-check --editable ".${extras:+[$extras]}"
  touch "$stamp"
fi
