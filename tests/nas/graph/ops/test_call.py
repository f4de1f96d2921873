from __future__ import annotations

import pytest
import torch

from nas.errors import GraphError, ShapeError
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.ops import Call, call
from nas.testing.op import OpCase, OpConformance

TOKENS = (1, 5, 6)


class TestCall(OpConformance):
    @staticmethod
    def cases():
        return [
            OpCase(Call(expression="torch.permute(x0, (0, 2, 1))"), (TOKENS,)),
            OpCase(Call(expression="x0.view(x0.shape[0], -1)"), (TOKENS,)),
            OpCase(Call(expression="torch.chunk(x0, 2, dim=2)[1]"), (TOKENS,)),
            OpCase(Call(expression="x0.__getitem__((slice(None, None, None), -1))"), (TOKENS,)),
            OpCase(Call(expression="torch.matmul(x0, x1)"), (TOKENS, (1, 6, 4)), macs=5 * 6 * 4),
        ]


@pytest.mark.parametrize(
    "expression",
    """x0
    x0.shape
    torch.relu
    torch.load('weights.pt')
    torch.hub.load('a', 'b')
    torch.save(x0, 'weights.pt')
    torch.from_file('data', size=3)
    x0.numpy()
    x0.tolist()
    x0.add_(x0)
    x0.__class__.__mro__()
    x0.register_hook(print)
    x0.apply_(lambda value: value)
    torch.relu(torch.relu(x0))
    torch.relu(*x0)
    torch.relu(**x0)
    torch.relu(x0.data)
    torch.relu(x0) + x0
    torch.relu(y)
    torch.relu(x1)
    torch.add(x0, [a for a in x0])
    torch.add(x0, f'{x0}')
    torch.add(x0, 9 ** 9)
    torch.add(x0, 'a' * 99)
    torch.sum(x0, dtype=torch.hub)
    torch.relu(x0)[x0]
    __import__('os').system('true')
    open('file')
    eval('x0')
    torch.relu(x0, input=x0, input=x0)
    torch.relu(x٠)
    torch.relu(x00)
    torch.full((2,), 1e999j)
    torch.segment_reduce(x0, 'sum', lengths=x1, unsafe=True)
    x0.__getattribute__('data')
    x0.to(device=x0.device.__class__('cpu'))
    torch.ops.load_library('a.so')
    torch.ops.aten.add.Tensor.__class__(x0)
    torch.utils.cpp_extension.load(name='a')
    torch.zeros.__self__.hub.load('a', 'b')
    getattr(torch, 'load')('x')
    torch.relu(x0\0)
    torch.relu(x0
    """.strip().split("\n"),
)
def test_all_but_one_function_with_plain_arguments_is_refused(expression) -> None:
    with pytest.raises(GraphError, match="cannot take"):
        Call(expression=expression.strip())


@pytest.mark.parametrize(
    "expression", ["torch.relu(" + "[" * 3000 + "]" * 3000 + ")", "x0" + "[0]" * 100_000, "\ud800"]
)
def test_what_python_cannot_read_is_refused_in_short(expression) -> None:
    with pytest.raises(GraphError, match="cannot take") as caught:
        Call(expression=expression)
    assert len(caught.value.message) < 1000


@pytest.mark.parametrize("device", ["", ", device='cpu'", ", device=x0.device"])
def test_shapes_are_known_without_memory(device) -> None:
    zeros = Call(expression=f"torch.zeros(x0.shape[0], 1000000000000{device})")
    assert zeros.infer_shape((1, 2)) == (1, 10**12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (Call(expression="x0.chunk(2)"), "returns a tuple, not a tensor"),
        (Call(expression="x0.exp()", dtypes=("float32", "int64")), "cannot take inputs"),
        (Call(expression="torch.relu(inf.device)"), "cannot take inputs"),
    ],
)
def test_what_gives_no_tensor_is_a_fault_of_its_shape(call, message) -> None:
    with pytest.raises(ShapeError, match=message):
        call.infer_shape((2, 2))


def test_made_numbers_are_of_the_type_that_the_module_is_converted_to() -> None:
    for dtype in ("", ", dtype=torch.float32"):
        module = Call(expression=f"torch.ones(x0.shape[0], 3{dtype})").module((1, 2))
        assert module is not None
        assert module(torch.zeros(4, 2)).dtype == torch.float32
        assert module.double()(torch.zeros(4, 2)).dtype == torch.float64
        assert not module.state_dict()
    whole = Call(expression="torch.arange(x0.shape[0])").module((1, 2))
    assert whole is not None
    assert whole.half()(torch.zeros(4, 2)).dtype == torch.int64


def test_a_json_document_cannot_bring_in_other_code() -> None:
    b = GraphBuilder()
    document = b.build(b.op(Call(expression="x0.exp()"), b.input((1, 2)))).to_json()
    with pytest.raises(GraphError, match=r"'torch.load' is not a function of torch"):
        Graph.from_json(document.replace("x0.exp()", "torch.load('x')"))


def test_shapes_that_do_not_fit_are_refused_with_torchs_reason() -> None:
    with pytest.raises(ShapeError, match=r"torch.matmul\(x0, x1\) cannot take inputs"):
        Call(expression="torch.matmul(x0, x1)").infer_shape((1, 5, 6), (1, 5, 6))


@pytest.mark.parametrize(
    "expression",
    [
        "torch.tensor_split(x0, 30000000)[0]",
        "x0.split(1)[0]",
        "torch.chunk(x0, 4000000)[0]",
        "x0.unbind()[0]",
        "torch.ops.aten.unbind.int(x0, 0)[0]",
    ],
)
def test_no_call_cuts_a_tensor_into_millions(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call, "_PARTS", 1000)
    shape = (5_000_000, 2)
    with pytest.raises(ShapeError, match="makes more than 1,000 tensors"):
        Call(expression=expression).infer_shape(shape)
    assert Call(expression="x0.split(2500000)[1]").infer_shape(shape) == (2_500_000, 2)
    assert Call(expression="x0.unbind(1)[0]").infer_shape(shape) == (5_000_000,)


def test_data_types_other_than_float_are_given() -> None:
    call = Call(expression="torch.nn.functional.one_hot(x0, 7)", dtypes=("int64",))
    assert call.infer_shape((1, 4)) == (1, 4, 7)
    with pytest.raises(GraphError, match="torch data types, got 'float33'"):
        Call(expression="x0.exp()", dtypes=("float33",))


def test_windows_cost_what_they_cost_in_one_sample() -> None:
    """Four windows of three tokens each, for any number of samples."""
    call = Call(expression="torch.matmul(x0, x1)", rows=4)
    for samples in (1, 5):
        shapes = (samples * 4, 3, 8), (samples * 4, 8, 3)
        assert call.macs(*shapes) == 4 * 3 * 8 * 3


def test_a_module_is_needed_only_where_no_tensor_is_read() -> None:
    assert Call(expression="x0.exp()").module((1, 2)) is None
    ones = Call(expression="torch.ones(x0.shape[0], 3, device=x0.device)")
    module = ones.module((1, 2))
    assert module is not None
    assert torch.equal(module(torch.zeros(4, 2)), torch.ones(4, 3))


def test_it_is_differentiable() -> None:
    x = torch.tensor([0.5, 2.0], requires_grad=True)
    Call(expression="x0.square()").forward({}, x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 4.0]
