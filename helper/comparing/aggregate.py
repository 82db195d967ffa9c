"""For TensorBoard: a run of its own for each group of seeds, with mean and standard deviation.

    logdir/aggregate/<experiment>/<settings>/test    accuracy (the mean), margin/accuracy/lower, …
    logdir/aggregate/<experiment>/<settings>/train   (upper); lower and upper are mean ± deviation
    logdir/aggregate/<experiment>/<settings>/mean    a row of the hparams table: means over seeds
    logdir/aggregate                                 the layout with a margin chart for each tag

Everything below logdir/aggregate is made anew each time. No TensorFlow is needed.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import shutil
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
from helper.errors import LabError
from helper.runs import event_files
from helper.runs.listing import AGGREGATE_FILE, ListedRun
from helper.runs.tfrecords import as_tfrecord

DIRECTORY = "aggregate"


def write(logdir: Path, groups: Sequence[Group]) -> list[Path]:
    """Replace logdir/aggregate by the groups that have two completed runs; return their paths.

    Raises LabError where there is no such group, or the directory is not ours or not writable.
    """
    top = logdir / DIRECTORY
    if os.path.lexists(top) and (top.is_symlink() or not (top / AGGREGATE_FILE).is_file()):
        raise LabError(f"{top} was not made by this program; move it out of the way")
    kept: dict[str, Group] = {}
    for group in groups:
        completed = [run for run in group.runs if run.status == "completed"]
        if len(completed) >= 2:
            kept[_unused(_relative(group), kept)] = Group(group.name, group.settings, completed)
    if not kept:
        raise LabError("no group has two completed runs: there is nothing to take a mean of")
    try:
        if top.exists():
            shutil.rmtree(top)
        top.mkdir(parents=True)
        # First of all: what is half made must be known as ours when it is made again.
        sources = {path: [run.name for run in group.runs] for path, group in kept.items()}
        (top / AGGREGATE_FILE).write_text(json.dumps(sources, indent=1) + "\n")
        tags: set[str] = set()
        for path, group in kept.items():
            tags |= _write_group(top / path, group)
        _write_events(top, [_summary_event(0, _layout(sorted(tags)))])
    except OSError as error:
        raise LabError(f"cannot write {top}: {error.strerror or error}") from None
    return [top / path for path in kept]


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
        if isinstance(value, bool):
            start.hparams[name].bool_value = value
        elif isinstance(value, (int, float)):
            start.hparams[name].number_value = value
        else:
            start.hparams[name].string_value = str(value)
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
    """The value of a flag, where the runs of a group agree in it."""
    values = {str(run.flags.get(name)): run.flags.get(name) for run in runs}
    value = next(iter(values.values())) if len(values) == 1 else "various"
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def _relative(group: Group) -> str:
    """experiment/settings, as a path that says what the group is."""
    settings = {name: value for name, value in group.settings.items() if name != "experiment"}
    name = ",".join(f"{key}={value}" for key, value in settings.items()) or "all"
    return f"{group.runs[0].fields['experiment']}/" + re.sub(r"[^\w.,=+-]", "_", name)[:100]


def _unused(path: str, taken: Iterable[str]) -> str:
    names = (path, *(f"{path}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if name not in taken)
