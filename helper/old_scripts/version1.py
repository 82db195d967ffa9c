"""``import tensorflow as tf`` as it was: version 1's interface, its behaviour, its submodules."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
import warnings
from types import ModuleType
from typing import Any

from helper.old_scripts import unsupported
from helper.old_scripts.import_hooks import Finder

_MADE = ("contrib", "examples")
_OF_KERAS = ("layers", "keras")
# What tensorflow.python.keras, which TensorFlow itself still imports, has no more.
_LEFT_PYTHON_KERAS = (["datasets"], ["applications"], ["preprocessing"])


class Version1(ModuleType):
    """The module ``tensorflow`` for a script: version 1's names, and the real one's submodules."""

    def __init__(self, tf: Any, real: Any) -> None:
        super().__init__("tensorflow", tf.__doc__)
        own = ("__path__", "__file__", "__spec__", "__loader__", "__version__", "compat")
        self.__dict__.update({name: getattr(real, name) for name in own})
        self.__dict__.update(
            __package__="tensorflow", python=sys.modules["tensorflow.python"], _version1=tf
        )

    def __getattr__(self, name: str) -> Any:
        if name in _MADE:
            return importlib.import_module(f"tensorflow.{name}")
        if name in _OF_KERAS and not has_keras():
            raise unsupported.keras_missing(f"tf.{name}")
        with contextlib.suppress(AttributeError):
            return getattr(self.__dict__["_version1"], name)
        if unsupported.reason(f"tf.{name}"):
            unsupported.refuse(f"tf.{name}")
        raise AttributeError(f"module 'tensorflow' has no attribute {name!r}", name=name, obj=self)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self.__dict__["_version1"]), *self.__dict__, *_MADE})


def has_keras() -> bool:
    """Whether Keras of version 2, which ``tf.layers`` and the RNN cells need, is installed."""
    return importlib.util.find_spec("tf_keras") is not None


def prepare_environment() -> None:
    """What must be in the environment before TensorFlow is imported."""
    if has_keras():
        os.environ["TF_USE_LEGACY_KERAS"] = "1"


def install() -> Any:
    """Let this process's ``tensorflow`` be version 1; returns ``tensorflow.compat.v1``."""
    from helper.tensorflow_v1 import tf

    tf.disable_v2_behavior()
    # tf.layers says at each call that it is deprecated: that is why the script is run here.
    warnings.filterwarnings("ignore", message=r".*`tf\..* is deprecated")
    warnings.filterwarnings("ignore", message=r"`(tf|layer)\.")
    warnings.filterwarnings("ignore", category=UserWarning, module=r"tf_keras\.")
    sys.modules["tensorflow"] = Version1(tf, sys.modules["tensorflow"])
    return tf


def alias(name: str) -> ModuleType | None:
    """The module of version 1 that is imported by this name: ``tensorflow.keras.layers``.

    None where the real package has modules of this name, which TensorFlow itself imports.
    """
    top, *parts = name.split(".")
    if top == "keras":
        return _keras(name)
    if name.endswith("keras.utils.np_utils"):  # of tf_keras, by whatever name it calls itself
        return None if ".src." in name else importlib.import_module("tf_keras.src.utils.np_utils")
    if parts[:2] == ["python", "keras"]:
        return _keras(".".join(["keras", *parts[2:]])) if parts[2:3] in _LEFT_PYTHON_KERAS else None
    found = sys.modules["tensorflow"] if top == "tensorflow" else None
    if not isinstance(found, Version1) or not parts or parts[0] in (*_MADE, "compat"):
        return None
    if os.path.isdir(os.path.join(os.path.dirname(str(found.__file__)), parts[0])):
        return None
    module: Any = found
    for part in parts:
        module = getattr(module, part, None)
    return module if isinstance(module, ModuleType) else None


def _keras(name: str) -> ModuleType | None:
    """The package ``keras`` was Keras of version 2, and had some modules that are private now."""
    if not has_keras():
        raise unsupported.UnsupportedModule(str(unsupported.keras_missing(name)))
    version1_api = importlib.import_module("tf_keras.api._v1.keras")
    vars(version1_api).setdefault("__version__", importlib.import_module("tf_keras").__version__)
    module: Any = sys.modules["tensorflow"]
    for part in name.split("."):
        module = getattr(module, part, None)
    if isinstance(module, ModuleType):
        return module
    with contextlib.suppress(ModuleNotFoundError):
        return importlib.import_module(f"tf_keras.src{name.removeprefix('keras')}")
    return None


def finder() -> Finder:
    """A finder that refuses, with the reason, what TensorFlow 1 had and this one has not."""
    tops = ("contrib", "examples", "models", "estimator")
    return Finder([f"tensorflow.{top}" for top in tops], unsupported.refuse_module)
