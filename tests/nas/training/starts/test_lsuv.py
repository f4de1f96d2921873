from __future__ import annotations

import torch

from nas.training.starts.begin import begin
from tests.nas.training.starts.fitted.test_fitted import outputs_of
from tests.nas.training.starts.start_toys import convolutional, given


def test_outputs_have_unit_variance_and_rows_are_orthogonal():
    module, samples = convolutional(), given()
    begin(module, "lsuv", samples)
    for y in outputs_of(module, *samples.inputs).values():
        assert abs(float(y.std()) - 1) < 1e-3
    gram = module.get_parameter("0.weight").detach().flatten(1)
    gram = gram @ gram.T / gram.square().sum(1)
    assert torch.allclose(gram, torch.eye(8), atol=1e-5)
