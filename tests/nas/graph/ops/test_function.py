from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nas.graph.ops.function import function_named, name_of
from nas.graph.ops.function_kind import kind_of, short_name

REFUSED = """torch.load torch.save torch.hub.load torch.jit.load torch.compile torch.manual_seed
    torch.serialization.load torch.set_num_threads torch.autocast torch.from_file torch.from_numpy
    torch.frombuffer torch.nn.Module torch.nn.functional.importlib torch.nn.functional.np
    torch.nn.functional.handle_torch_function torch.nn.functional.boolean_dispatch
    torch.ops.load_library torch.ops.aten.from_file.default torch.ops.aten.add_.Tensor
    torch.ops.aten.add.out torch.Tensor torch.Tensor.tolist torch.Tensor.item torch.Tensor.numpy
    torch.Tensor.backward torch.Tensor.register_hook torch.Tensor.share_memory_
    torch.Tensor.__reduce_ex__ torch.Tensor.__setstate__ torch.Tensor.__class__
    torch.Tensor.__array__ torch.Tensor.__setitem__ torch.Tensor.__iadd__ torch.Tensor.add_
    torch.Tensor.copy_ torch.Tensor.set_ torch.Tensor.apply_ torch.Tensor.map_
    torch.Tensor.requires_grad_ torch.Tensor.data_ptr torch.Tensor.storage torch.Tensor.new
    torch.embedding_dense_backward torch.ops.aten.max_pool2d_with_indices_backward.default
    torch.sparse_coo_tensor torch.sparse_csr_tensor torch._sparse_coo_tensor_unsafe
    torch.ops.aten.sparse_coo_tensor.indices_size torch.ops.aten._sparse_coo_tensor_unsafe.default
    torch.ops.aten.add.__class__ torch.ops.aten.add.Tensor.op
    torch.Tensor.size os.system builtins.eval relu"""


@pytest.mark.parametrize(
    "function",
    [
        F.interpolate,
        F.max_pool2d,
        F.hardsigmoid,
        F.normalize,
        torch.relu,
        torch.einsum,
        torch.lstm,
        torch.chunk,
        torch.zeros,
        torch.fft.rfft2,
        torch.linalg.norm,
        torch.special.expit,
        torch.Tensor.permute,
        torch.Tensor.to,
        torch.Tensor.unflatten,
        torch.Tensor.__getitem__,
        torch.Tensor.__rsub__,
        torch.ops.aten.convolution.default,
        torch.ops.aten.add.Tensor,
    ],
    ids=name_of,
)
def test_what_computes_tensors_is_found_by_its_name(function) -> None:
    name = name_of(function)
    assert name is not None
    assert function_named(name) == function


@pytest.mark.parametrize(
    "name",
    REFUSED.split(),
)
def test_all_else_is_refused(name) -> None:
    assert function_named(name) is None


def test_functions_that_are_not_torchs_have_no_name() -> None:
    def relu(x):
        return x

    assert name_of(relu) is None
    assert name_of(torch.Tensor.tolist) is None


@pytest.mark.parametrize(
    ("name", "short", "kind"),
    [
        ("torch.nn.functional.relu", "relu", "relu"),
        ("torch.Tensor.permute", "permute", "reshape"),
        ("torch.ops.aten.convolution.default", "convolution", "conv2d"),
        ("torch._VF.lstm", "lstm", "recurrent"),
        ("torch.Tensor.__matmul__", "__matmul__", "matmul"),
        ("torch.fft.rfft2", "rfft2", "call"),
    ],
)
def test_kind_follows_the_functions_own_name(name, short, kind) -> None:
    assert short_name(name) == short
    assert kind_of(name) == kind


@pytest.mark.parametrize("name", ["select", "index_select"])
def test_functions_that_another_package_has_replaced_are_torchs_own(name: str) -> None:
    import torch_geometric

    if not hasattr(torch_geometric, "hash_tensor"):
        pytest.skip("torch-geometric replaces functions since version 2.7")
    replaced = getattr(torch, name)
    assert replaced.__module__ == "torch_geometric.hash_tensor"  # else this test is not needed
    own = getattr(torch._C._VariableFunctions, name)
    assert function_named(f"torch.{name}") is own
    assert name_of(own) == f"torch.{name}"
