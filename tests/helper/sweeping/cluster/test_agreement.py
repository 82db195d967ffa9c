"""What two machines must have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from helper.errors import LabError
from helper.files import PROJECT_ROOT
from helper.sweeping.cluster import agreement, from_task
from helper.sweeping.cluster.orders import Place, Source

PLACE = Place("experiments/softmax.py", ".", "/nowhere", "secret")


def test_a_machine_agrees_with_itself(idx_directory):
    source = Source("mnist", str(idx_directory))
    ours = agreement.facts(PLACE, source)
    assert ours["data"].startswith("SHA-256 ") and ours["tensorflow"][0].isdigit()
    assert agreement.differences(ours, agreement.facts(PLACE, source)) == []
    assert "data" not in agreement.facts(PLACE, None)


@pytest.mark.parametrize("name", ["Python", "tensorflow", "numpy", "data", "the project's code"])
def test_each_difference_is_told(idx_directory, name):
    ours = agreement.facts(PLACE, Source("mnist", str(idx_directory)))
    assert agreement.differences(ours, ours | {name: "x\x1b"})[0].startswith(f"{name}: x")
    del (theirs := dict(ours))[name]
    assert agreement.differences(ours, theirs)


def test_a_commit_must_agree_where_both_have_one():
    ours = agreement.facts(PLACE, None) | {"commit": "abc", "changed files": ""}
    assert agreement.differences(ours, ours | {"commit": "abd"}) == ["commit: abd, here abc"]
    many = ours | {"changed files": "x" * 1_000}
    assert agreement.differences(many, dict(many)) == []
    assert len(agreement.differences(many, many | {"changed files": "y" * 1_000})[0]) < 500
    assert agreement.differences(ours, ours | {"commit": ""}) == []  # a copy without git
    assert agreement.differences(ours, ours | {"bits": "other", "sees the log directory": ""}) == []


def test_the_code_is_compared_by_content(tmp_path, monkeypatch):
    for folder in ("helper", "experiments"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text("1")
    monkeypatch.setattr(agreement, "PROJECT_ROOT", tmp_path)
    before = agreement.facts(PLACE, None)
    assert before["the experiment softmax.py"] == "is missing"
    (tmp_path / "helper" / "x.py").write_text("2")
    (found,) = agreement.differences(before, agreement.facts(PLACE, None))
    assert found.startswith("the project's code: SHA-256")


def test_data_that_is_not_there_is_a_difference(tmp_path):
    found = agreement.facts(PLACE, Source("mnist", str(tmp_path / "none")))
    assert "is not a folder" in found["data"]


def test_the_log_directory_is_seen_by_a_file_and_its_lock(tmp_path):
    def sees(place: Place) -> str:
        return agreement.facts(place, None)[agreement.SEES]

    with from_task.token(Path("x.py"), tmp_path) as place:
        assert sees(place) == agreement.SHARED
        assert sees(place._replace(secret="another sweep's")) == "no"
        assert sees(place._replace(token=place.token + "x")) == "no"
    assert sees(place) == "no" and not list(tmp_path.iterdir())
    (tmp_path / "unlocked").write_text("secret")
    assert sees(PLACE._replace(token=str(tmp_path / "unlocked"))) == agreement.UNLOCKED


def test_the_data_that_flags_ask_for(tmp_path, monkeypatch):
    assert agreement.source(["--seed=1"]) == Source("mnist", "")
    assert agreement.source(["--dataset=colours", "-data_dir", "x"]) == Source("colours", "x")
    (tmp_path / "a.flags").write_text("--dataset=colours\n--seed=3\n")
    monkeypatch.chdir(tmp_path)
    assert agreement.source(["--flagfile=a.flags"]) == Source("colours", "")
    with pytest.raises(LabError, match="none.flags"):
        agreement.source(["--flagfile=none.flags"])


def test_paths_of_the_project_are_found_wherever_it_is():
    assert agreement.script_path(PLACE) == PROJECT_ROOT / "experiments" / "softmax.py"
    assert agreement.working_directory(PLACE) == PROJECT_ROOT
    assert agreement.working_directory(PLACE._replace(directory="/not/here")) == PROJECT_ROOT
