"""Any torch module as a graph."""

from __future__ import annotations

import inspect
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nas.errors import ImportingError
from nas.graph.ops.recorded_call import RecordedCall
from nas.importers.assembly import assemble
from nas.importers.constants import check_fixed, nearby
from nas.importers.recorder import Unseen
from nas.importers.silence import torch_silenced
from nas.importers.smallest_whole import with_wholes
from nas.importers.trace import TRACE_MODES, Hidden, Located, TraceMode, in_mode, trace
from nas.modules.geometric import is_message_passing
from nas.modules.lazy_layers import check_sizes
from nas.modules.mode import evaluating
from nas.modules.state import on_copies, unchanged
from nas.modules.surroundings import as_taken, plain_surroundings, unwrapped
from nas.raised import error_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.graph.graph import Graph
    from nas.importers.imported import Frozen, Imported


def from_module(
    model: nn.Module, example_inputs: Tensor | Sequence[Tensor], *, frozen: Frozen = "keep"
) -> Imported:
    """Read a module as a graph by running it once and noting every torch function it calls.

    Parameters are told by identity. Layers of the vocabulary become typed operations, every other
    torch function a :class:`~nas.graph.ops.call.Call`, and tensors of the model's own become
    :class:`~nas.graph.ops.parameter.Parameter` nodes, as do weights that several layers share.
    TorchScript is a :class:`~nas.graph.ops.layer.Layer` that runs as it is, and is reported as
    opaque.

    The run is in evaluation mode, in the first of these ways that works:

    1. Without numbers (on the meta device) at a batch size of its own, which costs about one
       forward pass of an image. The graph holds for every batch size; branches on shapes go the
       way of the example.
    2. Without numbers at the example's batch size, for models that only take that one.
    3. On the example itself, for models that look at numbers. The graph then goes the way of the
       example, at its batch size.
    4. On the model as :func:`torch.export.export` writes it, which takes seconds but also follows
       writing into views of tensors. Operations are then torch's own (``aten``).
    5. As 3, the smallest modules that cannot be recorded (numpy, gradients of their own, writing
       into some samples) running as they are: each is a layer, whose weights are known by their
       shape and kind alone and reported as whole.

    Where shapes depend on numbers (masks, packed sequences), those of the example are recorded.

    Where outputs do not depend on some parameters in evaluation mode (auxiliary heads), the model
    is run with its containers in training mode, and has further outputs.

    Args:
        model: Any module; it is left as it was. What torch.compile or DataParallel wraps is read
            under its own names.
        example_inputs: What ``forward`` takes, the batch first; they are brought to the data type
            of the model. What torch is set to (inference mode, autocast, default data type and
            device) has no influence.
        frozen: Whether parameters that do not require a gradient count as those that are kept, or
            as the others do.

    Raises:
        ImportingError: The module cannot be run on the example, or not be recorded, or has lazy
            layers that have read nothing yet.

    Example:
        >>> from torch import nn, zeros
        >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())
        >>> imported = from_module(model, zeros(1, 3, 8, 8))
        >>> [node.op.kind for node in imported.graph.nodes]
        ['conv2d', 'activation', 'flatten']
        >>> imported.names
        {'_0.weight': '0.weight', '_0.bias': '0.bias'}
    """
    model = unwrapped(model)
    check_sizes(model)
    with plain_surroundings(model), torch.random.fork_rng(devices=[]):
        inputs = tuple(as_taken(model, x) for x in _checked(example_inputs))
        imported = _read(model, inputs)
    if frozen == "predict":
        return imported
    fixed = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    return replace(imported, coverage=imported.coverage.keeping(fixed))


def _read(model: nn.Module, inputs: tuple[Tensor, ...]) -> Imported:
    """The graph recorded in the first way that works; frozen parameters count as others do."""
    leaf_modules = {module for module in model.modules() if _is_whole(module)}
    for way in TRACE_MODES:
        try:
            imported = _imported(model, inputs, way, leaf_modules)
        except Exception:  # a model may be anybody's code
            continue
        if imported.coverage.excluded and _has_recorded_shapes(imported.graph):
            with suppress(Exception):
                return with_wholes(model, inputs, leaf_modules)
        if imported.coverage.excluded:
            return _with_auxiliary_heads(model, inputs, way, leaf_modules, imported)
        return imported
    with suppress(Exception):
        return _imported(_exported(model, inputs), inputs, TRACE_MODES[0], set())
    try:
        return with_wholes(model, inputs, leaf_modules)
    except Exception as error:
        own = _error_of(model, inputs)
        raise _refusal(model, own or error, runs=own is None) from (own or error)


def _error_of(model: nn.Module, inputs: tuple[Tensor, ...]) -> Exception | None:
    """What a model raises on the example where nothing is recorded."""
    try:
        with on_copies(model), evaluating(model), torch.no_grad():
            model(*inputs)
    except Exception as error:  # a model may be anybody's code
        return error
    return None


def _refusal(model: nn.Module, error: Exception, *, runs: bool) -> ImportingError:
    """What is said of a model that cannot be recorded.

    Args:
        model: The model.
        error: What it raises itself or, if it runs, what the recording raised.
        runs: Whether it runs on the example.
    """
    name = type(model).__name__
    cause = error.cause if isinstance(error, Located) else error
    if runs:
        reason = cause.message if isinstance(cause, ImportingError) else error_text(cause)
        further = cause.hint if isinstance(cause, ImportingError) else ""
        hint = f"model(*example_inputs) runs, but this is in the way. {further}".rstrip()
    else:
        reason = error_text(cause)
        hint = "model(*example_inputs) raises this. Correct it there, or give inputs it takes."
    return ImportingError(f"{name} cannot be read as a graph: {reason}", hint=hint)


def _checked(example_inputs: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The example as a tuple of tensors with a batch dimension."""
    given = example_inputs if isinstance(example_inputs, tuple | list) else (example_inputs,)
    if not given or not all(isinstance(x, Tensor) and x.dim() for x in given):
        raise ImportingError(
            "expected one or more tensors with a batch dimension as example inputs, got "
            + (", ".join(_described(x) for x in given) or "none")
        )
    return tuple(given)


def _described(part: object) -> str:
    return "a number" if isinstance(part, Tensor) else type(part).__name__


def _exported(model: nn.Module, inputs: tuple[Tensor, ...]) -> nn.Module:
    """The model without in-place functions, as torch.export writes it."""
    follows = [x.shape[0] == inputs[0].shape[0] for x in inputs]
    several = tuple(
        torch.cat([x, x]) if follow else x for x, follow in zip(inputs, follows, strict=True)
    )
    free: tuple[Any, ...] = tuple(
        {0: torch.export.Dim.AUTO} if follow else {} for follow in follows
    )
    (first, *_) = inspect.signature(model.forward).parameters.values()
    if first.kind is first.VAR_POSITIONAL:
        free = (free,)
    with unchanged(model), in_mode(model, training=False), torch_silenced():
        program = torch.export.export(model, several, dynamic_shapes=free)
        module: nn.Module = program.run_decompositions({}).module(check_guards=False)
    return module


def _imported(
    model: nn.Module, inputs: tuple[Tensor, ...], way: TraceMode, leaf_modules: set[nn.Module]
) -> Imported:
    """The graph recorded in one way, submodules being taken whole where they must."""
    watch = False
    while True:
        try:
            imported = assemble(trace(model, inputs, way, leaf_modules, watch=watch), model)
            if not way.meta:
                other = trace(model, nearby(inputs), way, leaf_modules)
                check_fixed(imported, assemble(other, model))
        except Unseen:
            if watch:
                raise
            watch = True
            continue
        except Hidden:
            continue
        return imported


def _has_recorded_shapes(graph: Graph) -> bool:
    return any(isinstance(node.op, RecordedCall) for node in graph.nodes)


def _with_auxiliary_heads(
    model: nn.Module,
    inputs: tuple[Tensor, ...],
    way: TraceMode,
    leaf_modules: set[nn.Module],
    plain: Imported,
) -> Imported:
    """The graph in training mode where it holds more of the model, else the plain one."""
    training = TraceMode(meta=way.meta, free=way.free, training=True)
    try:
        more = _imported(model, inputs, training, leaf_modules)
    except Exception:  # then the parameters in question are reported as excluded
        return plain
    return more if len(more.coverage.excluded) < len(plain.coverage.excluded) else plain


def _is_whole(module: nn.Module) -> bool:
    return isinstance(module, torch.jit.ScriptModule) or is_message_passing(module)
