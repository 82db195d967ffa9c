"""A run's page on TensorBoard's TEXT page."""

from __future__ import annotations

import platform
import sys

from helper.runs.record import Record


def markdown(record: Record) -> str:
    """A table: note, command, settings, versions, commit and data."""
    flags = {f"--{k}": value for k, value in record.flags.items() if value not in (None, "")}
    rows = {
        "note": flags.pop("--note", ""),
        "command": " ".join(record.argv),
        **flags,
        **{f"version of {name}": value for name, value in record.versions.items()},
        "platform": f"{platform.platform()}, {sys.byteorder} endian",
        "commit": record.commit,
        "files that differ from it": ", ".join(record.changed_files),
        "data": record.data.name if record.data else "",
        "data SHA-256": record.data.sha256 if record.data else "",
        "parameters": f"{record.parameter_count:,}",
        "started": record.started,
    }
    # As code, in which Markdown means nothing.
    texts = {name: str(value).replace("`", "'") for name, value in rows.items()}
    lines = [f"| {name} | `{text}` |" for name, text in texts.items() if text]
    return "\n".join(["| | |", "|---|---|", *lines])
