from __future__ import annotations

import io

import pytest
from tensorboard.summary.writer.record_writer import RecordWriter

from helper.runs.tfrecords import as_tfrecord, read_payloads


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tfrecords"


def by_tensorboard(*payloads) -> bytes:
    file = io.BytesIO()
    writer = RecordWriter(file)
    for payload in payloads:
        writer.write(payload)
    return file.getvalue()


def read(path, content, reported=None):
    path.write_bytes(content)
    return list(read_payloads(path, (reported if reported is not None else []).append))


PAYLOADS = [b"", bytes(range(256)) * 5, *(b"x" * n for n in (1, 255, 256, 257, 100_000))]


def test_payloads_of_every_length(path):
    assert read(path, by_tensorboard(*PAYLOADS)) == PAYLOADS


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_written_as_tensorboard_writes_it(payload):
    assert as_tfrecord(payload) == by_tensorboard(payload)


def test_empty_file(path):
    assert read(path, b"") == []


@pytest.mark.parametrize("length", [20, 256, 257, 1000, 100_000])
@pytest.mark.parametrize("place", ["first", "middle", "last", "checksum"])
def test_a_damaged_payload_is_none_and_the_next_one_is_read(path, length, place):
    content = bytearray(by_tensorboard(b"a" * length, b"b"))
    offset = {"first": 0, "middle": length // 2, "last": length - 1, "checksum": length}[place]
    content[12 + offset] ^= 1
    assert read(path, content) == [None, b"b"]


@pytest.mark.parametrize("cut", [1, 4, 10, 14, 18])
def test_torn_tail_ends_the_file_quietly(path, cut):
    reported = []
    assert read(path, by_tensorboard(b"first", b"12345")[:-cut], reported) == [b"first"]
    assert reported == []


@pytest.mark.parametrize("size", [5, 500, 3_000_000])
def test_tail_of_zeros_ends_the_file_quietly(path, size):
    reported = []
    assert read(path, by_tensorboard(b"first") + bytes(size), reported) == [b"first"]
    assert reported == []


def test_data_after_zeros_is_reported(path):
    reported = []
    content = by_tensorboard(b"first") + bytes(3_000_000) + by_tensorboard(b"second")
    assert read(path, content, reported) == [b"first"]
    assert reported == [f"{path}: damaged at byte 21; nothing after it can be read"]


@pytest.mark.parametrize("byte", [0, 7, 8])
def test_a_damaged_length_is_reported_with_its_place(path, byte):
    content = bytearray(by_tensorboard(b"first", b"second", b"third"))
    content[21 + byte] ^= 1
    reported = []
    assert read(path, content, reported) == [b"first"]
    assert reported == [f"{path}: damaged at byte 21; nothing after it can be read"]


def test_a_damaged_length_before_zeros_is_reported(path):
    reported = []
    assert read(path, by_tensorboard(b"first") + b"\x01" + bytes(500), reported) == [b"first"]
    assert len(reported) == 1


def test_an_intact_length_larger_than_any_memory(path):
    class Huge(bytes):
        def __len__(self):
            return 2**62

    header = by_tensorboard(Huge())[:12]
    assert read(path, by_tensorboard(b"first") + header + b"some") == [b"first"]
