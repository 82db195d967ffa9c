"""For TensorBoard: a run of its own for each group of seeds, with mean and standard deviation.

    logdir/aggregate/<experiment>/<settings>/test    accuracy (the mean), margin/accuracy/lower, …
    logdir/aggregate/<experiment>/<settings>/train   (upper); lower and upper are mean ± deviation
    logdir/aggregate/<experiment>/<settings>/mean    a row of the hparams table: means over seeds
    logdir/aggregate/<experiment>                    the layout with a margin chart for each tag

Each time, the directory of every experiment among the groups is replaced; the others stay. No
TensorFlow is needed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.util.tensor_util import make_tensor_proto

from helper.comparing.comparison import Group, mean_and_deviation
from helper.comparing.curves import MeanCurve, mean_curve
from helper.errors import LabError, printable
from helper.runs import event_files
from helper.runs.listing import AGGREGATE_FILE, ListedRun
from helper.runs.tfrecords import as_tfrecord

DIRECTORY = "aggregate"


def write(logdir: Path, groups: Sequence[Group]) -> list[Path]:
    """Write the groups that have two completed runs, in place of what was written before of the
    same experiments; return their paths.

    Raises LabError where there is no such group, or the directory is not ours or not writable.
    """
    top = logdir / DIRECTORY
    if os.path.lexists(top) and (top.is_symlink() or not (top / AGGREGATE_FILE).is_file()):
        raise LabError(f"{top} was not made by this program; move it out of the way")
    kept: dict[str, dict[str, Group]] = {}  # by the names of directories: experiment, settings
    for group in groups:
        completed = [run for run in group.runs if run.status == "completed"]
        if len(completed) >= 2:
            experiment = kept.setdefault(_plain(str(group.runs[0].fields["experiment"])), {})
            name = _unused(_settings(group), experiment)
            experiment[name] = Group(group.name, group.settings, completed)
    if not kept:
        raise LabError("no group has two completed runs: there is nothing to take a mean of")
    try:
        top.mkdir(parents=True, exist_ok=True)
        # First of all: what is half made must be recognized as ours next time.
        (top / AGGREGATE_FILE).touch()
        for name, experiment in kept.items():
            _write_experiment(top / name, experiment)
    except OSError as error:
        raise LabError(f"cannot write {top}: {error.strerror or error}") from None
    return [top / name / settings for name, groups in kept.items() for settings in groups]


def _write_experiment(path: Path, groups: Mapping[str, Group]) -> None:
    if os.path.lexists(path):
        shutil.rmtree(path)
    path.mkdir()
    sources = {name: [run.name for run in group.runs] for name, group in groups.items()}
    (path / AGGREGATE_FILE).write_text(json.dumps(sources, indent=1) + "\n")
    tags: set[str] = set()
    for name, group in groups.items():
        tags |= _write_group(path / name, group)
    # TensorBoard merges the layouts of all experiments, which have one title.
    _write_events(path, [_summary_event(0, _layout(sorted(tags)))])


def _write_group(path: Path, group: Group) -> set[str]:
    """Write one group's curves and its row of the hparams table; return the tags of its curves."""
    curves = [run.curves() for run in group.runs]
    common = set(curves[0]).intersection(*curves)
    splits = sorted({tag.partition("/")[0] for tag in common})
    for split in splits:
        means = {
            tag.partition("/")[2]: mean_curve([found[tag] for found in curves])
            for tag in sorted(common)
            if tag.startswith(f"{split}/")
        }
        _write_events(path / split, _curve_events(means))
    _write_events(path / "mean", _session_events(group))
    return {tag.partition("/")[2] for tag in common}


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
            event.summary.value.add(tag=f"margin/{tag}/lower", simple_value=mean - deviation)
            event.summary.value.add(tag=f"margin/{tag}/upper", simple_value=mean + deviation)
    yield from (found[step] for step in sorted(found))


def _session_events(group: Group) -> Iterator[Event]:
    """The group as one session of the hparams plugin: its settings, the number of its seeds, and
    under the tags that its runs use, the means of their final and best metrics."""
    start = plugin_data_pb2.SessionStartInfo(start_time_secs=time.time())
    flags = {name: _common(name, group.runs) for name in group.runs[0].flags if name != "seed"}
    for name, value in {**flags, "seeds": len(group.runs)}.items():
        shown = start.hparams[printable(name)]
        if isinstance(value, bool):
            shown.bool_value = value
        elif isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
            shown.number_value = value
        else:
            shown.string_value = printable(str(value))
    yield _plugin_event(
        hparams_metadata.SESSION_START_INFO_TAG,
        plugin_data_pb2.HParamsPluginData(session_start_info=start),
    )
    step = max(int(run.fields["step"] or 0) for run in group.runs)
    metrics = Summary()
    for tag in sorted({tag for run in group.runs for tag in run.final}):
        for name, key in ((f"final/{tag}", tag), (f"best/{tag}", f"best/{tag}")):
            mean, deviation = mean_and_deviation(run.fields.get(key) for run in group.runs)
            if mean is not None:
                metrics.value.add(tag=name, simple_value=mean)
            if deviation is not None:
                metrics.value.add(tag=f"deviation/{name}", simple_value=deviation)
    yield _summary_event(step, metrics)
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=time.time())
    yield _plugin_event(
        hparams_metadata.SESSION_END_INFO_TAG,
        plugin_data_pb2.HParamsPluginData(session_end_info=end),
    )


def _layout(tags: Iterable[str]) -> Summary:
    """The layout of the custom scalars page: for each tag, a margin chart over all groups."""
    layout = layout_pb2.Layout()
    category = layout.category.add(title="Mean ± standard deviation over seeds")
    for tag in tags:
        chart = category.chart.add(title=tag)
        chart.margin.series.add(value=tag, lower=f"margin/{tag}/lower", upper=f"margin/{tag}/upper")
    summary = Summary()
    summary.value.add(
        tag=layout_metadata.CONFIG_SUMMARY_TAG,
        tensor=make_tensor_proto(layout.SerializeToString()),
        metadata=layout_metadata.create_summary_metadata(),
    )
    return summary


def _plugin_event(tag: str, data: plugin_data_pb2.HParamsPluginData) -> Event:
    summary = Summary()
    summary.value.add(
        tag=tag,
        metadata=hparams_metadata.create_summary_metadata(data),
        tensor=hparams_metadata.NULL_TENSOR,
    )
    return _summary_event(0, summary)


def _summary_event(step: int, summary: Summary) -> Event:
    return Event(wall_time=time.time(), step=step, summary=summary)


def _write_events(directory: Path, events: Iterable[Event]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    version = Event(wall_time=time.time(), file_version="brain.Event:2")
    tfrecords = (as_tfrecord(e.SerializeToString()) for e in itertools.chain([version], events))
    event_files.next_path(directory).write_bytes(b"".join(tfrecords))


def _common(name: str, runs: Sequence[ListedRun]) -> Any:
    """The value of a flag, where the runs of a group agree on it."""
    values = {str(run.flags.get(name)): run.flags.get(name) for run in runs}
    return next(iter(values.values())) if len(values) == 1 else "various"


def _settings(group: Group) -> str:
    settings = [f"{key}={value}" for key, value in group.settings.items() if key != "experiment"]
    return _plain(",".join(settings) or "all")


def _plain(name: str) -> str:
    """A directory name, and no way out: records and flags may say anything."""
    return re.sub(r"[^\w.,=+-]|^\.", "_", name, flags=re.ASCII)[:100] or "_"


def _unused(name: str, taken: Iterable[str]) -> str:
    names = (name, *(f"{name}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if name not in taken)
