from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F

from nas.errors import ShapeError
from nas.graph.ops.window import each, image, pair, same_padding, slide, transposed_slide


def test_a_number_is_a_square():
    assert pair(3) == (3, 3)
    assert pair((1, 7)) == (1, 7)


@pytest.mark.parametrize(
    ("kernel", "dilation", "padding"),
    [((1, 1), 1, (0, 0)), ((3, 5), 1, (1, 2)), ((3, 3), 4, (4, 4)), ((2, 4), 1, (0, 1))],
)
def test_same_padding(kernel, dilation, padding):
    assert same_padding(kernel, dilation) == padding


def test_slide_agrees_with_torch():
    for size, kernel, stride, padding, dilation in itertools.product(
        (5, 6, 9), (1, 2, 3), (1, 2, 3), (0, 1), (1, 2)
    ):
        x = torch.zeros(1, 1, size, size + 1)
        weight = torch.zeros(1, 1, kernel, kernel)
        real = F.conv2d(x, weight, None, stride, padding, dilation).shape[2:]
        ours = slide(tuple(x.shape), pair(kernel), pair(stride), pair(padding), dilation)
        assert ours == tuple(real), (size, kernel, stride, padding, dilation)


@pytest.mark.parametrize(
    ("kernel", "padding", "dilation", "smallest"),
    [((3, 3), (0, 0), 1, "3x3"), ((3, 5), (1, 0), 1, "1x5"), ((3, 3), (0, 1), 2, "5x3")],
)
def test_a_window_that_does_not_fit_says_what_would(kernel, padding, dilation, smallest):
    with pytest.raises(ShapeError, match=f"at least {smallest} pixels, got 2x2"):
        slide((1, 1, 2, 2), kernel, (1, 1), padding, dilation)
    height, width = map(int, smallest.split("x"))
    assert slide((1, 1, height, width), kernel, (1, 1), padding, dilation) == (1, 1)


@pytest.mark.parametrize("dims", [1, 3])
def test_slide_and_spread_agree_with_torch_in_other_dimensions(dims):
    functions = {1: (F.conv1d, F.conv_transpose1d), 3: (F.conv3d, F.conv_transpose3d)}[dims]
    size, kernel, stride = (9, 6, 7)[:dims], (3, 2, 1)[:dims], (2, 1, 3)[:dims]
    padding, extra, dilation = (1, 0, 0)[:dims], (1, 0, 1)[:dims], (2, 1, 1)[:dims]
    x, weight = torch.zeros(1, 1, *size), torch.zeros(1, 1, *kernel)
    convolved = functions[0](x, weight, None, stride, padding, dilation)
    assert slide(x.shape, kernel, stride, padding, dilation) == tuple(convolved.shape[2:])
    spread_out = functions[1](x, weight, None, stride, padding, extra, 1, dilation)
    ours = transposed_slide(x.shape, kernel, stride, padding, extra, dilation)
    assert ours == tuple(spread_out.shape[2:])


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 1, 2), "a sequence of at least 3 pos"), ((1, 1, 3, 3, 2), "a volume of at least 3x3x3")],
)
def test_a_window_too_large_for_a_sequence_or_a_volume(shape, message):
    dims = len(shape) - 2
    with pytest.raises(ShapeError, match=message):
        slide(shape, each(3, dims), each(1, dims), each(0, dims))


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 8), (1, 3, 8, 8, 8)])
def test_only_four_dimensions_are_an_image(shape):
    with pytest.raises(ShapeError, match="image batch"):
        image(shape)
