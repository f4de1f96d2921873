from __future__ import annotations

import time

import pytest

from nas.errors import ConfigError, MeasurementError
from nas.measure.config import MeasureConfig
from nas.measure.measure import measure
from nas.measure.runners.command import run
from tests.nas.measure.networks import exportable


@pytest.mark.parametrize(
    ("printed", "milliseconds"),
    [
        ("12.5", 12.5),
        ("warming up\\n 3ms \\n", 3.0),
        ("0.25 s", 250.0),
        ("1e3us", 1.0),
        ("2500 ns", 0.0025),
    ],
)
def test_the_last_line_is_the_time(printed, milliseconds):
    assert run(f"printf '{printed}'", 10) == pytest.approx(milliseconds)


@pytest.mark.parametrize("printed", ["", "garbage", "3 parsecs", "0", "-1", "nan", "inf", "1 2"])
def test_what_is_no_time_is_refused(printed):
    with pytest.raises(MeasurementError, match="expected a time as the last line") as refused:
        run(f"echo '{printed}'", 10)
    assert repr(printed) in refused.value.message


def test_a_failure_is_reported_with_the_last_line_of_its_errors():
    with pytest.raises(MeasurementError, match=r"ended with code 3: no route to host$"):
        run("echo 5; echo trying >&2; echo no route to host >&2; exit 3", 10)
    with pytest.raises(MeasurementError, match="ended with code 1: it printed nothing"):
        run("exit 1", 10)


def test_a_command_out_of_time_is_stopped_with_all_it_has_started(tmp_path):
    late = tmp_path / "late"
    began = time.monotonic()
    with pytest.raises(MeasurementError, match=r"longer than 0\.3 seconds"):
        run(f"(sleep 2; touch {late}) & sleep 30; echo 1", 0.3)
    assert time.monotonic() - began < 10
    time.sleep(2.2)
    assert not late.exists()


def test_files_and_numbers_take_their_places():
    line = "test -s {model.safetensors} && test -s {model.py} && echo {batch}{threads}ms"
    config = MeasureConfig(command=line, batch=4, threads=2, device="my board")
    found = measure(exportable(2), config)
    assert (found.latency, found.runs, found.spread) == (42.0, 1, None)
    assert (found.device, found.runner, found.memory) == ("my board", "command", None)


def test_the_device_of_an_unnamed_command_is_the_command():
    line = "test -s {model.safetensors} && echo 1"
    assert measure(exportable(2), MeasureConfig(command=line)).device == line


def test_a_command_must_name_a_file():
    with pytest.raises(ConfigError, match="names no file of the network"):
        measure(exportable(2), MeasureConfig(command="./bench model.onnx"))
