"""For TensorBoard: an entry of its own for each group of seeds, with mean and standard deviation.

    logs_aggregate/softmax lr=0.1 (n=3)/test     accuracy: the mean over seeds, at each step;
                                                 spread/accuracy/lower and upper: mean ± deviation;
                                                 the group's row of the HPARAMS page
    logs_aggregate/softmax lr=0.1 (n=3)/train    the training curves

The directory is beside the log directory, never in it, where the means would look like more runs.
Each time, the groups of the same experiments are replaced; the others stay. No TensorFlow is
needed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.util.tensor_util import make_tensor_proto

from helper.comparing.comparison import Group, mean_and_deviation, setting_key, text
from helper.comparing.curves import MeanCurve, mean_curve
from helper.errors import LabError
from helper.loading import Damaged, load_json
from helper.recording import hparams
from helper.runs import event_files, flag_roles
from helper.runs.listing import AGGREGATE_FILE
from helper.runs.record import Status, result_tag
from helper.runs.tfrecords import as_tfrecord

_SUFFIX = "_aggregate"
# The names of settings in those of groups, for which TensorBoard has little room.
_SHORT = {"learning_rate": "lr"}


def place(logdir: Path) -> Path:
    """Where the groups of a log directory are written: beside it."""
    whole = Path(os.path.abspath(logdir))
    return whole.with_name(whole.name + _SUFFIX)


def write(logdir: Path, groups: Sequence[Group]) -> list[Path]:
    """Write the groups that have two completed runs, in place of what was written before of the
    same experiments; return their paths.

    Raises LabError where there is no such group, or the directory is not ours or not writable.
    """
    top = place(logdir)
    if os.path.lexists(top) and (top.is_symlink() or not (top / AGGREGATE_FILE).is_file()):
        raise LabError(f"{top} was not made by this program; move it out of the way")
    kept: dict[str, list[Group]] = {}  # by experiment
    for group in groups:
        completed = [run for run in group.runs if run.status == "completed"]
        if len(completed) >= 2:
            experiment = str(group.runs[0].fields["experiment"])
            kept.setdefault(experiment, []).append(Group(group.name, group.settings, completed))
    if not kept:
        raise LabError("no group has two completed runs: there is nothing to take a mean of")
    try:
        top.mkdir(parents=True, exist_ok=True)
        # First of all: what is half made must be recognized as ours next time.
        (top / AGGREGATE_FILE).touch()
        for path in _written_before(top, kept):
            shutil.rmtree(path)
        written = []
        for experiment, members in kept.items():
            for group in members:
                path = _unused(top, _name(experiment, group, members))
                _write_group(path, experiment, group)
                written.append(path)
    except OSError as error:
        raise LabError(f"cannot write {top}: {error.strerror or error}") from None
    return written


def _written_before(top: Path, experiments: Collection[str]) -> Iterator[Path]:
    """The groups of these experiments that are there."""
    for path in sorted(top.iterdir()):
        if path.is_symlink() or not path.is_dir():
            continue
        with contextlib.suppress(Damaged):
            made = load_json(path / AGGREGATE_FILE)
            if isinstance(made, dict) and made.get("experiment") in experiments:
                yield path


def _write_group(path: Path, experiment: str, group: Group) -> None:
    """Write one group's curves and its row of the HPARAMS page."""
    path.mkdir()
    made = {"experiment": experiment, "runs": [run.name for run in group.runs]}
    (path / AGGREGATE_FILE).write_text(json.dumps(made, indent=1) + "\n")
    curves = [run.curves() for run in group.runs]
    common = set(curves[0]).intersection(*curves)
    watched = group.runs[0].record.watched if group.runs[0].record else "test"
    for split in sorted({tag.partition("/")[0] for tag in common} | {watched}):
        means = {
            tag.partition("/")[2]: mean_curve([found[tag] for found in curves])
            for tag in sorted(common)
            if tag.startswith(f"{split}/")
        }
        events = [*_curve_events(means)]
        if split == watched:
            events += [*_session_events(experiment, group, watched, path.name)]
            # TensorBoard merges the layouts of all groups, which have one title.
            events.append(_summary_event(0, _layout(sorted(means))))
        _write_events(path / split, events)


def _curve_events(means: Mapping[str, MeanCurve]) -> Iterator[Event]:
    """means: {tag: curve}; events in the order of their steps."""
    # A TensorBoard that is running has seen the older points of this directory: replace them.
    yield Event(wall_time=time.time(), step=0, session_log=SessionLog(status=SessionLog.START))
    found: dict[int, Event] = {}
    for tag, curve in means.items():
        columns = (curve.step, curve.wall_time, curve.mean, curve.deviation)
        for step, wall_time, mean, deviation in zip(*(c.tolist() for c in columns), strict=True):
            event = found.setdefault(step, Event(wall_time=wall_time, step=step))
            event.summary.value.add(tag=tag, simple_value=mean)
            event.summary.value.add(tag=f"spread/{tag}/lower", simple_value=mean - deviation)
            event.summary.value.add(tag=f"spread/{tag}/upper", simple_value=mean + deviation)
    yield from (found[step] for step in sorted(found))


def _session_events(experiment: str, group: Group, watched: str, name: str) -> Iterator[Event]:
    """The group as one session of the hparams plugin: the settings that its runs share, and under
    the tags that they use the means of their results."""
    common = {flag: value for flag, value in group.runs[0].flags.items() if _agree(flag, group)}
    columns = flag_roles.hyper_parameters(experiment, common)
    yield _summary_event(0, hparams.session_start(columns, name, time.time()))
    step = max(int(run.fields["step"] or 0) for run in group.runs)
    metrics = Summary()
    for key, tag in _results(group, watched).items():
        mean, deviation = mean_and_deviation(run.fields.get(key) for run in group.runs)
        if mean is not None:
            metrics.value.add(tag=tag, simple_value=mean)
        if deviation is not None:
            metrics.value.add(tag=f"spread/{tag}", simple_value=deviation)
    yield _summary_event(step, metrics)
    yield _summary_event(0, hparams.session_end(Status.COMPLETED))


def _results(group: Group, watched: str) -> dict[str, str]:
    """The tags of the results that runs have, by their names among the runs' fields."""
    found = {}
    for tag in sorted({tag for run in group.runs for tag in run.final}):
        split, _, metric = tag.partition("/")
        if split == watched:
            found[f"best/{tag}"] = result_tag("best", metric)
        else:
            found[tag] = result_tag(split, metric)
    return found


def _layout(tags: Iterable[str]) -> Summary:
    """The layout of the custom scalars page: for each tag, a margin chart over all groups."""
    layout = layout_pb2.Layout()
    category = layout.category.add(title="Mean ± standard deviation over seeds")
    for tag in tags:
        chart = category.chart.add(title=tag)
        chart.margin.series.add(value=tag, lower=f"spread/{tag}/lower", upper=f"spread/{tag}/upper")
    summary = Summary()
    summary.value.add(
        tag=layout_metadata.CONFIG_SUMMARY_TAG,
        tensor=make_tensor_proto(layout.SerializeToString()),
        metadata=layout_metadata.create_summary_metadata(),
    )
    return summary


def _summary_event(step: int, summary: Summary) -> Event:
    return Event(wall_time=time.time(), step=step, summary=summary)


def _write_events(directory: Path, events: Iterable[Event]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    version = Event(wall_time=time.time(), file_version="brain.Event:2")
    tfrecords = (as_tfrecord(e.SerializeToString()) for e in itertools.chain([version], events))
    event_files.next_path(directory).write_bytes(b"".join(tfrecords))


def _agree(flag: str, group: Group) -> bool:
    """Whether all runs of a group have one value of a flag; they have different seeds."""
    return flag != "seed" and len({setting_key(run.flags.get(flag)) for run in group.runs}) == 1


def _name(experiment: str, group: Group, others: Sequence[Group]) -> str:
    """Such as "softmax lr=0.1 (n=3)": what distinguishes the group from the experiment's others."""
    words = [experiment]
    for key, value in group.settings.items():
        values = {setting_key(other.settings.get(key)) for other in others}
        if value is not None and len(values) > 1:
            words.append(f"{_SHORT.get(key, key)}={text(value)}")
    # A directory name, and no way out: records and flags may say anything.
    plain = re.sub(r"[^\w .,=+-]|^\.", "_", " ".join(words), flags=re.ASCII)[:100]
    return f"{plain} (n={len(group.runs)})"


def _unused(top: Path, name: str) -> Path:
    names = (name, *(f"{name} {number}" for number in range(2, 10_000)))
    return next(top / name for name in names if not os.path.lexists(top / name))
