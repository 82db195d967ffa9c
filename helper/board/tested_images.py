"""The images that runs were tested with, from this machine alone: nothing is ever fetched."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

from helper.data import cache, datasets, idx
from helper.data.datasets import Split
from helper.data.registry import DATASETS, Entry
from helper.errors import DataError
from helper.runs.listing import ListedRun

_MOST_KEPT = 4
_lock = threading.Lock()
_kept: OrderedDict[str, Split] = OrderedDict()


def find(run: ListedRun) -> Split:
    """The test images and labels of a run, in the order of its predictions.

    Raises DataError where this machine does not have them.
    """
    wanted = run.data_sha256
    if wanted is None:
        raise DataError(f"{run.name} does not record its data")
    with _lock:
        if wanted not in _kept:
            _kept[wanted] = _read(run, wanted)
        _kept.move_to_end(wanted)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        return _kept[wanted]


def _read(run: ListedRun, wanted: str) -> Split:
    for name, entry in DATASETS.items():
        if entry.files and _sha256([file.sha256 for file in entry.files]) == wanted:
            return _cached(name, entry)
    made = str(run.flags.get("dataset") or "")
    if made in DATASETS and DATASETS[made].make is not None:
        data = datasets.load(made)
    elif where := run.flags.get("data_dir"):
        data = datasets.load("mnist", str(where))
    else:
        raise DataError(f"the test images of {run.name} are not on this machine")
    if data.sha256 != wanted:
        raise DataError(f"{data.name} is not the data that {run.name} was trained with")
    return data.test


def _cached(name: str, entry: Entry) -> Split:
    """The last two of a data set's four files, verified."""
    directory = cache.cache_dir() / name
    fetch = f"python scripts/fetch_data.py --dataset={name}"
    arrays = []
    for file in entry.files[2:]:
        path = directory / file.name
        if not path.is_file():
            raise DataError(f"the test images of {name} are not in the cache; to get them: {fetch}")
        array = idx.read(path, file.axes)
        if idx.sha256(array) != file.sha256:
            raise DataError(f"{path} is damaged; to fetch it again: {fetch}")
        arrays.append(array)
    images, labels = arrays
    return Split(images.reshape(len(images), -1), labels.astype("int64"))


def _sha256(hashes: Sequence[str]) -> str:
    """As in ``datasets.Dataset``."""
    return hashlib.sha256(b"".join(map(bytes.fromhex, hashes))).hexdigest()
