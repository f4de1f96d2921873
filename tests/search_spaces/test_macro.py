from __future__ import annotations

import math

import pytest

from search_spaces.macro import for_resolution

SIZES = {8: {"cells": 1}, 32: {"cells": 5}, math.inf: {"cells": 9}}


@pytest.mark.parametrize(
    ("resolution", "cells"), [(1, 1), (8, 1), (9, 5), (32, 5), (33, 9), (1000, 9)]
)
def test_first_size_that_is_large_enough(resolution, cells):
    assert for_resolution(SIZES, resolution) == {"cells": cells}
