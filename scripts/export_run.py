"""Take a run's network along: as a SavedModel, TFLite, ONNX, or a frozen graph.

examples:
  export_run.py hidden_layer/1                     a SavedModel, in the run's directory export/
  export_run.py mlp/2 --best --to saved_model,tflite,onnx,frozen
  export_run.py mlp/2 --to tflite --quantize --benchmark --out ~/digits

All take images, uint8 [batch, height, width], and give classes and probabilities. Each is loaded
again by its own runtime and answers every test image before the command says that it worked.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


from helper.command import Parser, fail, note, run, shell_path
from helper.errors import UsageError, printable
from helper.exporting import formats, place
from helper.saving import examples
from helper.signals import sigterm_interrupts


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    names = formats.chosen(flags.to, flags.quantize)
    chosen = examples.readable_run(flags.run, Path(flags.logdir))
    target = (
        Path(os.path.expanduser(flags.out)) if flags.out else place.default(chosen.path, flags.best)
    )
    place.check(target, flags.replace)
    data = examples.load(chosen, flags.data_dir)
    sigterm_interrupts()
    from helper.exporting import export, report  # import TensorFlow

    wanted = export.Wanted(names, target, flags.best, flags.replace, flags.bound, flags.benchmark)
    try:
        with Console().status("") as status:
            done = export.export(chosen, data, wanted, note, status.update)
    except export.NotExported as error:
        for name, why in error.lines.items():
            fail(f"{name}: {why}")
        left = formats.without(names, list(error.lines))
        return fail("nothing was exported" + (f"; the others would be: {left}" if left else ""))
    print(f"{printable(chosen.name)} after {done.step:,} steps")
    report.show(done)
    if formats.INT8 in done.checked:
        print(report.quantized(done))
    print(report.statements(done, flags.bound))
    files = ", ".join(formats.FILES[name] for name in names)
    print(f"wrote {files} to {printable(shell_path(target))}")
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    examples.add_flags(parser)
    add = parser.add_argument
    known = ", ".join(formats.NAMES)
    add("--to", metavar="FORMAT,…", default="saved_model", help=f"{known} (default: saved_model)")
    add("--quantize", action="store_true", help="also a TFLite file of int8")
    add("--out", metavar="DIR", help="the directory to make (default: export in the run's own)")
    add("--replace", action="store_true", help="replace the export that is there")
    add(
        "--bound",
        metavar="D",
        type=float,
        default=1e-5,
        help="how much a probability may differ from the session's (default: 1e-5)",
    )
    add("--benchmark", action="store_true", help="measure the seconds that an image takes")
    flags = parser.parse_args(argv)
    if not (math.isfinite(flags.bound) and flags.bound >= 0):
        raise UsageError(f"--bound must be a number of at least 0, not {flags.bound}")
    return flags


if __name__ == "__main__":
    sys.exit(run(main))
