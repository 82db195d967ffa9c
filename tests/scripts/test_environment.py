"""``scripts/environment.sh``: what is half-made, moved or interrupted is put right by a second try.

The commands run in a copy of the project, in a directory with a space in its name. ``python3``,
``pip`` and ``uv`` are small stand-ins that install nothing and write down how they were called.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "cksum", "dirname", "mkdir", "rm", "cp", "chmod", "ln", "kill")

# Serves as python3, and as bin/python of the environments that it makes. A file in $FAULTS makes
# the command of that name fail, half-way, with the file's text.
PYTHON = r"""#!/usr/bin/env bash
here="$(cd "$(dirname "$0")" && pwd)"
echo "python $*" >>"$CALLS"
fault() { [ -e "$FAULTS/$1" ] && cat "$FAULTS/$1" >&2; }
make() {
  mkdir -p "$1/bin"
  cp "$0" "$1/bin/python"
  if fault venv; then exit 1; fi
  ln -s python "$1/bin/pip"
  echo "export VIRTUAL_ENV='$PWD/$1' PATH='$PWD/$1/bin':\"\$PATH\"" >"$1/bin/activate"
}
install() {
  if [ -e "$FAULTS/killed" ]; then kill -9 0; fi
  if fault install; then exit 1; fi
  mkdir -p old.egg-info
  echo "$PWD" >"$VIRTUAL_ENV/checkout"
  if [ -e "$FAULTS/stamp" ]; then ln -s /dev/full "$VIRTUAL_ENV/.installed"; fi
}
case "$*" in
  "--version") echo "Python 3.11.2" ;;
  "-m venv "*) make "$3" ;;
  "-c import ensurepip"*) [ ! -e "$FAULTS/ensurepip" ] ;;
  "-m ensurepip") if fault ensurepip; then exit 1; fi; ln -s python "$here/pip" ;;
  "-m pip "*)
    [ -e "$here/pip" ] || { echo "No module named pip" >&2; exit 1; }
    case "$*" in *install*) install ;; esac ;;
  "-I -c "*)
    cd "$PWD" && REAL -I -c "import sys; sys.path.insert(0, '$(cat "$here/../checkout")'); $3" ;;
  "-c "*) exec REAL "$@" ;;
esac
"""
UV = """#!/usr/bin/env bash
echo "uv $*" >>"$CALLS"
echo "$PWD" >"$VIRTUAL_ENV/checkout"
"""
NO_NETWORK = """WARNING: Retrying after connection broken by 'NewConnectionError(...)'
ERROR: No matching distribution found for setuptools>=61"""
FULL_DISK = (
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"
)


class Project:
    """A copy of the project, and the PATH and environment its commands are started in."""

    def __init__(self, home: Path) -> None:
        self.root = home / "a project"
        self.bin, self.faults, self.calls_file = home / "bin", home / "faults", home / "calls"
        for directory in (self.root / "scripts", self.root / "helper", self.bin, self.faults):
            directory.mkdir(parents=True)
        for name in ("environment.sh", "quickstart", "test"):
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts")
        for name in ("helper/__init__.py", "setup.cfg", "pyproject.toml"):
            (self.root / name).write_text("")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"this test needs {tool}"
            (self.bin / tool).symlink_to(found)
        self.program("python3", PYTHON)
        for name in ("ruff", "mypy"):
            self.program(name, "#!/usr/bin/env bash\n")
        self.active: Path | None = None

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text.replace("REAL", shlex.quote(sys.executable)))
        path.chmod(0o755)

    def fault(self, name: str, text: str = "") -> None:
        (self.faults / name).write_text(text)

    def mended(self) -> None:
        for path in self.faults.iterdir():
            path.unlink()

    def activate(self, *, pip: bool) -> None:
        """An active environment, with or without pip, that the project did not make."""
        self.active = self.root.parent / "active"
        (self.active / "bin").mkdir(parents=True)
        shutil.copy(self.bin / "python3", self.active / "bin/python")
        if pip:
            (self.active / "bin/pip").symlink_to("python")

    def start(self, script: str = "quickstart") -> subprocess.CompletedProcess[str]:
        self.calls_file.write_text("")
        path = str(self.bin)
        variables = {"CALLS": str(self.calls_file), "FAULTS": str(self.faults)}
        if self.active:
            path = f"{self.active}/bin:{path}"
            variables["VIRTUAL_ENV"] = str(self.active)
        return subprocess.run(
            [str(self.root / "scripts" / script)],
            cwd="/",
            env=variables | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
        )

    def calls(self, words: str) -> list[str]:
        return [line for line in self.calls_file.read_text().splitlines() if words in line]

    def works(self, script: str = "quickstart", *, installs: bool) -> str:
        """Starts a script, which ends well and installs or does not. Returns what it printed."""
        done = self.start(script)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(self.calls(" install ")) == installs
        last = "-m pytest" if script == "test" else "experiments/hidden_layer.py"
        assert self.calls(last)
        return done.stdout

    def fails(self, *words: str) -> None:
        """Starts quickstart, which ends with exactly one line that says all of these."""
        done = self.start()
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: ") and all(word in line for word in words)
        assert not self.calls("experiments/")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_from_nothing_and_again(project: Project) -> None:
    assert "making a virtual environment" in project.works(installs=True)
    assert project.calls(" install ")[0].endswith("--editable .[compare,plots]")
    assert not list(project.root.glob("*.egg-info"))
    assert "making" not in project.works(installs=False)
    assert not project.calls("-m venv")


def test_printed_lines_work_in_a_shell(project: Project) -> None:
    lines = project.works(installs=True).splitlines()
    assert lines[-1].endswith(str(project.root / "logs").replace(" ", r"\ "))
    assert shlex.split(lines[-1])[-2:] == ["--logdir", str(project.root / "logs")]
    source = lines[-2].partition("first type: ")[2]
    shown = subprocess.run(
        ["bash", "-c", f'{source} && echo "$VIRTUAL_ENV"'], capture_output=True, text=True
    )
    assert shown.stdout.strip() == str(project.root / ".venv")


def test_extras_are_installed_once(project: Project) -> None:
    project.works(installs=True)
    project.works("test", installs=True)
    assert project.calls(" install ")[0].endswith("--editable .[compare,plots,test]")
    project.works("test", installs=False)
    project.works("quickstart", installs=False)


@pytest.mark.parametrize("name", ["setup.cfg", "pyproject.toml"])
def test_changed_requirements_are_installed(project: Project, name: str) -> None:
    project.works(installs=True)
    (project.root / name).write_text("changed")
    project.works(installs=True)


def test_python_that_cannot_make_environments(project: Project) -> None:
    project.fault("ensurepip", "No module named ensurepip")
    project.fails("install the package python3-venv")
    assert not (project.root / ".venv").exists()
    project.mended()
    project.works(installs=True)


def test_environment_made_half_way(project: Project) -> None:
    project.fault("venv", FULL_DISK)
    project.fails("could not make a virtual environment", "the disk is full")
    assert not (project.root / ".venv").exists()
    project.mended()
    project.works(installs=True)


def test_unknown_reason_is_shown(project: Project) -> None:
    project.fault("venv", "Refusing to create a venv in a:b\n")
    done = project.start()
    first, last = done.stderr.splitlines()
    assert done.returncode == 1 and first == "Refusing to create a venv in a:b"
    assert last.startswith("error: ") and "see the message above" in last


def test_half_made_environment_is_made_anew(project: Project) -> None:
    project.works(installs=True)
    (project.root / ".venv/bin/activate").unlink()
    (project.root / ".venv/left over").touch()
    assert "making a virtual environment" in project.works(installs=True)
    assert not (project.root / ".venv/left over").exists()


def test_environment_of_a_python_that_is_gone_is_made_anew(project: Project) -> None:
    project.works(installs=True)
    python = project.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    project.program("uv", UV)
    assert "making a virtual environment" in project.works(installs=True)


def test_own_environment_without_pip(project: Project) -> None:
    project.works(installs=True)
    (project.root / ".venv/bin/pip").unlink()
    (project.root / ".venv/kept").touch()
    project.works(installs=False)
    assert project.calls("-m ensurepip") and (project.root / ".venv/kept").exists()


def test_own_environment_without_pip_or_a_way_to_it(project: Project) -> None:
    project.works(installs=True)
    (project.root / ".venv/bin/pip").unlink()
    project.fault("ensurepip", "No module named ensurepip")
    project.fails("install the package python3-venv")
    assert not (project.root / ".venv").exists()
    project.mended()
    project.works(installs=True)


def test_active_environment_without_pip_gets_it(project: Project) -> None:
    project.activate(pip=False)
    assert "first type" not in project.works(installs=True)
    assert project.calls("python -m ensurepip")
    assert not (project.root / ".venv").exists()


def test_active_environment_without_pip_is_installed_into_by_uv(project: Project) -> None:
    project.activate(pip=False)
    project.program("uv", UV)
    project.works(installs=True)
    assert project.calls(" install ") == ["uv pip install --quiet --editable .[compare,plots]"]
    assert not project.calls("ensurepip")
    project.works(installs=False)


def test_active_environment_without_pip_or_a_way_to_it_is_left_alone(project: Project) -> None:
    project.activate(pip=False)
    assert project.active
    before = sorted(project.active.rglob("*"))
    project.fault("ensurepip", "No module named ensurepip")
    project.fails("no pip", "python3-venv", "uv")
    assert sorted(project.active.rglob("*")) == before
    project.mended()
    project.works(installs=True)


def test_active_environment_that_is_gone(project: Project) -> None:
    project.activate(pip=True)
    assert project.active
    shutil.rmtree(project.active)
    project.fails(f"{project.active} is gone", "deactivate")
    project.active = None
    project.works(installs=True)


def test_moved_project(project: Project) -> None:
    project.works(installs=True)
    project.root = project.root.rename(project.root.parent / "moved project")
    assert "making a virtual environment" in project.works(installs=True)
    activate = project.root / ".venv/bin/activate"
    assert str(project.root) in activate.read_text()


def test_copied_project_leaves_the_first_alone(project: Project) -> None:
    project.works(installs=True)
    first = project.root
    project.root = first.parent / "a copy"
    shutil.copytree(first, project.root)
    project.works(installs=True)
    assert (first / ".venv/checkout").read_text().strip() == str(first)


def test_two_checkouts_in_one_environment(project: Project) -> None:
    project.activate(pip=True)
    project.works(installs=True)
    other = project.root.parent / "other"
    shutil.copytree(project.root, other)
    assert project.active
    # Installed by hand: the stamp is that of the first checkout.
    (project.active / "checkout").write_text(str(other))
    project.works(installs=True)
    project.works(installs=False)


def test_stamp_of_an_earlier_version_does_not_count(project: Project) -> None:
    project.works(installs=True)
    stamp = project.root / ".venv/.installed"
    stamp.rename(stamp.with_name(".installed-12345-base"))
    project.works(installs=True)
    assert [p.name for p in stamp.parent.glob(".installed*")] == [".installed"]


def test_stale_metadata_beside_the_project_is_removed(project: Project) -> None:
    project.works(installs=True)
    stale = project.root / "tensorflow_graph_lab.egg-info"
    stale.mkdir()
    (stale / "PKG-INFO").touch()
    project.works(installs=False)
    assert not stale.exists()


def test_interrupted_installation_starts_again(project: Project) -> None:
    project.works(installs=True)
    (project.root / "setup.cfg").write_text("newer")
    project.fault("killed")
    assert project.start().returncode == -9
    project.mended()
    # Back at the requirements that were installed before: the packages may be the newer ones.
    (project.root / "setup.cfg").write_text("")
    project.works(installs=True)
    project.works(installs=False)


@pytest.mark.parametrize(
    "output, reason",
    [
        (NO_NETWORK, "the package index cannot be reached"),
        ("error: Failed to fetch: `https://example.org/simple/`", "cannot be reached"),
        (FULL_DISK, "the disk is full"),
    ],
)
def test_failed_installation(project: Project, output: str, reason: str) -> None:
    project.fault("install", output)
    project.fails("the installation failed", reason, "try again")
    project.mended()
    project.works(installs=True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_disk_full_at_the_last_moment(project: Project) -> None:
    project.fault("stamp")
    project.fails("cannot write", "free some space")
    (project.root / ".venv/.installed").unlink()
    project.mended()
    project.works(installs=True)
    project.works(installs=False)


def test_no_supported_python(project: Project) -> None:
    project.program("python3", PYTHON.replace('"-c "*) exec REAL "$@"', '"-c "*) exit 1'))
    project.fails("no Python from 3.10 to 3.13 found")
