"""Failures of the public conformance tests show values, like those of other tests."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("nas.testing")
