"""A run's row on TensorBoard's HPARAMS page: its settings, how it ended.

The page takes a row's metrics from the scalars beside it: their last values.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)

from helper.errors import printable
from helper.runs.record import Status

_STATUS = {
    Status.COMPLETED: api_pb2.STATUS_SUCCESS,
    Status.INTERRUPTED: api_pb2.STATUS_UNKNOWN,
    Status.DIVERGED: api_pb2.STATUS_FAILURE,
    Status.FAILED: api_pb2.STATUS_FAILURE,
}


def session_start(columns: Mapping[str, Any], group: str, started: float) -> Summary:
    """A summary with the settings of a row. group: its name. started: seconds since 1970."""
    info = SessionStartInfo(group_name=group, start_time_secs=started)
    for column, value in columns.items():
        shown = info.hparams[printable(column)]
        # A bool is an int too; an int may be larger than any float.
        if isinstance(value, bool):
            shown.bool_value = value
        elif isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
            shown.number_value = value
        else:
            shown.string_value = printable(str(value))
    return _summary(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=info))


def session_end(status: Status) -> Summary:
    """A summary that says how a run ended."""
    info = SessionEndInfo(status=_STATUS[status], end_time_secs=time.time())
    return _summary(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=info))


def _summary(tag: str, content: HParamsPluginData) -> Summary:
    """What ``tensorboard.plugins.hparams.summary`` makes, which needs TensorFlow."""
    summary = Summary()
    described = metadata.create_summary_metadata(content)
    summary.value.add(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)
    return summary
