"""Make this process a place where scripts of TensorFlow 1 run, and where what they do is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helper.data import datasets
from helper.data.datasets import Dataset
from helper.old_scripts import graphs, import_hooks, keras_data, plots, version1
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
    finder.changes |= plots.Figures(recorder.path / plots.FOLDER).install()
    import_hooks.install(finder)
    tf = version1.install()
    known = _offer_old_modules(finder, tf, load)
    return _watch(recorder, tf, known, curves)


def _offer_old_modules(finder: import_hooks.Finder, tf: Any, load: Callable[[], Dataset]) -> Any:
    # These import TensorFlow, which must not happen before its environment is prepared.
    from helper.old_scripts import contrib, downloads, fed, input_data, older_python, tutorial

    known = fed.Fed()

    def noted(found: input_data.Datasets) -> None:
        known.know("test", found.test)
        if found.validation.num_examples and found.validation.images.base is None:
            known.know("validation", found.validation)

    finder.made |= input_data.Reader(load, noted).modules()
    finder.made |= tutorial.modules() | contrib.modules(version1.has_keras())
    downloads.Downloads(load).install()
    older_python.restore_numpy_names()
    older_python.accept_numpy_defaults(tf.app.flags)
    older_python.accept_any_integer_labels(tf)
    return known


def _watch(recorder: Recorder, tf: Any, known: Any, wanted: bool) -> Callable[[], None]:
    from tensorflow.python.summary import summary
    from tensorflow.python.summary.writer import writer_cache

    from helper.old_scripts import writers
    from helper.old_scripts.curves import Curves

    graph = _Graph(recorder, tf)

    def write(split: str, step: int, values: dict[str, float]) -> None:
        recorder.scalars(split, step, values)

    curves = Curves(write, known.split, graph.of_session, wanted)
    curves.install()
    places = [tf.summary, summary, writer_cache]
    writers.install(recorder, lambda: curves.steps.step, places)

    def end() -> None:
        curves.close()
        graph.of_script()
        recorder.record.step = max(recorder.record.step, curves.steps.step)
        if curves.fault:
            recorder.record.engine["curves"] = curves.fault

    return end


class _Graph:
    """Gives the run its graph: that of the first training, or else the one there is at the end."""

    def __init__(self, recorder: Recorder, tf: Any) -> None:
        self._recorder, self._tf = recorder, tf
        self._given = False

    def of_session(self, session: Any) -> None:
        self._give(session.graph)

    def of_script(self) -> None:
        graph = self._tf.get_default_graph()
        if graph.get_operations():
            self._give(graph)

    def _give(self, graph: Any) -> None:
        if not self._given:
            self._given = True
            try:
                definition = graph.as_graph_def(add_shapes=True)
            except ValueError:  # more than the 2 GB that a protocol buffer can hold
                return
            self._recorder.graph(graphs.without_data(definition))
