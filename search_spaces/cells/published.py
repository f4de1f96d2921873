"""Published cells of the spaces of NASNet and DARTS."""

from __future__ import annotations

from search_spaces.cells.genotype import Block, Edge, Genotype


def _blocks(*edges: tuple[str, int]) -> tuple[Block, ...]:
    """Blocks of two edges each, listed one after another as in the authors' programs."""
    left, right = edges[::2], edges[1::2]
    return tuple((Edge(*one), Edge(*other)) for one, other in zip(left, right, strict=True))


NASNET_A_NORMAL = _blocks(
    ("sep_conv_5x5", 1),
    ("sep_conv_3x3", 0),
    ("sep_conv_5x5", 0),
    ("sep_conv_3x3", 0),
    ("avg_pool_3x3", 1),
    ("identity", 0),
    ("avg_pool_3x3", 0),
    ("avg_pool_3x3", 0),
    ("sep_conv_3x3", 1),
    ("identity", 1),
)
NASNET_A_REDUCE = _blocks(
    ("sep_conv_5x5", 1),
    ("sep_conv_7x7", 0),
    ("max_pool_3x3", 1),
    ("sep_conv_7x7", 0),
    ("avg_pool_3x3", 1),
    ("sep_conv_5x5", 0),
    ("identity", 3),
    ("avg_pool_3x3", 2),
    ("sep_conv_3x3", 2),
    ("max_pool_3x3", 1),
)
NASNET_A = Genotype(
    normal=NASNET_A_NORMAL,
    normal_concat=(0, 2, 3, 4, 5, 6),
    reduce=NASNET_A_REDUCE,
    reduce_concat=(3, 4, 5, 6),
)
"""NASNet-A as released: it concatenates states 0 (normal) and 3 (reduce) although blocks read
them, so it is a network of :meth:`NasNet.network` but not an architecture of the space."""

NASNET_CELLS = {
    "NASNet-A, unused states concatenated": Genotype(
        normal=NASNET_A_NORMAL,
        normal_concat=(2, 3, 4, 5, 6),
        reduce=NASNET_A_REDUCE,
        reduce_concat=(4, 5, 6),
    ),
    "AmoebaNet-A": Genotype(
        normal=_blocks(
            ("avg_pool_3x3", 0),
            ("max_pool_3x3", 1),
            ("sep_conv_3x3", 0),
            ("sep_conv_5x5", 2),
            ("sep_conv_3x3", 0),
            ("avg_pool_3x3", 3),
            ("sep_conv_3x3", 1),
            ("identity", 1),
            ("identity", 0),
            ("avg_pool_3x3", 1),
        ),
        normal_concat=(4, 5, 6),
        reduce=_blocks(
            ("avg_pool_3x3", 0),
            ("sep_conv_3x3", 1),
            ("max_pool_3x3", 0),
            ("sep_conv_7x7", 2),
            ("sep_conv_7x7", 0),
            ("avg_pool_3x3", 1),
            ("max_pool_3x3", 0),
            ("max_pool_3x3", 1),
            ("conv_1x7_7x1", 0),
            ("sep_conv_3x3", 5),
        ),
        reduce_concat=(3, 4, 6),
    ),
}
"""Zoph et al. 2018; Real et al. 2019, as quark0/darts writes its cells."""

_ALL = (2, 3, 4, 5)


def _darts(normal: tuple[Block, ...], reduce: tuple[Block, ...]) -> Genotype:
    return Genotype(normal=normal, normal_concat=_ALL, reduce=reduce, reduce_concat=_ALL)


DARTS_CELLS = {
    "DARTS, first order": _darts(
        _blocks(
            ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 0),
            ("skip_connect", 0),
            ("sep_conv_3x3", 1),
            ("skip_connect", 0),
            ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 0),
            ("skip_connect", 2),
        ),
        _blocks(
            ("max_pool_3x3", 0),
            ("max_pool_3x3", 1),
            ("skip_connect", 2),
            ("max_pool_3x3", 0),
            ("max_pool_3x3", 0),
            ("skip_connect", 2),
            ("skip_connect", 2),
            ("avg_pool_3x3", 0),
        ),
    ),
    "DARTS, second order": _darts(
        _blocks(
            ("sep_conv_3x3", 0),
            ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 0),
            ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 1),
            ("skip_connect", 0),
            ("skip_connect", 0),
            ("dil_conv_3x3", 2),
        ),
        _blocks(
            ("max_pool_3x3", 0),
            ("max_pool_3x3", 1),
            ("skip_connect", 2),
            ("max_pool_3x3", 1),
            ("max_pool_3x3", 0),
            ("skip_connect", 2),
            ("skip_connect", 2),
            ("max_pool_3x3", 1),
        ),
    ),
    "P-DARTS": _darts(
        _blocks(
            ("skip_connect", 0),
            ("dil_conv_3x3", 1),
            ("skip_connect", 0),
            ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 3),
            ("sep_conv_3x3", 0),
            ("dil_conv_5x5", 4),
        ),
        _blocks(
            ("avg_pool_3x3", 0),
            ("sep_conv_5x5", 1),
            ("sep_conv_3x3", 0),
            ("dil_conv_5x5", 2),
            ("max_pool_3x3", 0),
            ("dil_conv_3x3", 1),
            ("dil_conv_3x3", 1),
            ("dil_conv_5x5", 3),
        ),
    ),
    "PC-DARTS": _darts(
        _blocks(
            ("sep_conv_3x3", 1),
            ("skip_connect", 0),
            ("sep_conv_3x3", 0),
            ("dil_conv_3x3", 1),
            ("sep_conv_5x5", 0),
            ("sep_conv_3x3", 1),
            ("avg_pool_3x3", 0),
            ("dil_conv_3x3", 1),
        ),
        _blocks(
            ("sep_conv_5x5", 1),
            ("max_pool_3x3", 0),
            ("sep_conv_5x5", 1),
            ("sep_conv_5x5", 2),
            ("sep_conv_3x3", 0),
            ("sep_conv_3x3", 3),
            ("sep_conv_3x3", 1),
            ("sep_conv_3x3", 2),
        ),
    ),
}
"""Found on CIFAR-10: Liu et al. 2019, Chen et al. 2019, Xu et al. 2020."""
