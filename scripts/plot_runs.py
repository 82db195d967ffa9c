"""Draw curves of runs, activation functions, or digits with their labels, to PNG, SVG or PDF.

examples:
  plot_runs.py hidden_layer/0001 --out curves.png      train black, test red
  plot_runs.py 'mlp/*' --x epoch --metric loss --logy --out losses.svg
  plot_runs.py mlp/0001 --x epoch --range loss=0,1 --range accuracy=0.5,1 --out article.png
  plot_runs.py --activations relu,sigmoid --between=-5,5 --out functions.png
  plot_runs.py --digits 0-9 --split test --out digits.png

The y axis leaves out the first point of each curve, which an untrained network gave, unless
--from_start or --range says otherwise. The legend names what differs between the runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helper.command import Parser, index_range, run
from helper.comparing import labels
from helper.data import datasets
from helper.errors import UsageError, printable
from helper.runs import listing, naming
from helper.runs.events import Scalars
from helper.runs.listing import ListedRun
from helper.runs.record import Status

SPLITS = ("train", "validation", "test")


def main(argv: Sequence[str] | None = None) -> int:
    flags = parse(argv)
    from helper.comparing import plots  # needs matplotlib, which --help does without

    plots.check_target(flags.out)
    if flags.activations is not None:
        names = flags.activations.split(",")
        for name in names:
            if name not in plots.ACTIVATIONS:
                raise UsageError(
                    f"unknown activation {name!r}; choose from {', '.join(plots.ACTIVATIONS)}"
                )
        figure = plots.activations(names, *flags.between)
    elif flags.digits is not None:
        figure = digits(plots, flags)
    else:
        figure = curves(flags)
    plots.save(figure, flags.out)
    print(f"wrote {printable(flags.out)}")
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(__doc__)
    add = parser.add_argument
    add("runs", nargs="*", metavar="RUN", help=f"{naming.FORMS}, or a glob")
    add("--out", required=True, metavar="FILE", help="the figure: .png, .svg or .pdf")
    add("--logdir", default="logs", metavar="DIR", help="where runs are (default: logs)")
    add("--metric", default="loss,accuracy", metavar="NAME,…", help="(default: loss,accuracy)")
    add("--x", choices=("step", "epoch", "seconds"), default="step", help="(default: step)")
    add(
        "--smooth",
        type=float,
        default=0.0,
        metavar="WEIGHT",
        help="0 to less than 1 (default: 0)",
    )
    add("--logx", action="store_true", help="logarithmic x axis")
    add("--logy", action="store_true", help="logarithmic y axis")
    add("--range", action="append", default=[], metavar="METRIC=LOW,HIGH", help="of the y axis")
    add("--from_start", action="store_true", help="the y axis shows the first points, too")
    add("--activations", metavar="NAME,…", help="draw these functions instead of runs")
    add("--between", default="-5,5", metavar="LOW,HIGH", help="their range (default: -5,5)")
    add("--digits", metavar="FIRST-LAST", help="draw these images instead of runs")
    add("--split", choices=("train", "test"), default="train", help="of --digits (default: train)")
    add("--dataset", default="mnist", choices=datasets.NAMES, help="of --digits (default: mnist)")
    add("--data_dir", metavar="DIR", help="of --digits")
    flags = parser.parse_intermixed_args(argv)
    if not 0 <= flags.smooth < 1:
        raise UsageError("--smooth must be at least 0 and less than 1")
    if sum([bool(flags.runs), flags.activations is not None, flags.digits is not None]) != 1:
        raise UsageError("give one of: runs, --activations, --digits; see --help")
    flags.between = low_and_high("--between", flags.between)
    flags.ranges = {}
    for text in flags.range:
        metric, _, numbers = text.partition("=")
        flags.ranges[metric] = low_and_high("--range", numbers)
    return flags


def low_and_high(flag: str, text: str) -> tuple[float, float]:
    try:
        low, high = (float(number) for number in text.split(","))
    except ValueError:
        raise UsageError(f"{flag}: {text!r} is not two numbers with a comma between them") from None
    if not -1e9 <= low < high <= 1e9:
        raise UsageError(f"{flag}: {text!r} is not a range; the first number must be smaller")
    return low, high


def curves(flags: argparse.Namespace) -> Any:
    from helper.comparing import curve_plots

    found: list[tuple[ListedRun, str, str, Scalars]] = []
    metrics = list(dict.fromkeys(flags.metric.split(",")))
    for listed in listing.find(Path(flags.logdir), flags.runs):
        for metric in metrics:
            for split in SPLITS:
                curve = listed.curve(f"{split}/{metric}")
                # With a validation split the test set is evaluated once: a point is not a curve.
                if curve is not None and len(curve.step) > 1:
                    found.append((listed, split, metric, curve))
        for problem in listed.problems:
            print(f"note: {printable(problem)}", file=sys.stderr)
    missing = [m for m in metrics if not any(metric == m for _, _, metric, _ in found)]
    if missing:
        raise UsageError(f"none of these runs has a curve of {', '.join(missing)}")
    drawn = list({listed.name: listed for listed, _, _, _ in found}.values())
    called = dict(zip((listed.name for listed in drawn), labels.of_runs(drawn), strict=True))
    lines = [
        curve_plots.Line(
            called[listed.name],
            split,
            metric,
            along(flags.x, listed, curve),
            curve.value,
            listed.status is Status.DIVERGED,
        )
        for listed, split, metric, curve in found
    ]
    look = curve_plots.Look(
        flags.x, flags.smooth, flags.logx, flags.logy, flags.ranges, flags.from_start
    )
    return curve_plots.curves(lines, look)


def along(x: str, listed: ListedRun, curve: Scalars) -> Any:
    if x == "step":
        return curve.step
    if x == "seconds":
        return curve.seconds
    batch_size = listed.flags.get("batch_size")
    if not (isinstance(batch_size, int) and listed.record and listed.record.data):
        raise UsageError(f"{listed.name} does not record how long an epoch is; use --x step")
    return curve.step * (batch_size / max(listed.record.data.train, 1))


def digits(plots: Any, flags: argparse.Namespace) -> Any:
    data = datasets.load(flags.dataset, flags.data_dir)
    split = getattr(data, flags.split)
    chosen = index_range(flags.digits, len(split.labels))
    images = split.images[chosen].reshape(-1, *data.image_shape)
    return plots.strip(images, [str(label) for label in split.labels[chosen]])


if __name__ == "__main__":
    sys.exit(run(main))
