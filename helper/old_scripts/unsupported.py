"""What old scripts use that is not there, and why: said in one line, instead of half imitated."""

from __future__ import annotations

import re
from types import ModuleType
from typing import NoReturn

_KERAS = (
    "it needs Keras of version 2, which is not installed; install the extra v1: "
    "pip install -e '.[v1]'"
)
_CONTRIB = "contrib ended with TensorFlow 1.15, and no library of today replaces this part of it"
_INTERNAL = "it was internal to TensorFlow, which has it no more"
_WHY = {
    "tf.contrib": _CONTRIB,
    "tf.contrib.slim": "slim ended with TensorFlow 1.15; tf_slim is its successor",
    "tf.contrib.tensor_forest": "it was compiled into TensorFlow up to 1.15, and no further",
    "tf.estimator": "TensorFlow removed Estimator in version 2.16",
    "tf.contrib.learn": "it became Estimator, which TensorFlow removed in version 2.16",
    "tf.contrib.learn.datasets": "of its data sets only MNIST is here",
    "tf.contrib.learn.python.learn.datasets": "of its data sets only MNIST is here",
    "tf.models": "it left TensorFlow with version 1.0",
    "tf.examples": "of the examples only tutorials.mnist is here",
}
# What TensorFlow 1.0 renamed, as its release notes list it: the old name and the new one.
_BEFORE_1_0 = {
    "tf.pack": "tf.stack",
    "tf.unpack": "tf.unstack",
    "tf.mul": "tf.multiply",
    "tf.sub": "tf.subtract",
    "tf.neg": "tf.negative",
    "tf.select": "tf.where",
    "tf.complex_abs": "tf.abs",
    "tf.batch_matmul": "tf.matmul",
    "tf.inv": "tf.reciprocal",
    "tf.listdiff": "tf.setdiff1d",
    "tf.scalar_summary": "tf.summary.scalar",
    "tf.histogram_summary": "tf.summary.histogram",
    "tf.image_summary": "tf.summary.image",
    "tf.merge_summary": "tf.summary.merge",
    "tf.merge_all_summaries": "tf.summary.merge_all",
    "tf.train.SummaryWriter": "tf.summary.FileWriter",
    "tf.nn.rnn": "tf.nn.static_rnn",
    "tf.nn.seq2seq": "tf.contrib.legacy_seq2seq",
    "tf.models.rnn": "tf.nn.rnn_cell",
}
_PYTHON_2_NAMES = {"xrange", "raw_input", "unicode", "unichr", "long", "reduce", "basestring"}
_PYTHON_2_MODULES = {
    "urllib2", "cPickle", "StringIO", "cStringIO", "Queue", "ConfigParser", "Tkinter", "commands",
}  # fmt: skip
_PYTHON_2_METHODS = {"iteritems", "itervalues", "iterkeys", "has_key"}
_PYTHON_2_SYNTAX = re.compile(
    r"Missing parentheses in call to '(print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer|inconsistent use of tabs"
)


class Unsupported(AttributeError):
    """A name that this TensorFlow lacks, and why. A script may catch it as it would have then."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} is not supported: {why}")


class UnsupportedModule(ImportError):
    """The same for a module."""


def refuse(name: str) -> NoReturn:
    """Raise Unsupported for a TensorFlow name such as "tf.contrib.slim.nets"."""
    raise Unsupported(name, reason(name) or _CONTRIB)


def refuse_module(module: str) -> NoReturn:
    """Raise UnsupportedModule for a module such as "tensorflow.contrib.slim"."""
    name = re.sub(r"^tensorflow\b", "tf", module)
    raise UnsupportedModule(str(Unsupported(name, reason(name) or _CONTRIB)))


def keras_missing(name: str) -> Unsupported:
    """The error for a name that Keras of version 2 provides."""
    return Unsupported(name, _KERAS)


def reason(name: str) -> str | None:
    """Why TensorFlow has no such name, where that is known."""
    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        known = ".".join(parts[:length])
        if known in _BEFORE_1_0:
            return f"a name from before TensorFlow 1.0, which called it {_BEFORE_1_0[known]}"
        if known in _WHY:
            return _WHY[known]
    return _INTERNAL if name.startswith("tf.python.") else None


def explanation(error: BaseException) -> str | None:
    """One line for an error that ended a script, where its cause is its age; else None."""
    if isinstance(error, (Unsupported, UnsupportedModule)):
        return str(error)
    if re.search(r"not available with Keras 3|Keras cannot be imported", str(error)):
        named = re.search(r"`(\w+)`", str(error))
        return str(keras_missing(named[1] if named else "Keras"))
    if isinstance(error, SyntaxError):
        if _PYTHON_2_SYNTAX.search(error.msg or ""):
            return "it is written in Python 2, which is not supported; 2to3 converts most of it"
        return None
    if isinstance(error, NameError) and error.name in _PYTHON_2_NAMES:
        return f"{error.name} is a name of Python 2, which is not supported"
    if isinstance(error, ImportError):
        return _missing_import(error)
    if isinstance(error, AttributeError):
        return _missing_attribute(error)
    return None


def _missing_import(error: ImportError) -> str | None:
    module = error.name or ""
    if isinstance(error, ModuleNotFoundError) and module in _PYTHON_2_MODULES:
        return f"the module {module} is one of Python 2, which is not supported"
    found = re.match(r"cannot import name '(\w+)'", str(error))
    name = f"{module}.{found[1]}" if found else module
    if module.partition(".")[0] != "tensorflow":
        return _changed_library(module, found[1] if found else None) if found else None
    short = re.sub(r"^tensorflow\b", "tf", name)
    why = reason(short)
    return why and f"{short} is not supported: {why}"


def _missing_attribute(error: AttributeError) -> str | None:
    if not isinstance(error.obj, ModuleType):
        if error.name in _PYTHON_2_METHODS and isinstance(error.obj, dict):
            return f"dict.{error.name} is a method of Python 2, which is not supported"
        kind = type(error.obj)
        return _changed_library(f"{kind.__module__}.{kind.__qualname__}", error.name)
    module = error.obj.__name__
    if module.partition(".")[0] != "tensorflow":
        return _changed_library(module, error.name)
    short = re.sub(r"^tensorflow(\._api\.v2)?(\.compat\.v1)?", "tf", module)
    name = f"{short}.{error.name}"
    why = reason(name)
    return why and f"{name} is not supported: {why}"


def _changed_library(module: str, name: str | None) -> str | None:
    library = module.partition(".")[0]
    if library not in ("numpy", "scipy", "matplotlib", "mpl_toolkits", "PIL", "sklearn", "pandas"):
        return None
    missing = f"{module}.{name}" if name else module
    return (
        f"{missing} is not in the {library} of today; what other libraries have changed since is "
        "not supported"
    )
