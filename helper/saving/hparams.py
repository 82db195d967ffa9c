"""A run's row on TensorBoard's HPARAMS page: its settings, how it ended.

The page takes a row's metrics from the scalars beside it: their last values.
"""

from __future__ import annotations

import datetime
from typing import Any

from tensorboard.plugins.hparams import api_pb2

from helper import tensorflow_v1
from helper.runs import flag_roles
from helper.runs.record import Record, Status

_STATUS = {
    Status.COMPLETED: api_pb2.STATUS_SUCCESS,
    Status.INTERRUPTED: api_pb2.STATUS_UNKNOWN,
    Status.DIVERGED: api_pb2.STATUS_FAILURE,
    Status.FAILED: api_pb2.STATUS_FAILURE,
}


def session_start(record: Record) -> Any:
    """A summary with the settings of a run."""
    started = None
    if record.started:
        started = datetime.datetime.fromisoformat(record.started).timestamp()
    return _summaries().session_start_pb(
        flag_roles.hyper_parameters(record.experiment, record.flags),
        group_name=f"{record.experiment}/{record.name}",
        start_time_secs=started,
    )


def session_end(status: Status) -> Any:
    """A summary that says how a run ended."""
    return _summaries().session_end_pb(_STATUS[status])


def _summaries() -> Any:
    """TensorBoard's module, which imports TensorFlow itself: here, after it is imported quietly."""
    tensorflow_v1.load()
    from tensorboard.plugins.hparams import summary

    return summary
