"""Predict digits with the network of a run: in the test set, or in your own picture files.

examples:
  predict.py mlp/0001                             the first ten test digits
  predict.py mlp/0001 --images 100-149 --strip digits.png
  predict.py hidden_layer/0001 photo.jpg drawn.png
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper import tables
from helper.command import Parser, index_range, note, run
from helper.data.datasets import Split
from helper.errors import LabError, UsageError
from helper.runs import directory as runs
from helper.runs import listing, naming
from helper.runs.listing import ListedRun

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    chosen = readable_run(flags.run, Path(flags.logdir))
    if flags.strip:
        from helper.comparing import plots

        plots.check_target(flags.strip)
    pictures = read_files(flags.files, chosen) if flags.files else None
    experiment = load_experiment(chosen, flags.data_dir)
    if pictures is not None:
        names, split = flags.files, Split(pictures, np.zeros(len(pictures), np.int64))
    else:
        names, split = examples(chosen, flags.split, flags.images)
    say = predictor(experiment, chosen, flags.best)
    predictions, targets, probabilities = say(split)
    known = targets if pictures is None else None
    show(names, predictions, known, probabilities)
    if flags.strip:
        images = split.images.reshape(-1, *chosen.record["data"]["image_shape"])
        wrong = [] if known is None else (predictions != known).tolist()
        plots.save(plots.strip(images, [str(p) for p in predictions], wrong), flags.strip)
        print(f"wrote {flags.strip}")
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("run", metavar="RUN", help=naming.FORMS)
    add("files", nargs="*", metavar="FILE", help="PNG or JPEG pictures of one digit each")
    add("--logdir", default="logs", metavar="DIR", help="where runs are (default: logs)")
    add("--data_dir", metavar="DIR", help="where the run's data is, if it was moved")
    add("--images", metavar="FIRST-LAST", help="indices of examples (default: 0-9)")
    add("--split", choices=("train", "test"), default="test", help="(default: test)")
    add("--best", action="store_true", help="the best checkpoint, not the last")
    add("--strip", metavar="FILE", help="draw the images and the predictions, mistakes red")
    flags = parser.parse_intermixed_args(argv)
    if flags.files and flags.images:
        raise UsageError("give picture files or --images, not both")
    flags.images = flags.images or "0-9"
    return flags


def readable_run(name: str, logdir: Path) -> ListedRun:
    found = listing.one(name, logdir)
    if not {"experiment", "id", "seed", "data"} <= found.record.keys():
        raise UsageError(f"{found.name} is not a run that can be read ({found.status})")
    return found


def read_files(files: Sequence[str], chosen: ListedRun) -> np.ndarray:
    """The pictures as MNIST would have them: uint8 [files, 784]."""
    from helper.data import digit_images

    shape = chosen.record["data"]["image_shape"]
    if shape != [digit_images.SIDE, digit_images.SIDE]:
        raise UsageError(
            f"{chosen.name} was trained on {shape[0]} × {shape[1]} pixels; picture files are "
            "for networks of 28 × 28"
        )
    return np.stack([digit_images.read(file).ravel() for file in files])


def load_experiment(chosen: ListedRun, data_dir: str | None) -> ModuleType:
    """The experiment's module, its flags as they were in the run but for the place of its data."""
    from absl import flags as absl_flags

    name = chosen.record["experiment"]
    runs.check_name(name)
    path = EXPERIMENTS / f"{name}.py"
    if not path.is_file():
        raise LabError(f"{chosen.name} is a run of {name}, which is not in {path.parent}")
    spec = importlib.util.spec_from_file_location(str(path), path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    # absl looks here for the module that defines a flag.
    sys.modules[str(path)] = module
    spec.loader.exec_module(module)
    flagfile = chosen.path / runs.FLAGS_FILE
    if not flagfile.is_file():
        raise LabError(f"{chosen.name} has lost its {runs.FLAGS_FILE}")
    try:
        moved = [f"--data_dir={data_dir}"] if data_dir else []
        module.FLAGS([str(path), f"--flagfile={flagfile}", *moved])
    except (absl_flags.Error, UnicodeError) as error:
        raise LabError(f"{flagfile}: {error}") from None
    return module


def examples(chosen: ListedRun, split: str, images: str) -> tuple[list[str], Split]:
    """Some examples of the data that the run was trained on, and their names."""
    from helper.training import cli

    data = cli.load_data()
    if data.sha256 != chosen.data_sha256:
        raise LabError(f"{data.name} is not the data that {chosen.name} was trained on")
    whole = getattr(data, split)
    indices = index_range(images, len(whole.labels))
    names = [f"{split} {i}" for i in range(indices.start, indices.stop)]
    return names, Split(whole.images[indices], whole.labels[indices])


def predictor(
    experiment: ModuleType, chosen: ListedRun, best: bool
) -> Callable[[Split], tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """A function from examples to predictions, targets (int64 [n] each) and the probability of
    each prediction (float32 [n], or None if the model gives none)."""
    from helper import tf
    from helper.graph import model as graph
    from helper.saving import checkpoints

    data = chosen.record["data"]
    # This optimizer has no variables of its own: only what the model computes with is restored.
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    seed = chosen.record["seed"]
    model = graph.build(
        experiment.build_graph, tuple(data["image_shape"]), data["num_classes"], optimizer, seed
    )
    with model.graph.as_default():
        variables = tf.global_variables()
        shapes = checkpoints.shapes_and_dtypes(variables)
        found = checkpoints.newest(chosen.path, chosen.record["id"], shapes, note, best)
        if found is None:
            raise LabError(f"{chosen.name} ({chosen.status}) has no checkpoint to predict with")
        session = tf.Session()
        tf.train.Saver(variables).restore(session, str(found.prefix))
    print(f"{chosen.name} after {found.step:,} steps")

    def say(split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        step, inputs = model.step, model.inputs
        fetches: dict[str, Any] = {"predictions": step.predictions, "targets": step.targets}
        if step.probabilities is not None:
            fetches["probabilities"] = step.probabilities
        values = session.run(fetches, {inputs.images: split.images, inputs.labels: split.labels})
        said = values["predictions"]
        probabilities = values.get("probabilities")
        if probabilities is not None:
            probabilities = probabilities[np.arange(len(said)), said]
        return said, values["targets"], probabilities

    return say


def show(
    names: Sequence[str],
    predictions: np.ndarray,
    targets: np.ndarray | None,
    probabilities: np.ndarray | None,
) -> None:
    """Print a line for each image: the prediction, the label, the probability."""
    rows = []
    for i, name in enumerate(names):
        sure = "" if probabilities is None else f"{probabilities[i]:.4f}"
        row = [name, str(predictions[i]), sure]
        if targets is not None:
            row[2:2] = [str(targets[i])]
            row.append("" if predictions[i] == targets[i] else "×")
        rows.append(row)
    columns = ["image", "predicted", "probability"]
    if targets is not None:
        columns = ["image", "predicted", "true", "probability", "mistake"]
    tables.show(columns, rows)
    if targets is not None:
        right = int(np.sum(predictions == targets))
        print(f"{right} of {len(targets)} are right")
    print(f"predicted: {' '.join(str(p) for p in predictions)}")


if __name__ == "__main__":
    sys.exit(run(main))
