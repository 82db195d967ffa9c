"""One bad run beside two good ones: (what is wrong with it, how to make it so)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.hostile import damage
from tests.hostile.damage import both, moved, record, write
from tests.hostile.place import BAD, GOOD, Spoil
from tests.made_runs import SECOND, scalar, write_events

RECORD, EVENTS = f"{BAD}/run.json", f"{BAD}/test/events.out.tfevents.{SECOND}.host.1.0"
PREDICTIONS = f"{BAD}/predictions.npz"
HUGE = int("1" + 400 * "0")
DATA = {"name": "mnist", "sha256": "ab" * 32}


def _foreign(name: str | bytes) -> Spoil:
    """A directory of another program's event files, under a hostile name."""

    def spoil(folder: Path) -> None:
        place = Path(os.fsdecode(name))
        write_events(folder / "logs" / place, *(scalar(i, {"loss": 1.0 / i}) for i in (1, 2)))

    return spoil


def _tag(tag: str) -> Spoil:
    return lambda folder: write_events(
        folder / BAD / "test", *(scalar(i, {tag: 0.5}) for i in (1, 2)), second=SECOND + 1
    )


RECORDS: dict[str, Spoil] = {
    "empty": write(RECORD, ""),
    "not JSON": write(RECORD, "{"),
    "not text": write(RECORD, b"\xff\xfe\x00{"),
    "null": write(RECORD, "null"),
    "a list": write(RECORD, "[1, 2]"),
    "a number": write(RECORD, "1e999"),
    "an empty object": write(RECORD, "{}"),
    "nested 200,000 deep": write(RECORD, "[" * 200_000),
    "nested and closed": write(RECORD, '{"format":2,"a":' + "[" * 99_999 + "]" * 99_999 + "}"),
    "an integer of 400 digits": record(step=HUGE),
    "a metric of 400 digits": record(final={"test/accuracy": HUGE}),
    "a metric that is not finite": record(final={"test/accuracy": float("inf")}),
    "a metric that is a text": record(final={"test/accuracy": "high"}),
    "an integer of 5,000 digits": write(RECORD, '{"format": 2, "step": ' + "9" * 5_000 + "}"),
    "no data": record(data=...),
    "data that is a number": record(data=5),
    "data with a negative size": record(data={**DATA, "train": -1}),
    "steps that are a text": record(steps="many"),
    "steps below zero": record(steps=-5, step=-5),
    "engine that is a list": record(engine=[1]),
    "flags that are a list": record(flags=[1]),
    "a flag that is an object": record(flags={"seed": {"a": 1}}),
    "a flag with escapes": record(flags={"seed": 0, "note": "\x1b]0;title\x07\x1b[31m"}),
    "a flag's name with escapes": record(flags={"seed": 0, "\x1b[31m": 1}),
    "a flag with markup": record(flags={"seed": 0, "note": "[/bold][link=x]"}),
    "a batch size that is a text": record(flags={"seed": 0, "batch_size": "x"}),
    "a batch size of zero": record(flags={"seed": 0, "batch_size": 0}),
    "a seed that is an object": record(seed={}),
    "a status that does not exist": record(status="\x1b[31mwell"),
    "times that are not times": record(started="yesterday\x1b[0m", ended="9999999-13-40"),
    "a time in the year 9999": record(ended="9999-12-31T23:59:59Z"),
    "an experiment outside": record(experiment="../../escape"),
    "an experiment with escapes": record(experiment="\x1b[31mred"),
    "an experiment of a newline": record(experiment="a\nb"),
    "another experiment": record(experiment="x" * 64),
    "a name with escapes": record(name="\x1b[31mred\u202e"),
    "a newer format": record(format=99),
    "no format": record(format=...),
    "a format that is a text": record(format="1"),
    "a format that is true": record(format=True),
    "a directory": damage.directory(RECORD),
    "a FIFO": damage.fifo(RECORD),
    "a dangling link": damage.link(RECORD, "nowhere"),
    "a link to itself": damage.link(RECORD, "run.json"),
    "a link to another": damage.link(RECORD, "../0002-seed=1/run.json"),
    "a link to a device": damage.link(RECORD, "/dev/zero"),
    "a file of a terabyte": damage.sparse(RECORD, 1 << 40),
    "half of it": damage.cut(RECORD),
    "missing": damage.removed(RECORD),
}
FILES: dict[str, Spoil] = {
    "lock that is a FIFO": damage.fifo(f"{BAD}/lock"),
    "lock that is a directory": damage.directory(f"{BAD}/lock"),
    "lock that is a link": damage.link(f"{BAD}/lock", "../0002-seed=1/lock"),
    "lock that is missing": damage.removed(f"{BAD}/lock"),
    "only a lock": both(damage.removed(BAD), write(f"{BAD}/lock", "")),
    "events with a flipped byte": damage.flipped(EVENTS),
    "events with a flipped length": damage.flipped(EVENTS, 0.0),
    "events cut short": damage.cut(EVENTS),
    "events that are text": write(EVENTS, "not events" * 100),
    "events that are empty": write(EVENTS, ""),
    "events that are a FIFO": damage.fifo(EVENTS),
    "events that are a directory": damage.directory(EVENTS),
    "events that link to a device": damage.link(EVENTS, "/dev/zero"),
    "events that link to themselves": damage.link(EVENTS, EVENTS.rpartition("/")[2]),
    "events of 32 MB of zeros": damage.sparse(EVENTS, 32 << 20),
    "test directory that is a FIFO": damage.fifo(f"{BAD}/test"),
    "test directory that is a file": both(damage.removed(f"{BAD}/test"), write(f"{BAD}/test", "")),
    "test directory that links to its parent": damage.link(f"{BAD}/test", "."),
    "a tag with escapes": _tag("\x1b[31mred\u202e"),
    "a tag with markup and mathematics": _tag("[/bold]$\\frac{"),
    "predictions that are a FIFO": damage.fifo(PREDICTIONS),
}
NAMES: dict[str, Spoil] = {
    "markup": _foreign("x\\[/bold]"),
    "escapes": _foreign("\x1b[31mred\x1b]0;title\x07"),
    "bytes that are not UTF-8": _foreign(b"\xff\xfe"),
    "a newline": _foreign("two\nlines"),
    "a carriage return": _foreign("over\rwritten"),
    "writing backwards": _foreign("\u202egnp.exe"),
    "mathematics": _foreign("$\\frac{"),
    "a formula": _foreign("=cmd|' /C calc'!A0"),
    "a flag": _foreign("--yes"),
    "a pattern": _foreign("[a-z]*"),
    "255 characters": _foreign("x" * 255),
    "a page of HTML": _foreign("<script>alert(1)<"),
    "a run with escapes": moved(BAD, b"logs/softmax/0001-\x1b[31m\xff"),
    "an experiment with escapes": moved(BAD, b"logs/\x1b[31m\xff/0001"),
    "a link to the log directory": damage.link("logs/loop", "."),
    "a link out of the log directory": both(
        write("../outside/softmax/0001/run.json", "{}"), damage.link("logs/out", "../../outside")
    ),
    "a FIFO in the log directory": damage.fifo("logs/pipe"),
    "a file in the log directory": write("logs/softmax/0999", "no run"),
    "a number of 5,000 digits": write(f"logs/softmax/{'9' * 250}/lock", ""),
}


def make_all(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make every bad run there is, beside two good ones."""
    for number, spoil in enumerate((RECORDS | FILES).values(), 3):
        elsewhere = tmp_path_factory.mktemp("bad") / "work"
        shutil.copytree(folder / BAD, elsewhere / BAD)
        shutil.copytree(folder / GOOD, elsewhere / GOOD)
        spoil(elsewhere)
        os.rename(elsewhere / BAD, folder / f"logs/softmax/{number:04}")
    for spoil in NAMES.values():
        if not (folder / BAD).exists():
            shutil.copytree(folder / GOOD, folder / BAD)
        spoil(folder)
