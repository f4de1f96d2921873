from __future__ import annotations

import torch

from nas.measure.memory import peak_memory

KILO = torch.zeros(256)  # 1 KiB
CPU = torch.device("cpu")


def test_the_peak_counts_tensors_that_live_at_the_same_time():
    def chain():
        x = KILO
        for _ in range(5):
            x = x.relu()  # the former one is freed once the next is there
        return x

    assert peak_memory(chain, CPU) == 2 * 1024
    assert peak_memory(lambda: [KILO.relu() for _ in range(5)], CPU) == 5 * 1024
    assert peak_memory(lambda: None, CPU) == 0


def test_the_profiler_writes_nothing(capfd):
    peak_memory(lambda: KILO.relu(), CPU)
    assert capfd.readouterr() == ("", "")
