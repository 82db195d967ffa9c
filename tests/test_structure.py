"""Arrows between modules run one way, and what only reads runs never imports TensorFlow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from helper.files import PROJECT_ROOT

# From the ground up: a module imports its own package and the floors below it.
FLOORS = [
    {
        "errors",
        "files",
        "loading",
        "tables",
        "signals",
        "streams",
        "command",
        "tensorflow_v1",
        "denormals",
    },
    {"data", "runs"},
    {"recording"},
    {"graph", "saving", "sweeping"},
    {"pictures", "comparing", "exporting"},
    {"training", "board", "old_scripts"},
]
WITHOUT_TENSORFLOW = ("data", "runs", "recording", "comparing", "sweeping")
MODULES = {
    ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts): path
    for path in sorted((PROJECT_ROOT / "helper").rglob("*.py"))
}


def imports(path: Path, name: str) -> Iterator[str]:
    """The project's modules that a file imports anywhere in it, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}: imports are written in full"
            module = str(node.module)
            members = [f"{module}.{alias.name}" for alias in node.names]
            found = [m if m in MODULES else module for m in members]
        else:
            continue
        yield from (f for f in found if f.partition(".")[0] in ("helper", "scripts", "experiments"))


IMPORTS = {name: set(imports(path, name)) for name, path in MODULES.items()}
# The faces name what they offer as text, and look it up when it is used.
FACES = ("helper.__init__", "helper.training.__init__")


def foreign(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def floor(module: str) -> int:
    (found,) = (i for i, rooms in enumerate(FLOORS) if room(module) in rooms)
    return found


@pytest.mark.parametrize("name", [name for name in MODULES if name not in FACES])
def test_arrows_run_down(name: str) -> None:
    for other in IMPORTS[name] - {"helper"}:
        assert other.startswith("helper."), f"{name} imports {other}"
        same_room = room(other) == room(name) or floor(other) == floor(name) == 0
        assert same_room or floor(other) < floor(name), f"{name} imports {other}"


def test_no_circle() -> None:
    below = {name: {o for o in IMPORTS[name] if o in MODULES} for name in MODULES}
    while free := [name for name, others in below.items() if not others & below.keys()]:
        for name in free:
            del below[name]
    assert not below


@pytest.mark.parametrize("name", [n for n in MODULES if room(n) in WITHOUT_TENSORFLOW])
def test_reads_runs_without_tensorflow(name: str) -> None:
    reached, todo = set(), [name]
    while todo:
        module = todo.pop()
        if module not in reached:
            reached.add(module)
            todo += IMPORTS.get(module, ())
    assert not reached & {"helper.tensorflow_v1", "tensorflow"}
    assert "helper" not in reached, "the face gives tf: import from the module that has the name"
    source = ast.parse(MODULES[name].read_text())
    named = {
        n.name for node in ast.walk(source) if isinstance(node, ast.Import) for n in node.names
    }
    modules = {str(n.module) for n in ast.walk(source) if isinstance(n, ast.ImportFrom)}
    assert not {m for m in named | modules if m.partition(".")[0] in ("tensorflow", "keras")}


def test_a_module_fits_on_a_few_screens() -> None:
    long = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert not {name: lines for name, lines in long.items() if lines > 260}
