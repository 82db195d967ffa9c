"""The connection to a Dask scheduler, whose troubles are one line each."""

from __future__ import annotations

import logging
import queue
import re
import threading
import warnings
from typing import TYPE_CHECKING, Any

from helper.errors import LabError, UsageError

if TYPE_CHECKING:
    from distributed import Client

_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://[^\s/]+")
_SECONDS = 8.0
_MORE_SECONDS = 4.0  # a failed connection takes a little longer


def check_address(address: str) -> None:
    """Raise UsageError for what cannot be a scheduler's address."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError(
            f"--scheduler={address} is not the address of a Dask scheduler, such as "
            "tcp://10.0.0.5:8786"
        )


def connect(address: str) -> Client:
    """A client of the scheduler. It listens on no port. Raises LabError."""
    try:
        import distributed
    except ImportError:
        raise LabError(
            "--scheduler needs dask.distributed: pip install 'tensorflow-graph-lab[cluster]'"
        ) from None
    # What a user needs to know of a lost connection is said as this project's own error.
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="distributed")
    _check_certificates(distributed, address)
    client = _answering(distributed, address)
    theirs = _version(client)
    if theirs != distributed.__version__:
        client.close()
        raise LabError(
            f"the scheduler {address} has distributed {theirs}, here is "
            f"{distributed.__version__}; install the same version on all sides"
        )
    return client


def _check_certificates(distributed: Any, address: str) -> None:
    """Raise LabError if the address needs certificates, and Dask's configuration has none."""
    if not address.startswith(("tls:", "wss:")):
        return
    try:
        found = distributed.Security().get_connection_args("client").get("ssl_context")
    except OSError as error:  # also of the module ssl
        raise LabError(f"the certificates of Dask's configuration: {_line(error)}") from None
    if found is None:
        raise LabError(f"{address} needs certificates in Dask's configuration; see docs/cluster.md")


def _answering(distributed: Any, address: str) -> Client:
    """A client that is connected. Raises LabError."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(
                distributed.Client(
                    address, timeout=_SECONDS, set_as_default=False, name="graph-lab"
                )
            )
        except Exception as error:  # whatever another version answers, or a certificate lacks
            answers.put(error)

    # A client waits without end for a program that takes the connection and says nothing.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=_SECONDS + _MORE_SECONDS)
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, OSError):
        raise LabError(
            f"no Dask scheduler answers at {address} within {_SECONDS:g} s; check the address, or "
            "start one with: dask scheduler"
        )
    if isinstance(answer, Exception):
        raise LabError(f"cannot connect to the scheduler {address}: {_line(answer)}")
    return answer


def _version(client: Any) -> str:
    try:
        packages = client.get_versions()["scheduler"]["packages"]
        return str(packages.get("distributed"))
    except Exception as error:
        return f"of another kind ({_line(error)})"


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
