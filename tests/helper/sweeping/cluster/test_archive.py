"""A run as an archive: what it holds, and what is refused of somebody else's."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from helper.errors import LabError
from helper.loading import Damaged
from helper.sweeping.cluster import archive


def made(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as written:
        for member, data in members:
            member.size = len(data)
            written.addfile(member, io.BytesIO(data))
    return content.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    return found


def test_there_and_back(tmp_path):
    run, back = tmp_path / "run", tmp_path / "back"
    (run / "checkpoints").mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / "checkpoints" / "step.index").write_bytes(os.urandom(100_000))
    (run / ".partial-abc").write_text("of a killed writer")
    (run / "link").symlink_to("/etc/passwd")
    back.mkdir()
    archive.unpack(archive.pack(run), back)
    files = {p.relative_to(back).as_posix() for p in back.rglob("*") if p.is_file()}
    assert files == {"run.json", "checkpoints/step.index"}
    for name in files:
        assert (back / name).read_bytes() == (run / name).read_bytes()


@pytest.mark.parametrize(
    "hostile",
    [
        member("/etc/cron.d/evil"),
        member("../evil"),
        member("a/../../evil"),
        member("evil", tarfile.SYMTYPE, "/etc/passwd"),
        member("evil", tarfile.LNKTYPE, "/etc/passwd"),
        member("evil", tarfile.FIFOTYPE),
        member("evil", tarfile.CHRTYPE),
        member("evil", tarfile.DIRTYPE),
        member("evil\x1b[2J"),
        member("a/" * 9 + "deep"),
        member("x" * 300),
        member("."),
    ],
    ids=lambda found: repr(found.name[:20]),
)
def test_what_no_run_has_is_refused(tmp_path, hostile):
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(Damaged):
        archive.unpack(made((hostile, b"")), into)
    assert [p.name for p in tmp_path.iterdir()] == ["into"] and not list(into.iterdir())


def test_a_link_is_not_written_through(tmp_path):
    into = tmp_path / "into"
    into.mkdir()
    content = made((member("d", tarfile.SYMTYPE, str(tmp_path)), b""), (member("d/evil"), b"x"))
    with pytest.raises(Damaged):
        archive.unpack(content, into)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        made((member("a"), os.urandom(100_000)))[:50_000],
        made((member("a"), os.urandom(100_000)))[:-8],
        made((member("a"), b"1"), (member("a"), b"2")),
        made((member("a"), b"1"), (member("a/b"), b"2")),
    ],
    ids=["empty", "text", "cut short", "without checksum", "twice", "a file below a file"],
)
def test_what_is_damaged_is_refused(tmp_path, content):
    with pytest.raises(Damaged):
        archive.unpack(content, tmp_path)


def test_too_much_is_refused_on_both_sides(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "large").write_bytes(bytes(1_001))
    with pytest.raises(LabError, match="larger than"):
        archive.pack(tmp_path / "run")
    with pytest.raises(Damaged, match="more than a run can"):
        archive.unpack(made((member("large"), bytes(1_001))), tmp_path)
    assert not (tmp_path / "large").exists()
