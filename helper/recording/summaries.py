"""Summaries of arrays, for TensorBoard: a picture, a histogram."""

from __future__ import annotations

from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary

from helper.recording import png

_BUCKETS = 30  # of a histogram: as many as in TensorBoard's own summaries


def image_summary(tag: str, pixels: np.ndarray) -> Any:
    """A summary of one picture: uint8 [height, width] or [height, width, 3] (RGB).

    Raises ValueError for any other array.
    """
    summary = Summary()
    image = summary.value.add(tag=tag).image
    image.encoded_image_string = png.encode(pixels)
    image.height, image.width = pixels.shape[:2]
    image.colorspace = 1 if pixels.ndim == 2 else 3
    return summary


def histogram_summary(tag: str, array: np.ndarray) -> Any:
    """A summary of the distribution of an array's values: real numbers, any shape.

    NaN and infinity are left out; a summary of an array that holds nothing else is empty.
    """
    summary = Summary()
    numbers = np.asarray(array, np.float64).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size:
        summary.value.add(tag=tag, histo=_histogram(numbers))
    return summary


def _histogram(numbers: np.ndarray) -> Any:
    """A HistogramProto with buckets of equal width, as TensorBoard's own histograms have.

    numbers: float64 [n], finite, n > 0.
    """
    limits = np.linspace(numbers.min(), numbers.max(), _BUCKETS + 1)[1:]
    # A bucket ends just below its limit, except the last, which holds the largest number.
    # np.histogram raises an error if the numbers are too close together for this many buckets.
    bucket = np.searchsorted(limits[:-1], numbers, side="right")
    return HistogramProto(
        min=numbers.min(),
        max=numbers.max(),
        num=numbers.size,
        sum=numbers.sum(),
        sum_squares=np.dot(numbers, numbers),
        bucket_limit=limits,
        bucket=np.bincount(bucket, minlength=_BUCKETS),
    )
