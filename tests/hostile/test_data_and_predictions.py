"""Damaged data files, predictions, networks and pictures: one line, and nothing is made."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest

from helper.recording import png
from tests.hostile import damage
from tests.hostile.damage import both, fields, removed, write
from tests.hostile.place import BAD, Case, check

IMAGES, LABELS = "data/train-images-idx3-ubyte", "data/train-labels-idx1-ubyte"
FILES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
FETCH = "scripts/fetch_data.py --data_dir=data"
NO_IDX = both(*(removed(f"data/{name}-ubyte") for name in FILES))


def data(name: str, spoil, says: str, path: str = IMAGES) -> Case:
    return Case(name, spoil, FETCH, 1, f"^error: [^\n]*{says}")


def archive(**members: bytes) -> damage.Spoil:
    """An mnist.npz in the place of the IDX files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(f"{name}.npy", content)
    return both(NO_IDX, write("data/mnist.npz", file.getvalue()))


def npy(header: bytes, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


OBJECTS = io.BytesIO()
np.save(OBJECTS, np.array([{}], dtype=object), allow_pickle=True)
BOMB = "{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 10000, 10000)}"
DATA = [
    data("images cut short", damage.cut(IMAGES), "cut short"),
    data("images that are empty", write(IMAGES, b""), "not an IDX file"),
    data("images that are text", write(IMAGES, "\x1b[31mtext" * 99), "not an IDX file"),
    data("images of another type", damage.flipped(IMAGES, 0.000_05), "of type|axes|IDX|declares"),
    data(
        "images of a terabyte",
        write(IMAGES, struct.pack(">HBBIII", 0, 8, 3, 60_000, 4_000, 4_000)),
        "declares|more than",
    ),
    data("images without an end", write(IMAGES, b"\x1f\x8b" + b"\0" * 50), "damaged|cut short"),
    data("images that are a FIFO", damage.fifo(IMAGES), "lacks|not a|cannot"),
    data("images that are a directory", damage.directory(IMAGES), "lacks|directory"),
    data("images that link nowhere", damage.link(IMAGES, "nowhere"), "lacks|cannot"),
    data(
        "images that link to themselves", damage.link(IMAGES, FILES[0] + "-ubyte"), "lacks|cannot"
    ),
    data("images missing", removed(IMAGES), "lacks"),
    data("more labels than images", damage.changed(LABELS, lambda c: c + b"\1"), "continues after"),
    data("a label of 255", damage.changed(LABELS, lambda c: c[:-1] + b"\xff"), "label 255"),
    data("no data", NO_IDX, "neither mnist.npz nor"),
    data("an archive that is none", both(NO_IDX, write("data/mnist.npz", "PK")), "not a readable"),
    data("an archive without arrays", archive(other=npy(b"{}")), "no array"),
    data("a header of minus signs", archive(x_train=npy(b"-" * 9_000)), "mnist.npz"),
    data("a header of brackets", archive(x_train=npy(b"(" * 9_000)), "mnist.npz"),
    data("an array of a terabyte", archive(x_train=npy(BOMB.encode())), "mnist.npz"),
    data("an array of objects", archive(x_train=OBJECTS.getvalue()), "mnist.npz"),
    Case("a directory that is none", None, "scripts/fetch_data.py --data_dir=no", 1, "not a"),
    Case("a data set that is none", None, "scripts/fetch_data.py --dataset=\x1b[31m", 2, "x1b"),
]

PREDICTIONS = f"{BAD}/predictions.npz"


def verdict(name: str, spoil) -> Case:
    command = "scripts/compare_runs.py --verdict softmax/1 mlp/1"
    return Case(f"predictions {name}", spoil, command, 2, "^error: .*softmax/0001[^\n]*predictions")


def saved(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


COUNT = np.arange(40)
VERDICTS = [
    verdict("missing", removed(PREDICTIONS)),
    verdict("with a flipped byte", damage.flipped(PREDICTIONS, 0.3)),
    verdict("cut short", damage.cut(PREDICTIONS)),
    verdict("that are empty", write(PREDICTIONS, b"")),
    verdict("that are a FIFO", damage.fifo(PREDICTIONS)),
    verdict("that are a link", damage.link(PREDICTIONS, "../0002-seed=1/predictions.npz")),
    verdict("that are a plain array", write(PREDICTIONS, npy(b"{}"))),
    verdict("without labels", write(PREDICTIONS, saved(predicted=COUNT))),
    verdict("of objects", write(PREDICTIONS, saved(predicted=OBJECTS.getvalue(), label=COUNT))),
    verdict("of another length", write(PREDICTIONS, saved(predicted=COUNT[1:], label=COUNT))),
    verdict("of two axes", write(PREDICTIONS, saved(predicted=COUNT[None], label=COUNT[None]))),
    verdict("of text", write(PREDICTIONS, saved(predicted=COUNT.astype(str), label=COUNT))),
]


@pytest.mark.parametrize("case", DATA + VERDICTS, ids=lambda case: case.name)
def test_data_and_predictions(server, folder, case):
    done = check(case, server, folder)
    assert done.megabytes < 700 and done.seconds < 20


RUN = "logs/softmax/0001-x"
LAST = f"{RUN}/checkpoints/step-{6:010}"
PREDICT = "scripts/predict.py softmax/1"
NETWORK = {
    "images": "input/images:0",
    "labels": "input/labels:0",
    "predictions": "accuracy/ArgMax:0",
    "probabilities": "readout/Softmax:0",
    "targets": None,
}


def events(change) -> damage.Spoil:
    """Change every event file that holds the run's graph."""

    def spoil(folder) -> None:
        for path in (folder / RUN / "train").glob("*tfevents*"):
            change(str(path.relative_to(folder)))(folder)

    return spoil


def network(**names) -> damage.Spoil:
    return fields(f"{RUN}/run.json", network=NETWORK | names)


def picture(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG file that declares so many pixels, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = b""
    for kind, content in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b"")):
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        chunks += struct.pack(">I", len(content)) + kind + content + checksum
    return b"\x89PNG\r\n\x1a\n" + chunks


def shown(name: str, spoil, says: str) -> Case:
    return Case(f"picture {name}", spoil, f"{PREDICT} a.png", 1, f"^error: a.png[^\n]*|{says}")


WHITE = png.encode(np.full((28, 28), 255, np.uint8))
PREDICTED = [
    Case("predict", None, PREDICT, 0, "", "of 10 are right"),
    Case("graph cut short", events(lambda path: damage.cut(path, 0.3)), PREDICT, 1, "no graph"),
    Case("graph with a flipped byte", events(damage.flipped), PREDICT, 1, "^error: [^\n]+$"),
    Case("graph missing", events(removed), PREDICT, 1, "no graph"),
    Case("graph in a FIFO", events(damage.fifo), PREDICT, 1, "no graph"),
    Case("predictions nowhere", network(predictions="no:0"), PREDICT, 1, "^error: [^\n]+$"),
    Case("predictions hostile", network(predictions="\x1b[31m"), PREDICT, 1, "x1b"),
    Case("images nowhere", network(images="no"), PREDICT, 1, "^error: [^\n]+$"),
    Case("a training step", network(predictions="train/train:0"), PREDICT, 1, "^error: [^\n]+$"),
    Case("checkpoints gone", removed(f"{RUN}/checkpoints"), PREDICT, 1, "no checkpoint"),
    Case(
        "tensors damaged",
        damage.flipped(f"{LAST}.data-00000-of-00001"),
        PREDICT,
        0,
        "^note: .*step-0000000006 is skipped",
        "after 2 steps",
    ),
    Case("record damaged", write(f"{RUN}/run.json", "["), PREDICT, 2, "cannot|can be read"),
    Case("indices", None, f"{PREDICT} --images=5-{'9' * 5_000}", 2, "out of range|indices"),
    shown("missing", None, "No such file"),
    shown("empty", write("a.png", b""), "not a PNG"),
    shown("text", write("a.png", "\x1b[31m"), "not a PNG"),
    shown("that is a FIFO", damage.fifo("a.png"), "not a"),
    shown("that is a directory", damage.directory("a.png"), "irectory|not a"),
    shown("that links to a device", damage.link("a.png", "/dev/zero"), "not a"),
    shown("of 1 × 20,000,000 pixels", write("a.png", picture(1, 20_000_000)), "pixels"),
    shown("of 60,000 × 60,000 pixels", write("a.png", picture(60_000, 60_000)), "pixels"),
    shown("without its pixels", write("a.png", picture(28, 28)), "cannot read|not a"),
    shown("cut short", both(write("a.png", WHITE), damage.cut("a.png")), "cannot read|not a"),
    shown("of one shade", write("a.png", WHITE), "shows no digit"),
]


@pytest.mark.parametrize("case", PREDICTED, ids=lambda case: case.name)
def test_predicting(tensorflow_server, trained, case):
    done = check(case, tensorflow_server, trained)
    assert done.megabytes < 1_500
