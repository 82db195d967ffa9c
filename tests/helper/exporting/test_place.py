"""An export appears as a whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from helper.errors import UsageError
from helper.exporting import place
from helper.loading import Damaged


def export(target: Path, content: str = "new") -> None:
    target.mkdir(exist_ok=True)
    (target / "export.json").write_text('{"export_version": 1, "formats": {}}')
    (target / "content").write_text(content)


def test_appears_when_the_body_is_done(tmp_path):
    target = tmp_path / "export"
    with place.made_whole(target, False) as folder:
        export(folder)
        assert not target.exists() and folder.parent == tmp_path
    assert (target / "content").read_text() == "new" and list(tmp_path.iterdir()) == [target]
    assert target.stat().st_mode & 0o777 != 0o700  # as any directory, not a private one


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, error):
    target = tmp_path / "export"
    export(target, "old")
    with pytest.raises(error), place.made_whole(target, True) as folder:
        export(folder)
        raise error
    assert (target / "content").read_text() == "old" and list(tmp_path.iterdir()) == [target]


def test_a_rename_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    target = tmp_path / "export"
    export(target, "old")
    rename = Path.rename

    def fails(self, to):
        if (self / "content").read_text() == "new":
            raise OSError("no")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError), place.made_whole(target, True) as folder:
        export(folder)
    assert (target / "content").read_text() == "old" and list(tmp_path.iterdir()) == [target]


def test_what_appears_meanwhile_is_left_alone(tmp_path):
    target = tmp_path / "export"
    with pytest.raises(UsageError, match="not an export"), place.made_whole(target, False):
        target.mkdir()
        (target / "mine").touch()
    assert list(tmp_path.iterdir()) == [target] and (target / "mine").exists()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"export_version": 1, "formats": 5}', '{"export_version": 2, "formats": {}}'],
)
def test_other_files_of_that_name_are_no_export(tmp_path, content):
    (tmp_path / "export.json").write_text(content)
    with pytest.raises(Damaged):
        place.read(tmp_path)


def test_size(tmp_path):
    export(tmp_path / "a")
    assert place.size(tmp_path) == place.size(tmp_path / "a") == 36 + 3
    assert place.size(tmp_path / "a" / "content") == 3
