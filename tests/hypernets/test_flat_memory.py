from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import torch

from hypernets.flat_memory import KEPT, FlatMemory

CPU = torch.device("cpu")


def test_tensors_are_disjoint_and_aligned() -> None:
    found = FlatMemory().tensors([(2, 3), (), (5,), (4, 0), (2, 2)], CPU)
    assert [tuple(tensor.shape) for tensor in found] == [(2, 3), (), (5,), (4, 0), (2, 2)]
    for index, tensor in enumerate(found):
        tensor.fill_(index)
    assert all(bool((tensor == index).all()) for index, tensor in enumerate(found))
    assert {
        (tensor.data_ptr() - found[0].data_ptr()) % 64 for tensor in found if tensor.numel()
    } == {0}
    assert {tensor.untyped_storage().data_ptr() for tensor in found} == {found[0].data_ptr()}


def test_memory_is_used_again_when_no_view_of_it_is_left() -> None:
    memory = FlatMemory()
    (first,) = memory.tensors([(100,)], CPU)
    address = first.data_ptr()
    view = first[90:].view(2, 5)
    del first
    (second,) = memory.tensors([(100,)], CPU)
    assert second.data_ptr() != address
    third_address = second.data_ptr()
    del view, second
    (third,) = memory.tensors([(70,)], CPU)
    assert third.data_ptr() == third_address


def test_more_than_there_is() -> None:
    memory = FlatMemory()
    memory.tensors([(10,)], CPU)
    (found,) = memory.tensors([(1000,)], CPU)
    assert found.fill_(1).sum() == 1000


def test_numpy_views_keep_the_memory() -> None:
    memory = FlatMemory()
    values = memory.tensors([(50,)], CPU)[0].fill_(7).numpy()
    memory.tensors([(50,)], CPU)[0].zero_()
    assert (values == 7).all()


def test_large_pieces_are_given_back() -> None:
    memory = FlatMemory()
    memory.tensors([(KEPT + 1,)], CPU)  # not touched, so of no size to the system
    assert memory._kept == []


def test_a_copy_has_memory_of_its_own() -> None:
    memory = FlatMemory()
    (first,) = memory.tensors([(100,)], CPU)
    address = first.data_ptr()
    del first
    for twin in (copy.deepcopy(memory), pickle.loads(pickle.dumps(memory))):
        assert twin.tensors([(100,)], CPU)[0].data_ptr() != address


def test_threads_do_not_share_it() -> None:
    memory = FlatMemory()

    def hold(number):
        (tensor,) = memory.tensors([(1000,)], CPU)
        tensor.fill_(number)
        return number, tensor

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(hold, range(200)))
    assert all(bool((tensor == number).all()) for number, tensor in found)
