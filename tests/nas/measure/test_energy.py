from __future__ import annotations

from nas.measure.energy import rapl


def package(folder, name, energy, most=1_000_000):
    path = folder / name
    path.mkdir(exist_ok=True)
    (path / "energy_uj").write_text(f"{energy}\n")
    (path / "max_energy_range_uj").write_text(f"{most}\n")


def test_packages_are_added_and_full_counters_start_again(tmp_path):
    package(tmp_path, "intel-rapl:0", 999_000)
    package(tmp_path, "intel-rapl:1", 0)
    package(tmp_path, "intel-rapl:0:0", 5)  # a part of package 0
    read = rapl(tmp_path)
    assert read is not None
    assert read() == 0
    package(tmp_path, "intel-rapl:0", 1_999)  # past its end
    package(tmp_path, "intel-rapl:1", 4_000)
    assert read() == 3.0 + 4.0
    assert read() == 7.0


def test_without_readable_counters_there_is_no_meter(tmp_path):
    assert rapl(tmp_path) is None
    (tmp_path / "intel-rapl:0").mkdir()
    assert rapl(tmp_path) is None
