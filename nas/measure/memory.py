"""Peak memory of a run in torch."""

from __future__ import annotations

import os
from itertools import accumulate
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


def peak_memory(run: Callable[[], object], device: torch.device) -> int:
    """The most bytes that torch has allocated at once during a run, beyond those before it.

    On the CPU these are the tensors of torch; the libraries that it calls may take more.

    Args:
        run: Runs the network once.
        device: Where it runs.
    """
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        run()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler would write to stderr
    with torch.autograd.profiler.profile(profile_memory=True, use_kineto=False) as profile:
        run()
    events = sorted(profile.function_events or [], key=lambda event: event.time_range.end)
    return max(accumulate((int(event.self_cpu_memory_usage) for event in events), initial=0))
