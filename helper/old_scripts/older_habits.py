"""What scripts of that time take for granted: old names, NumPy numbers, labels of any kind."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import absl.flags
import numpy as np

from helper.old_scripts import unsupported

# Removed in NumPy 1.24 and 2.0, with what its release notes give as their replacements.
_ALIASES = {
    "int": int, "float": float, "complex": complex, "object": object, "str": str,
    "unicode": str, "long": int, "bool8": np.bool_, "object0": object,
    "float_": np.float64, "complex_": np.complex128, "string_": np.bytes_, "unicode_": np.str_,
    "Inf": np.inf, "Infinity": np.inf, "infty": np.inf, "PINF": np.inf, "NINF": -np.inf,
    "NaN": np.nan, "NAN": np.nan, "product": np.prod, "cumproduct": np.cumprod,
    "alltrue": np.all, "sometrue": np.any, "row_stack": np.vstack, "round_": np.round,
    "asscalar": lambda array: np.asarray(array).item(),
}  # fmt: skip
_FLAGS = ("DEFINE_integer", "DEFINE_float", "DEFINE_string", "DEFINE_boolean", "DEFINE_bool")


def restore_numpy_names() -> None:
    """Give NumPy the names back that it had, where they are free."""
    for name, value in _ALIASES.items():
        if name not in vars(np):
            setattr(np, name, value)
    reshape = np.reshape

    @functools.wraps(reshape)
    def with_newshape(a: Any, *arguments: Any, **options: Any) -> Any:
        if "newshape" in options:  # removed in NumPy 2.4
            options["shape"] = options.pop("newshape")
        return reshape(a, *arguments, **options)

    setattr(np, "reshape", with_newshape)  # noqa: B010 - mypy knows its type


def accept_numpy_defaults(flags: Any) -> None:
    """Let flags have NumPy numbers as defaults. flags: ``tf.app.flags``."""
    for name in _FLAGS:
        setattr(flags, name, _with_plain_default(getattr(flags, name)))


def restore_parse_flags() -> None:
    """Give the flags the method back by which scripts parsed them before TensorFlow 1.5."""

    def parse(flags: Any, args: Any = None) -> None:
        flags(sys.argv if args is None else [sys.argv[0], *args], known_only=True)

    setattr(absl.flags.FlagValues, "_parse_flags", parse)  # noqa: B010 - mypy knows the class


def accept_any_integer_labels(tf: Any) -> None:
    """Let the sparse cross-entropies take labels of any integer type, such as MNIST's uint8."""
    for owner, name in (
        (tf.nn, "sparse_softmax_cross_entropy_with_logits"),
        (tf.losses, "sparse_softmax_cross_entropy"),
    ):
        setattr(owner, name, _with_int64_labels(tf, getattr(owner, name)))


def refuse_positional_losses(tf: Any) -> None:
    """Let the cross-entropies take labels and logits by name only, as TensorFlow 1 did.

    Before 1.0 the logits came first. Today's TensorFlow takes them without their names again, but
    the labels first: such a script would train on exchanged arguments, without an error.
    """
    for name in (
        "softmax_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits_v2",
        "sparse_softmax_cross_entropy_with_logits",
        "sigmoid_cross_entropy_with_logits",
    ):
        setattr(tf.nn, name, _by_name(getattr(tf.nn, name)))


def _by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*arguments: Any, **options: Any) -> Any:
        if arguments:
            name = function.__name__.removesuffix("_helper")
            raise unsupported.Unsupported(
                f"tf.nn.{name} without names for its arguments",
                "before TensorFlow 1.0 the logits came first, later the labels",
            )
        return function(**options)

    return called


def _with_plain_default(define: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(define)
    def defined(*arguments: Any, **options: Any) -> Any:
        plain = [_plain(value) for value in arguments]
        return define(*plain, **{key: _plain(value) for key, value in options.items()})

    return defined


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _with_int64_labels(tf: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*arguments: Any, **options: Any) -> Any:
        if "labels" in options:
            options["labels"] = _as_labels(tf, options["labels"])
        elif arguments and function.__name__ == "sparse_softmax_cross_entropy":
            arguments = (_as_labels(tf, arguments[0]), *arguments[1:])
        return function(*arguments, **options)

    return called


def _as_labels(tf: Any, labels: Any) -> Any:
    tensor = tf.convert_to_tensor(labels)
    narrow = tensor.dtype.is_integer and tensor.dtype not in (tf.int32, tf.int64)
    return tf.cast(tensor, tf.int64) if narrow else tensor
