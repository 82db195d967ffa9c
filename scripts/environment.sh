# shellcheck shell=bash
# Sourced by the commands beside it: puts the project, with the extra named in $extras, into the active
# virtual environment, or into .venv where none is active. Installs again only when setup.cfg changed,
# or when the packages are those of another directory.

supported='import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))'
imports_this='import os, helper; assert os.path.samefile(helper.__file__, "helper/__init__.py")'

fail() {
  echo "error: $1" >&2
  exit 1
}

# fail_of WHAT OUTPUT: the reason is in the output of a command; all of it is shown where it is not a known one.
fail_of() {
  case "$2" in
    *"No space left"* | *"quota exceeded"*)
      fail "$1: the disk is full; free about 3 GB and try again" ;;
    *"connection broken"* | *"Failed to fetch"* | *"timed out"* | *"Network is unreachable"*)
      fail "$1: the package index cannot be reached; check the network and try again" ;;
  esac
  echo "$2" >&2
  fail "$1; see the message above, and try again"
}

# Environments made by uv have no pip: uv installs into them, or Python brings its own pip.
ensure_installer() {
  { python -m pip --version || command -v uv || python -m ensurepip; } >/dev/null 2>&1
}

# Not usable: half-made, of a Python that is gone, or of another directory (a .venv cannot be moved).
venv_is_usable() (
  # shellcheck source=/dev/null
  . .venv/bin/activate 2>/dev/null || exit 1
  [ "$VIRTUAL_ENV" -ef .venv ] && .venv/bin/python --version >/dev/null 2>&1 && ensure_installer
)

make_venv() {
  local python output
  for python in python3 python3.13 python3.12 python3.11 python3.10 none; do
    if command -v "$python" >/dev/null && "$python" -c "$supported" 2>/dev/null; then break; fi
  done
  [ "$python" != none ] || fail "no Python from 3.10 to 3.13 found; install one of them and try again"
  rm -rf .venv
  "$python" -c "import ensurepip, venv" 2>/dev/null ||
    fail "$python cannot make virtual environments; install the package python3-venv and try again"
  echo "making a virtual environment in .venv with $("$python" --version)"
  if ! output=$("$python" -m venv .venv 2>&1); then
    rm -rf .venv
    fail_of "$python could not make a virtual environment in .venv" "$output"
  fi
}

if [ -z "${VIRTUAL_ENV:-}" ]; then
  venv_is_usable || make_venv
  # shellcheck source=/dev/null
  . .venv/bin/activate
elif [ ! -x "$VIRTUAL_ENV/bin/python" ]; then
  fail "the active virtual environment $VIRTUAL_ENV is gone; type deactivate and try again"
elif ! ensure_installer; then
  fail "the active virtual environment has no pip; install uv or the package python3-venv and try again"
fi
python -c "$supported" ||
  fail "the virtual environment $VIRTUAL_ENV has $(python --version); use one with 3.10 to 3.13"

# Metadata of an older version in the working directory would hide the entry points of the installed one.
rm -rf ./*.egg-info
stamp="$VIRTUAL_ENV/.installed"
wanted="$(cat setup.cfg pyproject.toml | cksum) in $(pwd -P) with ${extras:-}"
if [[ "$(cat "$stamp" 2>/dev/null)" != "$wanted"* ]] || ! python -I -c "$imports_this" 2>/dev/null; then
  echo "installing the project and what it needs (TensorFlow is large: a minute or two)"
  rm -f "$stamp"*
  installer=(python -m pip --disable-pip-version-check)
  "${installer[@]}" --version >/dev/null 2>&1 || installer=(uv pip)
  output=$("${installer[@]}" install --quiet --editable ".${extras:+[$extras]}" 2>&1) ||
    fail_of "the installation failed" "$output"
  rm -rf ./*.egg-info
  echo "$wanted" 2>/dev/null >"$stamp" || fail "cannot write $stamp; free some space and try again"
fi
