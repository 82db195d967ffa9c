"""Reading and checking requests, and answering them in JSON."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from tensorboard.backend import http_util
from werkzeug import wrappers

from helper.errors import LabError, printable

MOST_BYTES = 1 << 20  # of a body
_MOST_NAMES = 1_000
_LONGEST_TEXT = 10_000
_LOGGER = logging.getLogger("tensorboard")

Body = dict[str, Any]


class BadRequest(Exception):
    """A request that cannot be answered; code: of HTTP. The message is one line."""

    def __init__(self, message: str, code: int = 400) -> None:
        super().__init__(message)
        self.code = code


def get(view: Callable[[Body], Any]) -> Any:
    """A WSGI application that answers GET requests. view: takes the query's parameters."""
    return _application(view, "GET", lambda request: request.args.to_dict())


def post(view: Callable[[Body], Any]) -> Any:
    """A WSGI application that answers POST requests. view: takes the object in the body."""
    return _application(view, "POST", _body)


def _application(
    view: Callable[[Body], Any], method: str, read: Callable[[wrappers.Request], Body]
) -> Any:
    def application(environ: Any, start_response: Any) -> Any:
        request = wrappers.Request(environ)
        content, code = _answer(request, view, method, read)
        # A request that is refused may still have its body on the way.
        headers = [("Connection", "close")] if code in (413, 415) else []
        respond = http_util.Respond(
            request, content, "application/json", code=code, headers=headers
        )
        return respond(environ, start_response)

    return application


def _answer(
    request: wrappers.Request,
    view: Callable[[Body], Any],
    method: str,
    read: Callable[[wrappers.Request], Body],
) -> tuple[str, int]:
    """The body of the response, and its code."""
    try:
        if request.method != method and (request.method, method) != ("HEAD", "GET"):
            raise BadRequest(f"this address takes {method}", 405)
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise BadRequest("pages of other sites may not ask", 403)
        return as_json(view(read(request))), 200
    except BadRequest as error:
        return as_json({"error": printable(str(error))}), error.code
    except LabError as error:
        return as_json({"error": str(error)}), 400
    except Exception as error:
        _LOGGER.exception("Graph Lab: %s", printable(request.path))
        what = printable(f"{type(error).__name__}: {error}".replace("\n", " "))
        return as_json({"error": f"something went wrong here ({what})"}), 500


def _body(request: wrappers.Request) -> Body:
    # A page of another site can send forms, but JSON only with this server's consent.
    if request.mimetype != "application/json":
        raise BadRequest("send JSON, with Content-Type: application/json", 415)
    if request.content_length is None:
        raise BadRequest("say how long the body is, with Content-Length", 411)
    if request.content_length > MOST_BYTES:
        raise BadRequest(f"the body is larger than {MOST_BYTES >> 20} MiB", 413)
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        raise BadRequest("the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("the body is not a JSON object")
    return body


def text(body: Body, name: str, default: str | None = None) -> str:
    """A field that is text. Raises BadRequest, as all of these do."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise BadRequest(f"{name} must be text")
    return value


def optional_text(body: Body, name: str) -> str | None:
    """A field that is text, None, or absent."""
    return None if body.get(name) is None else text(body, name)


def names(body: Body, name: str) -> list[str]:
    """A field that is a list of texts, each of them once, in their order."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadRequest(f"{name} must be a list of names")
    if len(value) > _MOST_NAMES:
        raise BadRequest(f"{name} has more than {_MOST_NAMES:,} names")
    return list(dict.fromkeys(value))


def flag(body: Body, name: str, default: bool = False) -> bool:
    """A field that is true or false."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise BadRequest(f"{name} must be true or false")
    return value


def integer(body: Body, name: str, most: int, default: int | None = None) -> int:
    """A field that is a whole number from 0 to `most`."""
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise BadRequest(f"{name} must be a whole number from 0 to {most:,}")
    return value


def optional_integer(body: Body, name: str, most: int) -> int | None:
    """The same, or None, or absent."""
    return None if body.get(name) is None else integer(body, name, most)


def as_json(value: Any) -> str:
    """JSON that browsers read: nan and infinity, which it does not have, become text."""
    try:
        return json.dumps(value, allow_nan=False, default=_plain)
    except ValueError:
        return json.dumps(_finite(value))


def _plain(value: Any) -> Any:
    """What JSON has in place of NumPy's numbers and arrays."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not for JSON")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
