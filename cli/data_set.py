"""What is said of the user's own data before a search or a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.events import Listener


def announce(data: Dataset, listen: Listener) -> None:
    """Say what was found in the user's own data; of registered data sets nothing."""
    from nas.events import Noted
    from nas.report.data_set import found_sentences

    if data.found is not None:
        listen(Noted(text=found_sentences(data, data.found)))
