from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

from helper.comparing import aggregate, comparison
from helper.errors import LabError
from helper.files import PROJECT_ROOT
from helper.runs import events, listing
from helper.runs.tfrecords import read_payloads
from tests.made_runs import make_run, scalar, write_events
from tests.tensorboard_server import serving

GROUP, OTHER = "softmax lr=0.1 (n=3)", "softmax lr=0.5 (n=2)"


def seed(logdir, number, accuracy, rate=0.1, status="completed"):
    """A run with one more seed, with the hparams session that a run of the project writes."""
    path = make_run(
        logdir / "softmax" / f"{number:04d}",
        accuracy,
        {0: 0.1, 50: accuracy - 0.1, 100: accuracy},
        learning_rate=rate,
        seed=number,
        status=status,
    )
    (run,) = listing.find(logdir, [str(path)])
    group = comparison.Group("", {}, [run])
    hparams = aggregate._session_events("softmax", group, "test", f"softmax/{number:04d}")
    write_events(path / "test", *hparams, second=1_700_000_001)
    return path


def write(logdir):
    return aggregate.write(logdir, comparison.group(listing.find(logdir), ["-seed"]))


@pytest.fixture
def logs(tmp_path):
    """A log directory; what is aggregated is beside it, in ``place``."""
    return a_log_directory(tmp_path / "logs")


@pytest.fixture
def place(logs):
    return logs.with_name("logs_aggregate")


def a_log_directory(logs):
    for number, accuracy in enumerate([0.90, 0.92, 0.97], 1):
        seed(logs, number, accuracy)
    for number, accuracy in enumerate([0.80, 0.90], 4):
        seed(logs, number, accuracy, rate=0.5)
    seed(logs, 6, 0.5, rate=0.5, status="diverged")
    seed(logs, 7, 0.6, rate=0.7)
    return logs


def test_mean_and_margins_of_completed_runs(logs, place):
    before = sorted(logs.rglob("*"))
    written = write(logs)
    assert written == [place / GROUP, place / OTHER]
    assert sorted(logs.rglob("*")) == before  # nothing is written into the log directory
    curves = events.read_scalars(written[0] / "test")
    names = {"accuracy", "spread/accuracy/lower", "spread/accuracy/upper"}
    assert names == {tag for tag in curves if "results/" not in tag}
    assert curves["accuracy"].step.tolist() == [0, 50, 100]
    assert curves["accuracy"].value == pytest.approx([0.1, 0.83, 0.93])
    deviation = math.sqrt((0.03**2 + 0.01**2 + 0.04**2) / 2)
    upper, lower = (curves[f"spread/accuracy/{side}"].value[2] for side in ("upper", "lower"))
    assert (lower, upper) == pytest.approx((0.93 - deviation, 0.93 + deviation))
    other = events.read_scalars(written[1] / "test")["accuracy"]
    assert other.value[-1] == pytest.approx(0.85)


def test_a_name_has_only_what_differs_and_applies(tmp_path):
    logdir = tmp_path / "logs"
    for number in range(8):
        own = {"layers": "3"} if number < 4 else {}
        where = logdir / ("mlp" if number < 4 else "softmax") / f"{number:04d}"
        make_run(where, seed=number, optional=None, learning_rate=0.1 + number // 6, **own)
    names = [path.name for path in write(logdir)]
    assert names == ["mlp (n=4)", "softmax lr=0.1 (n=2)", "softmax lr=1.1 (n=2)"]


def hparams(directory):
    """The settings of the session in a directory, and its metrics: {tag: (step, value)}."""
    settings, metrics = {}, {}
    (file,) = directory.iterdir()
    for payload in read_payloads(file, pytest.fail):
        event = Event.FromString(payload)
        for value in event.summary.value:
            if value.tag == metadata.SESSION_START_INFO_TAG:
                data = plugin_data_pb2.HParamsPluginData.FromString(
                    value.metadata.plugin_data.content
                )
                settings = dict(data.session_start_info.hparams)
            elif value.tag == metadata.SESSION_END_INFO_TAG:
                data = plugin_data_pb2.HParamsPluginData.FromString(
                    value.metadata.plugin_data.content
                )
                assert data.session_end_info.status == api_pb2.STATUS_SUCCESS
            elif not value.tag.startswith("_hparams_"):
                metrics[value.tag] = event.step, value.simple_value
    return {name: getattr(v, v.WhichOneof("kind")) for name, v in settings.items()}, metrics


def test_a_row_of_the_hparams_table(tmp_path):
    for number, (final, best, steps) in enumerate([(0.90, 0.95, 100), (0.92, 0.93, 200)], 1):
        path = make_run(
            tmp_path / "softmax" / f"{number:04d}",
            final,
            seed=number,
            data_dir=f"place {number}",
            xla=True,
            rate=math.nan,
        )
        record = json.loads((path / "run.json").read_text())
        record["best"]["test/accuracy"]["value"] = best
        record["step"] = steps
        record["flags"]["odd"] = "\udcff"
        (path / "run.json").write_text(json.dumps(record))
    (written,) = write(tmp_path)
    settings, metrics = hparams(written / "test")
    assert settings == {
        "experiment": "softmax",
        "steps": 100,
        "learning_rate": 0.1,
        "xla": True,
        "· rate": "nan",
        "· odd": r"\udcff",
    }  # what the runs agree on, and nothing about where they are
    assert settings["xla"] is True
    del metrics["custom_scalars__config__"]
    assert {tag: step for tag, (step, _) in metrics.items()} == dict.fromkeys(metrics, 200)
    assert {tag: value for tag, (_, value) in metrics.items()} == pytest.approx(
        {"results/best accuracy": 0.94, "spread/results/best accuracy": math.sqrt(0.0002)}
    )


def test_aggregates_of_other_experiments_stay(logs, place):
    write(logs)
    for number in (1, 2):
        make_run(logs / "mlp" / f"{number:04d}", 0.9, {0: 0.1, 9: 0.9}, seed=number)
    softmax = {p: p.read_bytes() for p in place.rglob("*") if p.is_file()}
    mlp = comparison.group(listing.find(logs, ["mlp"]), ["-seed"])
    assert aggregate.write(logs, mlp) == [place / "mlp (n=2)"]
    assert all(path.read_bytes() == content for path, content in softmax.items())
    # What was made before of the same experiment goes: here the group with another rate.
    one = comparison.group(listing.find(logs, ["softmax/000[123]"]), ["-seed"])
    aggregate.write(logs, one)
    assert sorted(path.name for path in place.iterdir() if path.is_dir()) == [
        "mlp (n=2)",
        "softmax (n=3)",
    ]


def test_what_is_not_ours_stays(logs, place):
    write(logs)
    (place / "mine").mkdir()
    (place / "damaged").mkdir()
    (place / "damaged" / "aggregate.json").write_text("[" * 10_000)
    write(logs)
    assert {"mine", "damaged"} <= {path.name for path in place.iterdir()}


@pytest.mark.parametrize("experiment", ["../../escape", "/etc", "..", ".", "", "\x1b\udcff\n"])
def test_no_name_leads_out_of_the_log_directory(tmp_path, experiment):
    """A record that names such an experiment is damaged, and its run belongs to no group."""
    logdir = tmp_path / "deep" / "er" / "logs"
    for number in (1, 2):
        path = make_run(logdir / "x" / f"{number:04d}", seed=number)
        record = json.loads((path / "run.json").read_text())
        record["experiment"] = experiment
        (path / "run.json").write_text(json.dumps(record))
    before = set(tmp_path.rglob("*"))
    with pytest.raises(LabError, match="no group has two completed runs"):
        write(logdir)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("link", ["", GROUP])
def test_nothing_is_written_through_a_link(logs, place, tmp_path_factory, link):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "aggregate.json").write_text('{"experiment": "softmax"}')
    if link:
        write(logs)
        shutil.rmtree(place / link)
        (place / link).symlink_to(outside)
        assert write(logs)[0].name == f"{link} 2"
    else:
        place.symlink_to(outside)
        with pytest.raises(LabError):
            write(logs)
    assert [path.name for path in outside.iterdir()] == ["aggregate.json"]


def test_what_was_aggregated_is_no_run_itself(logs, place):
    before = [run.name for run in listing.find(logs)]
    write(logs)
    assert [run.name for run in listing.find(logs)] == before
    assert listing.find(place) == []
    assert write(logs)  # again, over the old ones


def test_somebody_elses_directory_is_left_alone(logs, place):
    place.mkdir()
    (place / "precious").write_text("mine")
    with pytest.raises(LabError, match="not made by this program"):
        write(logs)
    assert (place / "precious").read_text() == "mine"


def test_nothing_to_take_a_mean_of(tmp_path):
    seed(tmp_path, 1, 0.9)
    with pytest.raises(LabError, match="two completed runs"):
        write(tmp_path)
    assert not aggregate.place(tmp_path).exists()


@pytest.mark.parametrize("fast", [True, False], ids=["default loader", "Python loader"])
def test_tensorboard_shows_means_margins_and_hparams(logs, place, fast):
    write(logs)
    (place / "runs").symlink_to(logs)  # as with --logdir_spec, whose names begin with a prefix
    with serving(place, fast) as server:
        server.until(lambda s: f"{OTHER}/test" in s.get("runs"))
        server.until(lambda s: len(s.scalars(f"{GROUP}/test", "accuracy")) == 3)
        groups = [name for name in server.get("runs") if not name.startswith("runs/")]
        assert sorted(groups) == [f"{GROUP}/test", f"{OTHER}/test"]
        _check_curves(server)
        _check_layout(server)
        _check_hparams(server)
        # With one more seed, the same TensorBoard shows the new mean, under its name.
        seed(logs, 8, 0.99)
        write(logs)
        new, name = pytest.approx((0.90 + 0.92 + 0.97 + 0.99) / 4), "softmax lr=0.1 (n=4)/test"
        server.until(lambda s: name in s.get("runs"))
        server.until(lambda s: [v for _, v in s.scalars(name, "accuracy")][-1:] == [new])
        _check_another_experiment(server, logs)


def _check_another_experiment(server, logs):
    """Its layout is added to the one that is there."""
    for number in (1, 2):
        path = make_run(logs / "mlp" / f"{number:04d}", seed=number)
        write_events(path / "test", scalar(0, {"cost": number}), scalar(1, {"cost": 2 * number}))
    aggregate.write(logs, comparison.group(listing.find(logs, ["mlp"]), ["-seed"]))
    server.until(lambda s: "mlp (n=2)/test" in s.get("runs"))

    def titles(server):
        layout = server.get("plugin/custom_scalars/layout")
        return {chart["title"] for category in layout["category"] for chart in category["chart"]}

    server.until(lambda s: titles(s) == {"cost", "accuracy"})


def _check_curves(server):
    points = server.scalars(f"{GROUP}/test", "accuracy")
    assert points == [
        (0, pytest.approx(0.1)),
        (50, pytest.approx(0.83)),
        (100, pytest.approx(0.93)),
    ]


def _check_layout(server):
    layout = server.get("plugin/custom_scalars/layout")
    assert {category["title"] for category in layout["category"]} == {
        "Mean ± standard deviation over seeds"
    }
    charts = [chart for category in layout["category"] for chart in category["chart"]]
    (series,) = charts[0]["margin"]["series"]
    for tag in series.values():
        assert len(server.scalars(f"{GROUP}/test", tag)) == 3


def _check_hparams(server):
    asked = {
        "experimentName": "",
        "allowedStatuses": ["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_UNKNOWN"],
        "colParams": [],
        "startIndex": 0,
        "sliceSize": 100,
        "includeMetrics": True,
    }
    groups = server.post("plugin/hparams/session_groups", asked)["sessionGroups"]
    rows = {group["name"]: group for group in groups}
    mean = rows[GROUP]
    assert "seed" not in mean["hparams"]
    assert mean["hparams"]["learning_rate"] == pytest.approx(0.1)

    def value(row, name):
        found = {metric["name"].get("tag"): metric["value"] for metric in row["metricValues"]}
        return found[name]

    assert value(mean, "accuracy") == pytest.approx(0.93)
    assert value(mean, "results/best accuracy") == pytest.approx(0.93)
    assert value(mean, "spread/results/best accuracy") == pytest.approx(0.03605, abs=1e-4)
    one = rows["softmax/0001"]
    assert set(mean["hparams"]) <= set(one["hparams"])  # the columns of its runs


def test_on_the_command_line(logs, place):
    script = PROJECT_ROOT / "scripts" / "aggregate_runs.py"
    command = [sys.executable, script, "--logdir", logs, "--where", "learning_rate<0.5"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in place.iterdir() if path.is_dir()] == ["softmax (n=3)"]
    first, command_line, link, both = done.stdout.splitlines()
    assert first.endswith("logs_aggregate/softmax (n=3)") and "tensorboard" in command_line
    assert link.endswith("#timeseries") and "logdir_spec" in both
    done = subprocess.run([*command[:-1], "seed>90"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("error: no group")
