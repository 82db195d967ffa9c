from __future__ import annotations

import pytest
from tensorboard.summary.writer.record_writer import RecordWriter

from helper.runs.tfrecords import read_records


@pytest.fixture
def path(tmp_path):
    return tmp_path / "records"


def write(path, payloads):
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for payload in payloads:
            writer.write(payload)


def read(path, told=None):
    records = list(read_records(path, (told if told is not None else []).append))
    return [record.payload for record in records], [record.intact for record in records]


def test_records_of_every_length_come_back_intact(path):
    payloads = [bytes(range(256)) * 5, b""] + [b"x" * n for n in (1, 255, 256, 257)]
    write(path, payloads)
    assert read(path) == (payloads, [True] * 6)


def test_empty_file(path):
    path.touch()
    assert read(path) == ([], [])


@pytest.mark.parametrize("length", [20, 1000])
def test_damaged_payload_is_marked_and_the_next_record_is_read(path, length):
    write(path, [b"a" * length, b"b"])
    content = bytearray(path.read_bytes())
    content[12 + length // 2] ^= 1
    path.write_bytes(content)
    assert read(path)[1] == [False, True]


@pytest.mark.parametrize("cut", [1, 4, 10, 14, 18])
def test_torn_tail_ends_the_file_quietly(path, cut):
    write(path, [b"first", b"12345"])
    path.write_bytes(path.read_bytes()[:-cut])
    told = []
    assert read(path, told)[0] == [b"first"]
    assert told == []


def test_tail_of_zeros_ends_the_file_quietly(path):
    write(path, [b"first"])
    path.write_bytes(path.read_bytes() + bytes(500))
    told = []
    assert read(path, told)[0] == [b"first"]
    assert told == []


@pytest.mark.parametrize("byte", [0, 7])
def test_damaged_length_is_told_with_its_place(path, byte):
    write(path, [b"first", b"second", b"third"])
    content = bytearray(path.read_bytes())
    content[21 + byte] ^= 1
    path.write_bytes(content)
    told = []
    assert read(path, told)[0] == [b"first"]
    assert told == [f"{path}: damaged at byte 21; nothing after it can be read"]
