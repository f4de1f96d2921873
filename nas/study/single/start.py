"""Initial weights for anybody's module."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nas.errors import ConfigError, GraphError, counted, described
from nas.evaluate.named import data_of, module_predictor_of
from nas.evaluate.predicted_module import predict_module
from nas.events import Listener, Noted, ignore
from nas.modules.calling import Arguments, as_given, graph_call
from nas.modules.classifier import Classifier, first_tensor
from nas.modules.lazy_layers import check_sizes
from nas.modules.surroundings import as_taken, tensor_like, unwrapped
from nas.raised import error_text
from nas.training.starts.begin import begin
from nas.training.starts.choose import choose_start
from nas.training.starts.given import Given, given_by, given_tensors
from nas.training.starts.start import AUTO, STARTS
from nas.training.starts.walk import undisturbed

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.evaluate.named import UserData
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.training.starts.card import StartCard


def start(
    model: nn.Module,
    data: UserData | tuple[Tensor, Tensor],
    how: str = AUTO,
    *,
    predictor: str | Path | WeightPredictor | None = None,
    seed: int = 0,
    listen: Listener = ignore,
) -> StartCard:
    """Give a module initial weights, in place and on its device.

    Args:
        model: Any module; modes and buffers stay as they are, so the running statistics of batch
            norms are still to be measured (:func:`nas.training.measure_statistics`) if the module
            is evaluated before it is trained.
        data: The data set that it is for, as :func:`nas.search` takes it; or inputs (n, ...) as
            the module takes them with labels: classes (n,), several labels (n, outputs) of zeros
            and ones as floats, or targets (n, outputs).
        how: Name of the start (:data:`nas.training.starts.STARTS`), or ``auto``: fitted weights
            where they are surely better than the module's own after 100 steps of training, each
            at its best rate; otherwise the weights that it has. That needs a data set.
        predictor: For predicted weights: a hypernetwork, or its name or directory; by default the
            shipped one for networks of any kind on this data.
        seed: Of all random draws.
        listen: Receives remarks, for instance on classes without samples.

    Returns:
        What the start did: what each layer got, and the cost in steps.

    Raises:
        ConfigError: An argument has a wrong type, or ``auto`` has no data set.
        DataError: Labels do not fit, or there are fewer than two samples.
        UnknownNameError: There is no such start.
        GraphError: The module fails on the data, or has another number of outputs.
        ImportingError: It has lazy layers that have not run yet.

    Example:
        >>> import nas
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        >>> card = nas.start(model, "digits", how="fitted")
        >>> [layer.name for layer in card.layers]
        ['1', '3']
    """
    if not isinstance(model, nn.Module):
        raise ConfigError(f"expected a torch module, got {described(model)}")
    model = unwrapped(model)
    check_sizes(model)
    if how != AUTO:
        STARTS.get(how)
    known: Dataset | None = None
    if isinstance(data, tuple):
        given = _of_tensors(model, data, seed)
    else:
        known = data_of(data, listen).to(tensor_like(model).device)
        samples = None if how == AUTO else STARTS.get(how).samples
        given = _of_data(model, known, samples, seed)
    if how == AUTO:
        how = _chosen(model, known, seed, listen)
    if "hypernetwork" in STARTS.get(how).needs:
        if known is None:
            raise ConfigError(
                "predicted weights need a data set that a hypernetwork knows, got tensors",
                hint="Give its name, or choose another start.",
            )
        hypernet = module_predictor_of(predictor, known, listen)
        given = replace(
            given, predict=lambda module: predict_module(hypernet, module, given.inputs)
        )
    card = begin(model, how, given)
    for note in card.notes:
        listen(Noted(text=note))
    return card


def _of_tensors(model: nn.Module, pair: tuple[Tensor, ...], seed: int) -> Given:
    if len(pair) != 2 or not all(isinstance(part, Tensor) for part in pair):
        raise ConfigError(
            "expected inputs and labels as a pair of tensors, got "
            f"{', '.join(described(part) for part in pair)}"
        )
    inputs, labels = pair
    place = tensor_like(model).device
    outputs = _outputs(model, as_taken(model, inputs[:2].to(place)))
    given = given_tensors(inputs, labels, outputs, seed=seed)
    return replace(
        given,
        inputs=(as_taken(model, given.inputs[0].to(place)),),
        labels=given.labels.to(place),
        targets=given.targets.to(place),
    )


def _of_data(model: nn.Module, data: Dataset, samples: int | None, seed: int) -> Given:
    given = given_by(data, samples=samples, seed=seed)
    inputs = tuple(as_taken(model, part) for part in given.inputs)
    if data.task.traits.on_graph:
        return replace(given, inputs=_call(model, data)(*inputs))
    outputs, wanted = _outputs(model, inputs[0][:2]), data.task.classes
    if outputs != wanted:
        raise GraphError(
            f"the network has {counted(outputs, 'output')}, but data set {data.name!r} needs "
            f"{wanted}",
            hint=f"Give it {counted(wanted, 'output')}.",
        )
    return replace(given, inputs=inputs)


def _outputs(model: nn.Module, x: Tensor) -> int:
    """Number of outputs for each sample.

    Raises:
        GraphError: The network fails on the samples; the error of its code is the cause.
    """
    try:
        with undisturbed(model), torch.no_grad():
            return first_tensor(model(x)).shape[-1]
    except Exception as error:  # a network may be anybody's code
        raise GraphError(
            f"the network fails on samples of shape {tuple(x.shape[1:])}: {error_text(error)}",
            hint="Give data as it takes them; NAS_DEBUG=1 shows the traceback.",
        ) from error


def _call(model: nn.Module, data: Dataset) -> Arguments:
    if not data.task.traits.on_graph:
        return as_given
    return graph_call(model, *data.train.whole().inputs)


def _chosen(model: nn.Module, data: Dataset | None, seed: int, listen: Listener) -> str:
    if data is None:
        raise ConfigError(
            "how='auto' compares short trainings, for which it needs a data set; got tensors",
            hint="nas.make_dataset makes one; or name the start, such as how='fitted'.",
        )
    classifier = Classifier(model, arguments=_call(model, data))
    found = choose_start(
        classifier,
        given_by(data, seed=seed),
        data,
        seed=seed,
        device=tensor_like(model).device,
        listen=listen,
    )
    return found.sure
