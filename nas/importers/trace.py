"""Run a model under the recorder."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nas.errors import ImportingError
from nas.importers.messages.message_passing import (
    perceptron_of,
    plain_call,
    shape_rule,
    without_perceptron,
)
from nas.importers.recorder import Recorder
from nas.importers.step import BATCH, Step, Value, is_continuous
from nas.modules.copies import Copies
from nas.modules.geometric import is_message_passing
from nas.modules.nested import mapped
from nas.modules.outputs import tensors_in
from nas.modules.state import is_plain, replaced_forward, replaced_state, unchanged
from nas.modules.surroundings import unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


@dataclass(frozen=True, eq=False)
class Trace:
    """A recorded run.

    Attributes:
        inputs: The model's inputs.
        outputs: The tensors among its outputs, in order.
        parameters: The model's parameters by name; shared ones are listed once.
        steps: The recorded calls, in order.
        free: Whether the batch size was :data:`nas.importers.step.BATCH`, so that sizes that
            follow it can be recognised.
        fixed: Tensors treated as constants, and the modules in which they were found.
    """

    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    parameters: Mapping[str, Tensor]
    steps: tuple[Step, ...]
    free: bool
    fixed: tuple[tuple[Tensor, nn.Module | None], ...] = ()


@dataclass(frozen=True, kw_only=True)
class TraceMode:
    """How to run a model that is recorded.

    Attributes:
        meta: Whether to run on the meta device; otherwise on the example, whose values decide
            branches.
        free: Whether to use the reserved batch size; otherwise that of the example.
        training: Whether containers are in training mode, in which auxiliary heads run.
    """

    meta: bool
    free: bool
    training: bool = False


TRACE_MODES = (
    TraceMode(meta=True, free=True),
    TraceMode(meta=True, free=False),
    TraceMode(meta=False, free=False),
)
"""The most general first."""


def trace(
    model: nn.Module,
    inputs: Sequence[Tensor],
    way: TraceMode,
    leaf_modules: set[nn.Module],
    *,
    watch: bool = False,
    locate: bool = False,
) -> Trace:
    """Record one run of a model.

    Args:
        model: Any module; its mode and state are restored.
        inputs: Example inputs.
        way: How to run it.
        leaf_modules: Submodules that are recorded as single calls.
        watch: Whether to check the results of every submodule, which takes longer. A submodule
            whose results no recorded call computed is added to ``leaf_modules``.
        locate: Whether to record the submodule of every call.

    Raises:
        Hidden: A submodule was added to ``leaf_modules``.
        Unseen: A tensor was computed by no recorded call.
        Located: A submodule cannot be recorded; only with ``locate``.
        ImportingError: The model cannot be recorded in this way.
    """
    copies = Copies()
    recorder = Recorder(copies, meta=way.meta)
    parameters = dict(model.named_parameters())
    entered = [
        recorder.enter(Value(_example(x, inputs[0], way), input=position))
        for position, x in enumerate(inputs)
    ]
    xs = tuple(value.tensor for value in entered)
    with ExitStack() as stack:
        stack.enter_context(unchanged(model, copies))
        stack.enter_context(in_mode(model, training=way.training))
        for part in model.modules():
            if unwrapped(part) is not part:
                stack.enter_context(replaced_forward(part, unwrapped(part)))
        stack.enter_context(_leaves_taken_whole(recorder, leaf_modules, way))
        stack.enter_context(_state(model, parameters, recorder, copies, meta=way.meta))
        if locate:
            stack.enter_context(_located(model, recorder, leaf_modules))
        if watch:
            stack.enter_context(_watch(model, recorder, leaf_modules))
        stack.enter_context(torch.no_grad())
        stack.enter_context(recorder)
        outputs = model(*xs)
    found = tensors_in(outputs)
    if not found:
        raise ImportingError(
            f"the model returned no tensor but {type(outputs).__name__}",
            hint="Import a model whose forward() returns one or more tensors.",
        )
    values = tuple(map(recorder.value_of, found))
    steps, fixed = tuple(recorder.steps), tuple(recorder.fixed)
    return Trace(tuple(entered), values, parameters, steps, way.free, fixed)


@contextmanager
def _state(
    model: nn.Module,
    parameters: Mapping[str, Tensor],
    recorder: Recorder,
    copies: Copies,
    *,
    meta: bool,
) -> Iterator[None]:
    """Register parameters and buffers, and give the model copies of them for the block.

    On the meta device the copies have no values.
    """
    known: dict[Tensor, Tensor] = {}
    own = {name: tensor for name, tensor in parameters.items() if is_continuous(tensor)}
    for name, parameter in own.items():
        twin = _blank(parameter) if meta else copies.of(parameter)
        known[parameter] = recorder.enter(Value(twin, parameter=name), parameter).tensor
    fixed = {name: tensor for name, tensor in parameters.items() if name not in own}
    for name, buffer in chain(fixed.items(), model.named_buffers()):
        copy = copies.of(buffer)
        value = Value(_blank(buffer) if meta else copy, fixed=copy, buffer=name)
        known[buffer] = recorder.enter(value, buffer).tensor
    with replaced_state(model, known):
        yield


def _blank(tensor: Tensor) -> Tensor:
    return torch.empty_like(tensor, device="meta")


def _example(x: Tensor, first: Tensor, way: TraceMode) -> Tensor:
    if not way.meta:
        copy = x.detach().clone()  # a new object, as inputs may be the same tensor
        return copy.requires_grad_(x.requires_grad)
    shape = tuple(x.shape)
    if way.free and shape[:1] == tuple(first.shape[:1]):
        shape = (BATCH, *shape[1:])
    return torch.empty(shape, dtype=x.dtype, device="meta")


@contextmanager
def in_mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Set evaluation mode; with ``training``, only for layers without submodules."""
    before = {module: module.training for module in model.modules()}
    wanted = {module: training and any(True for _ in module.children()) for module in before}
    _set_modes(wanted)
    try:
        yield
    finally:
        _set_modes(before)


def _set_modes(modes: Mapping[nn.Module, bool]) -> None:
    for module, mode in modes.items():
        if module.training is not mode:
            module.training = mode


@contextmanager
def _leaves_taken_whole(
    recorder: Recorder, leaf_modules: set[nn.Module], way: TraceMode
) -> Iterator[None]:
    """Record each call of these modules as a single step."""
    with ExitStack() as stack:
        for module in leaf_modules:
            unreal, part = way.free and is_message_passing(module), without_perceptron(module)
            forward = shape_rule(part) if unreal else part.forward
            stack.enter_context(replaced_forward(module, _whole(module, forward, recorder)))
        yield


def _whole(
    module: nn.Module, forward: Callable[..., Any], recorder: Recorder
) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        if recorder.inside:
            return forward(*args, **kwargs)
        reads: list[Value] = []

        def admit(tensor: Tensor) -> Value:
            reads.append(recorder.value_of(tensor))
            return reads[-1]

        if is_message_passing(module):
            args, kwargs = plain_call(module, args, kwargs)
        step = Step(module, mapped(args, admit), mapped(kwargs, admit), reads)
        versions = [value.tensor._version for value in reads]
        recorder.inside = True
        try:
            with torch._C.DisableTorchFunction():
                result = _run(forward, args, kwargs)
        finally:
            recorder.inside = False
        if versions != [value.tensor._version for value in reads]:
            raise ImportingError(f"{type(module).__name__} writes into its inputs")
        result = recorder.note_all(step, result)
        inner = perceptron_of(module)
        return result if inner is None else inner(result)

    return run


def _run(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a module; enable gradients if it computes some itself."""
    try:
        return forward(*args, **kwargs)
    except RuntimeError as error:
        if "grad" not in str(error):
            raise
    with torch.enable_grad():
        result = forward(*args, **kwargs)
    for tensor in tensors_in(result):
        tensor.detach_()
    return result


@contextmanager
def _located(model: nn.Module, recorder: Recorder, leaf_modules: set[nn.Module]) -> Iterator[None]:
    """Add to every failure the submodule in which it happened.

    A submodule also fails if it returns a tensor that no recorded call computed.
    """
    failed: list[tuple[Exception, nn.Module]] = []

    def watched(module: nn.Module) -> Callable[..., Any]:
        own = module.forward

        @wraps(own)
        def run(*args: Any, **kwargs: Any) -> Any:
            if recorder.inside:
                return own(*args, **kwargs)
            caller, recorder.place = recorder.place, module
            try:
                result = own(*args, **kwargs)
                if not all(map(recorder.computes, tensors_in(result))):
                    raise ImportingError("a tensor was computed by no function of torch")
            except Exception as error:  # the model may handle it
                if not failed or failed[-1][0] is not error:
                    failed.append((error, module))
                raise
            finally:
                recorder.place = caller
            return result

        return run

    with ExitStack() as stack:
        for module in model.modules():
            if is_plain(module) and module not in leaf_modules:
                stack.enter_context(replaced_forward(module, watched(module)))
        try:
            yield
        except Exception as error:
            place = next((place for cause, place in failed if cause is error), None)
            raise Located(place, error) from error


@contextmanager
def _watch(model: nn.Module, recorder: Recorder, leaf_modules: set[nn.Module]) -> Iterator[None]:
    """End the run at a submodule with unrecorded results, and make it a leaf module."""

    def look(module: nn.Module, args: Any, output: Any) -> None:
        if not all(map(recorder.knows, tensors_in(output))):
            leaf_modules.add(module)
            raise Hidden(f"{type(module).__name__} computes tensors that cannot be recorded")

    hooks = [module.register_forward_hook(look) for module in model.modules() if is_plain(module)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class Located(ImportingError):
    """A submodule cannot be recorded, for the cause it holds."""

    def __init__(self, place: nn.Module | None, cause: Exception) -> None:
        super().__init__(str(cause))
        self.place = place
        self.cause = cause


class Hidden(ImportingError):
    """A submodule was found that must be a leaf module."""
