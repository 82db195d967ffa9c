"""Make this process a place where scripts of TensorFlow 1 run, and where what they do is seen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from helper.data import datasets
from helper.data.datasets import Dataset
from helper.files import PROJECT_ROOT
from helper.old_scripts import import_hooks, keras_data, plots, version1
from helper.old_scripts.sink import Sink
from helper.recording.beginning import described
from helper.recording.recorder import Recorder


def prepare(recorder: Recorder, curves: bool, data_dir: str | None) -> Callable[[], None]:
    """Change TensorFlow, NumPy, Matplotlib and downloads for the script that comes next.

    curves: keep the numbers that it fetches. data_dir: where MNIST is, instead of the cache.
    Returns what must be called when the script has ended.
    """

    def load() -> Dataset:
        data = datasets.load("mnist", data_dir)
        recorder.record.data = described(data)
        return data

    version1.prepare_environment()
    finder = version1.finder()
    finder.changes |= keras_data.changes(load)
    figures = plots.Figures(recorder.path / plots.FOLDER)
    finder.changes |= figures.install()
    import_hooks.install(finder)
    tf = version1.install()
    finder.alias = version1.alias
    known = _offer_old_modules(finder, tf, load)
    _hide_from_stacks()
    ended = _watch(recorder, tf, known, curves)

    def end() -> None:
        figures.close()
        ended()

    return end


def _hide_from_stacks() -> None:
    """Keep our frames out of the places that TensorFlow's errors say operations were made at."""
    from tensorflow.python.util import tf_stack

    ours = [*(PROJECT_ROOT / "helper").rglob("*.py"), PROJECT_ROOT / "scripts" / "run_v1.py"]
    files = frozenset(map(str, ours))

    class Ours(tf_stack.StackTraceFilter):
        def get_filtered_filenames(self) -> frozenset[str]:
            return files

    Ours().__enter__()


def _offer_old_modules(finder: import_hooks.Finder, tf: Any, load: Callable[[], Dataset]) -> Any:
    # These import TensorFlow, which must not happen before its environment is prepared.
    from helper.old_scripts import contrib, downloads, fed, input_data, older_habits, tutorial

    known = fed.Fed()

    def noted(found: input_data.Datasets) -> None:
        known.know("test", found.test)
        if found.validation.num_examples and found.validation.images.base is None:
            known.know("validation", found.validation)

    reader = input_data.Reader(load, noted)
    finder.made |= reader.modules()
    last = import_hooks.Finder((), lambda name: None)
    last.made |= reader.beside()
    sys.meta_path.append(last)
    finder.made |= tutorial.modules() | contrib.modules(version1.has_keras())
    downloads.Downloads(load).install()
    older_habits.restore_numpy_names()
    older_habits.accept_numpy_defaults(tf.app.flags)
    older_habits.restore_parse_flags()
    older_habits.accept_any_integer_labels(tf)
    older_habits.refuse_positional_losses(tf)
    return known


def _watch(recorder: Recorder, tf: Any, known: Any, wanted: bool) -> Callable[[], None]:
    from tensorflow.python.summary import summary
    from tensorflow.python.summary.writer import writer_cache

    from helper.old_scripts import writers
    from helper.old_scripts.curves import Curves

    sink = Sink(recorder)

    def step() -> int:
        return curves.steps.step

    tags, complete = writers.install(sink, step, [tf.summary, summary, writer_cache])
    curves = Curves(sink, known.split, tags, wanted)
    curves.install()

    def end() -> None:
        curves.close()
        sink.graph(tf.get_default_graph())
        complete()
        if fault := curves.fault or sink.fault:
            recorder.record.engine["not_recorded"] = fault

    return end
