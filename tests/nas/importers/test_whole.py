"""Modules that run but cannot be recorded completely."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.ao import quantization
from torch.distributions import Normal

from hypernets.features import KINDS, encode
from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.errors import ImportingError
from nas.evaluate.predicted_module import predict_module
from nas.graph.op import Role
from nas.importers.from_module import from_module
from tests.hypernets.hypernet_toys import make_hypernet
from tests.nas.importers.written import Written, own_names
from tests.zoo.specimen import relative_error, tensors

IMAGES, ROWS, TOKENS = torch.randn(2, 3, 8, 8), torch.randn(4, 8), torch.randn(2, 5, 8)


class Detector(nn.Module):
    """Continues only with the positions that have high scores."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.score, self.box = nn.Conv2d(8, 1, 1), nn.Conv2d(8, 4, 1)
        self.refine = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.body(x)
        scores = self.score(features).flatten()
        boxes = self.box(features).movedim(1, -1).reshape(-1, 4)
        keep = scores > scores.mean()
        order = scores[keep].argsort(descending=True)[:5]
        return {"boxes": self.refine(boxes[keep])[order], "scores": scores[keep][order]}


class Experts(nn.Module):
    """A sparse mixture: every token runs through the expert that its gate selects."""

    def __init__(self, *, writes: bool = False) -> None:
        super().__init__()
        self.gate = nn.Linear(8, 6)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(8, 12), nn.LayerNorm(12), nn.Linear(12, 8)) for _ in range(6)
        )
        self.writes = writes

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.reshape(-1, 8)
        best = self.gate(tokens).argmax(-1)
        out = torch.zeros_like(tokens)
        for index, expert in enumerate(self.experts):
            rows = torch.where(best == index)[0]
            if not len(rows):
                continue
            if self.writes:
                out[best == index] = expert(tokens[rows])
            else:
                out.index_add_(0, rows, expert(tokens[rows]))
        return out.view_as(x)


def mixture(*, writes: bool = False) -> nn.Module:
    return nn.Sequential(nn.Linear(8, 8), Experts(writes=writes), nn.Linear(8, 3))


def masked(self: nn.Module, x: Tensor) -> Tensor:
    y: Tensor = self.get_submodule("conv")(x).flatten()
    return y[y > 0]


def packed(self: nn.Module, x: Tensor) -> Tensor:
    sequence = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([5, 3]), batch_first=True)
    outputs, _ = nn.utils.rnn.pad_packed_sequence(
        self.get_submodule("lstm")(sequence)[0], batch_first=True
    )
    head: Tensor = self.get_submodule("head")(outputs[:, -1])
    return head


class Slope(nn.Module):
    """The gradient of an energy."""

    def __init__(self) -> None:
        super().__init__()
        self.energy = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = x.detach().requires_grad_()
        return torch.autograd.grad(self.energy(x).tanh().sum(), x)[0]


class ByHand(nn.Module):
    """Computes with numpy, takes options, and returns a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, scale: float = 1.0
    ) -> dict[str, object]:
        y = self.layer(x)
        return {"y": torch.from_numpy(y.detach().numpy() * scale), "more": [y, (y > 0).sum(-1)]}


class UsesByHand(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part, self.head = ByHand(), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        found = self.part(x, scale=2.0)
        return self.head(found["y"]) + found["more"][1][:, None], found["more"][0]


@dataclass
class Answer:
    """An output of a model."""

    scores: Tensor
    hidden: dict[str, list[Tensor]]


def answered(self: nn.Module, x: Tensor) -> Answer:
    return Answer(self.get_submodule("layer")(x), {"states": [2 * x]})


def observed(*, training: bool) -> nn.Module:
    layers = nn.Sequential(
        quantization.QuantStub(), nn.Conv2d(3, 8, 3), nn.ReLU(), quantization.DeQuantStub()
    )
    model = nn.Sequential(layers, nn.Flatten(), nn.Linear(288, 4)).train(training)
    layers.qconfig = (
        quantization.get_default_qat_qconfig("fbgemm")
        if training
        else quantization.get_default_qconfig("fbgemm")
    )
    prepare = quantization.prepare_qat if training else quantization.prepare
    prepared: nn.Module = prepare(model)
    return prepared


RUNNING = {
    "mask": (lambda: Written(masked, conv=nn.Conv2d(3, 4, 3)), IMAGES),
    "detector": (Detector, IMAGES),
    "sparse mixture": (mixture, TOKENS[:, :2]),  # fewer tokens than experts
    "sparse mixture that writes": (lambda: mixture(writes=True), TOKENS),
    "packed sequence": (
        lambda: Written(packed, lstm=nn.LSTM(8, 6, batch_first=True), head=nn.Linear(6, 3)),
        TOKENS,
    ),
    "gradient": (Slope, ROWS),
    "gradient inside": (lambda: nn.Sequential(nn.Linear(8, 8), Slope(), nn.Linear(8, 2)), ROWS),
    "numpy": (UsesByHand, ROWS),
    "dataclass": (lambda: Written(answered, layer=nn.Linear(8, 3)), ROWS),
    "observed": (lambda: observed(training=False), IMAGES),
}
WHOLE = {
    "sparse mixture": {"1"},
    "sparse mixture that writes": {"1"},
    "gradient": {"energy"},
    "gradient inside": {"1"},
    "numpy": {"part"},
}
"""Their leaf modules, which run unchanged."""

pytestmark = pytest.mark.filterwarnings("ignore")

every = pytest.mark.parametrize("name", RUNNING)


def outputs_of(model: nn.Module, x: Tensor) -> list[Tensor]:
    output = model(x)
    parts = vars(output) if isinstance(output, Answer) else output
    return [t.detach() for t in tensors(parts)]


@every
def test_its_graph_computes_the_same(name: str) -> None:
    make, x = RUNNING[name]
    model = make().eval()
    imported = from_module(model, x)
    graph, state = imported.graph, imported.state
    assert imported.batch in (len(x), None)
    assert relative_error(tensors(apply(graph, state, x)), outputs_of(model, x)) < 1e-5
    changed = {n: t.detach() + 0.1 if n in graph.parameters() else t for n, t in state.items()}
    found = tensors(apply(graph, changed, x))
    with torch.no_grad():
        for own, graph_name in own_names(imported).items():
            model.get_parameter(own).copy_(changed[graph_name])
    if name not in ("mask", "detector"):  # recorded sizes depend on the old weights
        assert relative_error(found, outputs_of(model, x)) < 1e-5


@every
def test_all_its_weights_are_predicted_and_the_report_is_honest(name: str) -> None:
    make, x = RUNNING[name]
    model = make()
    before = {n: p.clone() for n, p in model.named_parameters()}
    found = predict_module(make_hypernet(), model, x).coverage
    assert found.share == 1
    for parameter, value in model.named_parameters():
        assert not torch.equal(value, before[parameter]), parameter
        assert value.isfinite().all()
    inside = WHOLE.get(name, set())
    assert set(found.whole) == {n for n in before if n.split(".")[0] in inside}


@pytest.mark.parametrize("name", ["sparse mixture", "gradient inside", "numpy"])
def test_the_module_of_the_graph_runs_it(name: str) -> None:
    make, x = RUNNING[name]
    model = make().eval()
    imported = from_module(model, x)
    module = to_module(imported.graph).eval()
    module.load_state_dict(imported.state, strict=False)
    assert relative_error(tensors(module(x)), outputs_of(model, x)) < 1e-5


def test_random_numbers_are_drawn_in_every_run() -> None:
    def drawn(self: nn.Module, x: Tensor) -> Tensor:
        mean, spread = self.get_submodule("mean")(x), self.get_submodule("spread")(x)
        sample: Tensor = Normal(mean, spread.exp()).rsample()
        return sample

    model = Written(drawn, mean=nn.Linear(8, 3), spread=nn.Linear(8, 3))
    imported = from_module(model, ROWS)
    assert imported.coverage.share == 1
    assert imported.coverage.whole == {}
    torch.manual_seed(0)
    expected = model(ROWS)
    torch.manual_seed(0)
    torch.testing.assert_close(apply(imported.graph, imported.state, ROWS), expected)
    assert not torch.equal(apply(imported.graph, imported.state, ROWS), expected)


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: x.bernoulli_(0.5),
        lambda x: x.cauchy_(0, 1),
        lambda x: x.exponential_(2.0),
        lambda x: x.geometric_(0.5),
        lambda x: x.log_normal_(0, 1),
        lambda x: x.normal_(1, 2),
        lambda x: x.random_(5),
        lambda x: x.uniform_(1, 2),
    ],
)
def test_a_tensor_filled_at_random_is_filled_anew(draw) -> None:
    model = Written(lambda self, x: x + draw(torch.empty(4, 8)))
    imported = from_module(model, ROWS)
    assert "layer" not in [node.op.kind for node in imported.graph.nodes]
    torch.manual_seed(0)
    expected = model(ROWS)
    torch.manual_seed(0)
    torch.testing.assert_close(apply(imported.graph, imported.state, ROWS), expected)


def test_importing_does_not_advance_the_users_random_numbers() -> None:
    model = Written(lambda self, x: x + torch.empty(4, 8).normal_() * float(x.sum() > 1e9))
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    from_module(model, ROWS)
    assert torch.equal(torch.rand(3), expected)


def test_inner_layers_have_the_features_of_the_nearest_operations() -> None:
    parts = nn.ModuleList(
        [nn.Conv2d(3, 8, 3, groups=1), nn.BatchNorm2d(8), nn.Linear(8, 8), nn.Embedding(7, 8)]
    )

    def numpy(self: nn.Module, x: Tensor) -> Tensor:
        conv, norm, linear, _ = self.get_submodule("parts").children()
        y: Tensor = linear(norm(conv(x)).mean((2, 3)))
        return torch.from_numpy(y.numpy() + 0)

    graph = from_module(Written(numpy, parts=parts), IMAGES).graph
    (node,) = graph.nodes
    assert [part.features.kind for part in node.op.features().parts] == [
        "conv2d",
        "batch_norm2d",
        "linear",
        "embedding",
    ]
    roles = {n.removeprefix(f"{node.name}.parts."): s.role for n, s in graph.parameters().items()}
    assert roles == {
        "0.weight": Role.WEIGHT,
        "0.bias": Role.BIAS,
        "1.weight": Role.SCALE,
        "1.bias": Role.SHIFT,
        "2.weight": Role.WEIGHT,
        "2.bias": Role.BIAS,
        "3.weight": Role.TABLE,
    }
    encoded = encode(graph, 50)
    kinds = [KINDS[kind] for kind in encoded.data.kind.tolist()]
    assert kinds == ["input", "conv2d", "batch_norm2d", "linear", "embedding", "layer"]
    owners = {slot.name.split("parts.")[1]: kinds[slot.node] for slot in encoded.slots}
    assert owners["0.weight"] == "conv2d"
    assert owners["3.weight"] == "embedding"


def test_two_calls_of_a_part_become_one_layer() -> None:
    part = ByHand()

    def twice(self: nn.Module, x: Tensor) -> Tensor:
        y: Tensor = part(part(x)["y"])["y"]
        return y

    model = Written(twice, part=part)
    imported = from_module(model, ROWS)
    assert set(imported.coverage.whole) == {"part.layer.weight", "part.layer.bias"}
    torch.testing.assert_close(apply(imported.graph, imported.state, ROWS), model(ROWS))


def test_a_module_and_an_outer_reader_of_its_weights_become_one_layer() -> None:
    def tied(self: nn.Module, x: Tensor) -> Tensor:
        y: Tensor = self.get_submodule("part")(x)["y"]
        weight: Tensor = self.get_submodule("part.layer").weight  # type: ignore[assignment]
        return nn.functional.linear(y, weight)

    model = Written(tied, part=ByHand())
    imported = from_module(model, ROWS)
    assert set(imported.coverage.whole) == {"part.layer.weight", "part.layer.bias"}
    torch.testing.assert_close(apply(imported.graph, imported.state, ROWS), model(ROWS))


def test_layers_of_attention_over_graphs_are_read() -> None:
    geometric = pytest.importorskip("torch_geometric.nn")

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = geometric.GPSConv(8, geometric.GCNConv(8, 8), heads=2)
            self.head = nn.Linear(8, 3)

        def forward(self, x: Tensor, edges: Tensor) -> Tensor:
            scores: Tensor = self.head(self.conv(x, edges))
            return scores

    model, edges = Network().eval(), torch.tensor([[0, 1, 2], [1, 2, 3]])
    imported = from_module(model, (ROWS, edges))
    assert imported.coverage.share == 1
    found = apply(imported.graph, imported.state, ROWS, edges)
    torch.testing.assert_close(found, model(ROWS, edges))


def test_nets_that_learn_to_be_quantised_are_read() -> None:
    model = observed(training=True)
    imported = from_module(model, IMAGES)
    assert imported.coverage.share == 1
    found = apply(imported.graph, imported.state, IMAGES)
    torch.testing.assert_close(found, model.eval()(IMAGES))


def test_the_message_names_what_the_model_raises() -> None:
    model = nn.Sequential(nn.Linear(8, 5), nn.Linear(4, 3))
    with pytest.raises(ImportingError) as caught:
        from_module(model, ROWS)
    assert "RuntimeError: mat1 and mat2 shapes cannot be multiplied" in caught.value.message
    assert "model(*example_inputs) raises this" in caught.value.hint
