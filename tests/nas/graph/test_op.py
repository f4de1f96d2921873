from __future__ import annotations

from dataclasses import dataclass

import pytest

from nas.errors import ConfigError
from nas.graph.op import OPS, FreeOp, OpFeatures, Role, operation
from nas.graph.ops import Add, Conv2d


def test_registration_gives_the_class_its_name_in_json():
    assert Conv2d.kind == "conv2d"
    assert OPS.get("conv2d") is Conv2d


def test_a_name_is_registered_once():
    with pytest.raises(ConfigError, match="operation 'conv2d' is registered already"):
        operation("conv2d")(Add)
    assert OPS.get("conv2d") is Conv2d
    assert OPS.get("add") is Add


def test_an_operation_of_ones_own(monkeypatch):
    monkeypatch.setattr(OPS, "_things", dict(OPS._things))

    @operation("double")
    @dataclass(frozen=True, kw_only=True)
    class Double(FreeOp):
        """Twice the input."""

        def infer_shape(self, *inputs):
            return inputs[0]

        def forward(self, params, *inputs):
            return 2 * inputs[0]

        def features(self):
            return OpFeatures(kind="double")

    assert OPS.get("double") is Double
    assert Double().parameters((1, 3)) == {}
    assert Double().macs((1, 3)) == 0
    assert Double().module((1, 3)) is None


def test_roles_are_their_names():
    assert f"{Role.CLASS_WEIGHT}" == "class_weight"
    assert Role("scale") is Role.SCALE


def test_features_of_an_operation_without_window():
    assert OpFeatures(kind="add") == OpFeatures(
        kind="add", kernel=(0, 0), stride=1, dilation=1, groups=1
    )
