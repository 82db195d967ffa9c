"""Small image data sets as files, and the places they come from: a local server, a fake npm."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helper.data import idx, registry

NAMES = tuple(file.name for file in registry.DATASETS["mnist"].files)


def small_arrays(train: int = 20, test: int = 10, pixels: int = 4, classes: int = 10) -> list:
    """Images and labels of two splits, uint8, every class in both if there are enough examples."""
    random = np.random.RandomState(0)
    return [
        random.randint(0, 256, (train, pixels, pixels)).astype(np.uint8),
        (np.arange(train) % classes).astype(np.uint8),
        random.randint(0, 256, (test, pixels, pixels)).astype(np.uint8),
        (np.arange(test) % classes).astype(np.uint8),
    ]


def idx_bytes(array: np.ndarray) -> bytes:
    return idx.header(array.shape) + array.tobytes()


def npz_bytes(arrays: Sequence[np.ndarray]) -> bytes:
    file = io.BytesIO()
    named: dict[str, Any] = dict(zip(idx.NPZ_ARRAYS, arrays, strict=True))
    np.savez_compressed(file, **named)
    return file.getvalue()


def idx_files(arrays: Sequence[np.ndarray]) -> tuple[registry.IdxFile, ...]:
    """What the registry says about the files of MNIST, said about these arrays."""
    return tuple(
        registry.IdxFile(name, array.ndim, hashlib.sha256(idx_bytes(array)).hexdigest())
        for name, array in zip(NAMES, arrays, strict=True)
    )


def write_idx_set(folder: Path, arrays: Sequence[np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(NAMES, arrays, strict=True):
        (folder / name).write_bytes(idx_bytes(array))


class Reply(NamedTuple):
    """What the server answers; ``length`` is the Content-Length it claims, if not the true one."""

    body: bytes
    status: int = 200
    length: int | None = None


def gzipped_replies(arrays: Sequence[np.ndarray]) -> dict[str, Reply]:
    return {
        f"/{name}.gz": Reply(gzip.compress(idx_bytes(array)))
        for name, array in zip(NAMES, arrays, strict=True)
    }


class Server(NamedTuple):
    """A web server on this machine: its address, its replies by path, the paths fetched."""

    url: str
    replies: dict[str, Reply]
    asked: list[str]
    silent: threading.Event  # while set, requests are taken and not answered


@contextlib.contextmanager
def serve() -> Iterator[Server]:
    replies: dict[str, Reply] = {}
    asked: list[str] = []
    silent, stopping = threading.Event(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if silent.is_set():
                stopping.wait(30)
                return
            reply = replies.get(self.path, Reply(b"not here", 404))
            self.send_response(reply.status)
            length = len(reply.body) if reply.length is None else reply.length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(reply.body)

        def do_HEAD(self) -> None:
            if silent.is_set():
                stopping.wait(30)
                return
            self.send_response(replies.get(self.path, Reply(b"", 404)).status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}/", replies, asked, silent)
    finally:
        stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


def write_npm(folder: Path, script: str) -> None:
    """An executable ``npm`` in ``folder``: a shell script which gets npm's own arguments."""
    folder.mkdir(exist_ok=True)
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)


def write_package(
    path: Path, contents: dict[str, bytes], others: Sequence[tarfile.TarInfo] = ()
) -> None:
    """An archive like those of ``npm pack``: these files in its folder data/, and other members."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in others:
            archive.addfile(member)
