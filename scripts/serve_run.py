"""Print the commands that serve a run's network with TensorFlow Serving, and ask it something.

examples:
  serve_run.py hidden_layer/1
  serve_run.py hidden_layer/1 --best --port 9000

Nothing is started. The first command needs docker; the second sends the first test image, which
this command writes beside the SavedModel. A run that has no export is exported first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, note, run, shell_path
from helper.data.datasets import Dataset
from helper.errors import LabError, UsageError, printable
from helper.exporting import formats, place
from helper.files import write_atomically
from helper.loading import Damaged
from helper.runs.listing import ListedRun
from helper.saving import examples
from helper.signals import sigterm_interrupts


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    chosen = examples.readable_run(flags.run, Path(flags.logdir))
    assert chosen.record
    target = place.default(chosen.path, flags.best)
    data = examples.load(chosen, flags.data_dir)
    exported(chosen, data, target, flags.best)
    from helper.exporting import serving

    saved_model = target / formats.FILES["saved_model"]
    serving.check_pure(saved_model)
    request, image = target / serving.REQUEST_FILE, data.test.images[:1]
    write_atomically(request, serving.request(image.reshape(1, *data.image_shape)))
    name = chosen.record.experiment
    print("start TensorFlow Serving in a container:\n")
    print(f"  {printable(serving.docker_command(saved_model, name, flags.port))}\n")
    label = data.test.labels[0]
    print(f"and ask it, elsewhere, what the first test image is (its label is {label}):\n")
    print(f"  {printable(serving.curl_command(request.absolute(), name, flags.port))}")
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    examples.add_flags(parser)
    add = parser.add_argument
    add("--port", metavar="PORT", type=int, default=8501, help="on this machine (default: 8501)")
    flags = parser.parse_args(argv)
    if not 1 <= flags.port <= 65535:
        raise UsageError(f"--port must be from 1 to 65535, not {flags.port}")
    return flags


def exported(chosen: ListedRun, data: Dataset, target: Path, best: bool) -> None:
    """See to it that there is an export with a SavedModel. Raises LabError."""
    again = f"python scripts/export_run.py {shell_path(chosen.path)}{' --best' * best} --replace"
    try:
        about = place.read(target)
    except Damaged as error:
        if target.is_symlink() or target.exists():
            raise LabError(f"{target} is not an export ({error}); remove or rename it") from None
    else:
        if "saved_model" not in about["formats"]:
            raise UsageError(f"{target} has no SavedModel; to make it again with one: {again}")
        if not best and chosen.record and about.get("step") != chosen.record.saved_step:
            note(f"the export is of another step than the run's newest checkpoint; anew: {again}")
        return
    sigterm_interrupts()
    from helper.exporting import export  # imports TensorFlow

    done = export.export(chosen, data, export.Wanted(["saved_model"], target, best), note)
    print(f"exported {printable(chosen.name)} after {done.step:,} steps to {shell_path(target)}")


if __name__ == "__main__":
    sys.exit(run(main))
