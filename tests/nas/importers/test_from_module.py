from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nas.compile.apply import apply
from nas.errors import ImportingError
from nas.graph.op import Role
from nas.importers.from_module import from_module
from nas.importers.imported import Coverage
from tests.nas.importers.written import Written, checked, own_names

X = torch.linspace(-1, 1, 24).reshape(2, 12)


def heads(imported) -> list[str]:
    roles = imported.graph.parameters().items()
    return [name for name, spec in roles if spec.role is Role.CLASS_WEIGHT]


def test_the_last_layer_is_the_head() -> None:
    model = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3))
    assert heads(checked(model, X)) == ["_2.weight"]


def test_softmax_and_dropout_behind_a_head_do_not_hide_it() -> None:
    model = nn.Sequential(nn.Linear(12, 3), nn.Dropout(), nn.Softmax(1))
    assert heads(checked(model, X)) == ["_0.weight"]


def test_features_behind_an_activation_are_no_scores() -> None:
    assert heads(checked(nn.Sequential(nn.Linear(12, 3), nn.ReLU()), X)) == []


def test_every_output_has_its_head() -> None:
    model = Written(lambda s, x: (s.a(x), {"b": s.b(x)}), a=nn.Linear(12, 3), b=nn.Linear(12, 2))
    assert heads(from_module(model, X)) == ["a.weight", "b.weight"]


class Auxiliary(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head, self.extra = nn.Linear(12, 3), nn.Linear(12, 3)
        self.norm = nn.BatchNorm1d(12)

    def forward(self, x):
        x = self.norm(x)
        return (self.head(x), self.extra(x)) if self.training else self.head(x)


def test_an_auxiliary_head_is_a_further_output() -> None:
    model = Auxiliary().eval()
    imported = from_module(model, X)
    assert heads(imported) == ["head.weight", "extra.weight"]
    assert len(imported.graph.outputs) == 2
    assert imported.coverage.share == 1
    assert not model.training
    assert model.norm.num_batches_tracked == 0


def test_parameters_that_nothing_reads_are_excluded() -> None:
    model = Written(lambda s, x: s.head(x), head=nn.Linear(12, 3), idle=nn.Linear(12, 7))
    coverage = from_module(model, X).coverage
    assert coverage.predicted == {"head.weight": 36, "head.bias": 3}
    assert coverage.excluded == {"idle.weight": 84, "idle.bias": 7}
    assert coverage.share == pytest.approx(39 / 130)


def test_a_model_without_parameters_is_covered() -> None:
    assert Coverage({}, {}, {}).share == 1


def test_what_is_opaque_is_no_parameter_of_the_graph() -> None:
    part = torch.jit.script(nn.Linear(12, 4))
    imported = checked(nn.Sequential(part, nn.ReLU(), nn.Linear(4, 3)), X)
    assert imported.coverage.opaque == {"0.weight": 48, "0.bias": 4}
    assert set(imported.graph.parameters()) == {"_2.weight", "_2.bias"}


def test_names_lead_back_to_the_model() -> None:
    model = nn.Sequential(nn.Linear(12, 3), nn.BatchNorm1d(3))
    imported = from_module(model, X)
    assert own_names(imported) == {
        "0.weight": "_0.weight",
        "0.bias": "_0.bias",
        "1.weight": "_1.weight",
        "1.bias": "_1.bias",
    }
    assert imported.names["_1.running_mean"] == "1.running_mean"


@pytest.mark.parametrize("example", [(), 3, "x", torch.tensor(1.0), (torch.zeros(1), 2)])
def test_examples_must_be_tensors_with_a_batch(example) -> None:
    with pytest.raises(ImportingError, match="expected one or more tensors"):
        from_module(nn.ReLU(), example)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (nn.Linear(5, 3), "Linear cannot be read as a graph"),
        (Written(lambda s, x: 3), "Written cannot be read as a graph"),
        (Written(lambda s: 3), "Written cannot be read as a graph"),
    ],
)
def test_a_model_that_does_not_run_is_refused_with_what_to_do(model, reason) -> None:
    with pytest.raises(ImportingError, match=reason) as caught:
        from_module(model, X)
    assert "model(*example_inputs)" in str(caught.value.hint)


def test_a_failed_import_leaves_the_model_as_it_was() -> None:
    def failing(self, x):
        self.seen = x
        raise RuntimeError("out of order")

    model = Written(failing, head=nn.Linear(12, 3)).train()
    weight = model.get_parameter("head.weight")
    with pytest.raises(ImportingError, match="out of order"):
        from_module(model, X)
    assert model.training
    assert model.get_parameter("head.weight") is weight
    assert not hasattr(model, "seen")


def test_tables_of_computed_tensors_are_emptied_again() -> None:
    def caching(self, x):
        if "double" not in self.table:
            self.table["double"] = self.scale * 2
        return x * self.table["double"]

    model = Written(caching, scale=nn.Parameter(torch.ones(12)))
    model.table = {}  # type: ignore[assignment]
    for _ in range(2):
        assert from_module(model, X).coverage.share == 1
    assert model.table == {}


class ThroughNumpy(nn.Module):
    """Computes where no torch function is called."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.from_numpy(2 * x.numpy())


def test_what_is_computed_outside_of_torch_is_no_constant() -> None:
    imported = from_module(ThroughNumpy(), torch.rand(2, 3))
    x = torch.rand(2, 3)
    torch.testing.assert_close(apply(imported.graph, imported.state, x), 3 * x)


class Gathers(nn.Module):
    """Adds into zeros in place, on the way that a number decides."""

    def forward(self, x: Tensor) -> Tensor:
        total = x.new_zeros(1, x.shape[1])
        return total.add_(x) if x.sum() < 1e9 else x


def test_a_constant_is_as_it_was_before_it_was_written_over() -> None:
    x = torch.rand(1, 3)
    imported = from_module(Gathers(), x)
    torch.testing.assert_close(apply(imported.graph, imported.state, x), x)
