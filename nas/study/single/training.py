"""One network of the user's choice, trained to the end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.config import changed
from nas.data.fitted import fitted
from nas.errors import ConfigError
from nas.evaluate.named import data_of, predictor_of, space_of
from nas.events import Listener, Noted, ignore
from nas.exporting.epoch_log import LOGS
from nas.exporting.files import Files
from nas.exporting.final_training import FinalTraining, train_and_save
from nas.exporting.repeated_training import train_repeatedly
from nas.exporting.save import load_module
from nas.files import digest
from nas.space.candidate import Candidate
from nas.study.single.network import found_network
from nas.study.single.start_file import chosen_before, read_start, write_start
from nas.study.single.teacher import check_teaching, found_teacher
from nas.training.device import resolve_device
from nas.training.identity import training_identity
from nas.training.recipes.choice import AUTO as FITTING
from nas.training.recipes.choice import recipe_for
from nas.training.starts.begin import initial_weights, network_of
from nas.training.starts.choose import choose_start
from nas.training.starts.default import DEFAULT
from nas.training.starts.given import given_by
from nas.training.starts.initial import InitialWeights
from nas.training.starts.start import AUTO, STARTS
from nas.training.train import check_methods, check_trainable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch
    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.evaluate.named import UserData
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace
    from nas.training.config import TrainConfig
    from nas.training.methods.distillation import Teacher
    from nas.training.starts.card import StartCard


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network after its training.

    Attributes:
        module: The network in evaluation mode.
        figures: Accuracies, costs and time.
        files: The written files.
        start: What the start did; without layers if the weights are those of the constructor.
    """

    module: nn.Module
    figures: FinalTraining
    files: Files
    start: StartCard


def train(
    network: nn.Module | Graph | Candidate | str,
    data: UserData,
    config: TrainConfig | None = None,
    *,
    space: str | SearchSpace | type[SearchSpace] | Build | None = None,
    init: str = DEFAULT,
    predictor: str | Path | WeightPredictor | None = None,
    recipe: str | None = None,
    teacher: nn.Module | Teacher | str | Path | None = None,
    teacher_weights: str | Path | None = None,
    repeats: int = 1,
    log: str | None = None,
    out: str | Path | None = None,
    seed: int = 0,
    device: str = "auto",
    listen: Listener = ignore,
    **options: Any,
) -> TrainedNetwork:
    """Train one network to the end, test it once, and write it out as plain PyTorch.

    The same call resumes an interrupted training, and returns a finished one.

    Args:
        network: A module, trained from its own initial values; an architecture; or an architecture
            in the notation of ``space``.
        data: The data set that the network is for, as :func:`nas.search` takes it.
        config: The training; that of the recipe if None.
        space: The space of a notation, or of an architecture that starts from predicted weights.
        init: Name of the start that gives the initial weights
            (:data:`nas.training.starts.STARTS`), or ``auto``: ``fitted`` where that is surely
            better after a short training, otherwise ``default``.
        predictor: Predicts the initial weights; by default the shipped hypernetwork that fits.
        recipe: Name in :data:`nas.training.recipes.RECIPES`, or ``auto``, the default, for the one
            that suits the number of training samples.
        teacher: A trained network whose outputs this one learns too: a module, or the folder of a
            finished search or training.
        teacher_weights: A file with the teacher's weights; by default those in the folder, or
            those that the module has.
        repeats: Number of seeds; the network with the best accuracy on the ranking split is kept.
        log: Also write the figures of every epoch to the folder: ``csv`` or ``tensorboard``.
        out: The folder; by default ``runs/train-HASH``.
        seed: Seed of the initial weights, the order of the samples, augmentation and dropout.
        device: Where to train.
        listen: Receives the events of every epoch.
        options: Fields of the training that differ, such as ``epochs=10``.

    Raises:
        ConfigError: An argument has a wrong type, or the arguments do not fit together.
        UnknownNameError: A name is unknown.
        EncodingError: The notation is not in the space.
        GraphError: The network is not for this data.
        StudyError: The folder holds another training.
        TrainingError: The loss is no longer finite.

    Example:
        >>> import tempfile, nas
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        >>> folder = tempfile.mkdtemp()
        >>> trained = nas.train(model, "digits", epochs=1, out=folder, device="cpu")
        >>> trained.figures.epochs
        1
    """
    needs = () if init == AUTO else STARTS.get(init).needs
    epoch_log = None if log is None else LOGS.get(log)
    if epoch_log is not None:
        epoch_log.check_installed()
    if repeats < 1:
        raise ConfigError(f"repeats must be at least 1, got {repeats}")
    check_teaching(teacher, teacher_weights, options)
    data, place = data_of(data, listen), resolve_device(device)
    training = changed(_base(config, recipe, data), options)
    found = found_network(network, space, data.task)
    graph = found.network if isinstance(found, Candidate) else found
    data = fitted(data, graph)
    hypernet = None
    if "hypernetwork" in needs:
        home = space
        if home is None and isinstance(found, Candidate):
            home = found.space
        if home is None:
            raise ConfigError(
                "a start from predicted weights needs the space of the architecture",
                hint="Give space=..., or start from default weights.",
            )
        hypernet = predictor_of(predictor, space_of(home, data.task), data, listen)
        hypernet.card.check_trained()
        if isinstance(hypernet, nn.Module):
            hypernet.to(place)
    taught = None
    if teacher is not None:
        taught = found_teacher(teacher, data, weights=teacher_weights, device=place)
    directory = Path("runs", f"train-{graph.hash()[:8]}") if out is None else Path(out)
    directory.mkdir(parents=True, exist_ok=True)

    def own(seed: int) -> OwnModule | None:
        return found.module(seed) if isinstance(found, Candidate) else None

    choice = None
    if init == AUTO:
        choice = training_identity(graph, data, training, params=None, own=own(seed), seed=seed)
        init = chosen_before(directory, choice) or _chosen(
            graph, data, training, own(seed), taught, seed, place, listen
        )

    def made(one: int) -> Mapping[str, Tensor] | None:
        params, card = initial_weights(
            graph, data, init, predictor=hypernet, own=own(one), seed=one, device=place
        )
        if one == seed:
            for note in card.notes:
                listen(Noted(text=note))
            write_start(directory, card, choice)
        return params

    params = InitialWeights(init, made)
    if hypernet is not None:
        params = InitialWeights(f"{init} {_identity(hypernet, graph)}", made)
    run: Callable[..., FinalTraining] = partial(train_and_save, own=own(seed))
    if repeats > 1:
        run = partial(train_repeatedly, own=own, repeats=repeats)
    figures = run(
        graph,
        data,
        directory,
        training,
        params=params,
        teacher=taught,
        seed=seed,
        device=place,
        listen=listen,
        log=None if epoch_log is None else epoch_log.open,
    )
    module = load_module(graph, directory, own=own(seed))
    return TrainedNetwork(module, figures, Files(directory), read_start(directory, init))


def _identity(hypernet: WeightPredictor, graph: Graph) -> str:
    """A digest of a hypernetwork, or of what another predictor predicts for a graph.

    The last bits of predicted weights depend on the device and the number of threads.
    """
    if isinstance(hypernet, nn.Module):
        learnt = {**dict(hypernet.named_parameters()), **dict(hypernet.named_buffers())}
        if learnt:
            return digest(learnt)
    (predicted,) = hypernet.predict([graph])
    return digest(predicted)


def _chosen(
    graph: Graph,
    data: Dataset,
    training: TrainConfig,
    own: OwnModule | None,
    teacher: Teacher | None,
    seed: int,
    device: torch.device,
    listen: Listener,
) -> str:
    """The start that short trainings choose."""
    check_trainable(graph)
    check_methods(graph, data, training, own=own, teacher=teacher)
    found = choose_start(
        network_of(graph, own, seed, device),
        given_by(data.to(device), seed=seed),
        data,
        config=training,
        seed=seed,
        device=device,
        listen=listen,
    )
    reached = ", ".join(
        f"{name} {found.kind.shown(run.after)}" for name, run in found.trained.items()
    )
    listen(Noted(text=f"Initial weights: {found.sure} ({reached} after a short training)."))
    return found.sure


def _base(config: TrainConfig | None, recipe: str | None, data: Dataset) -> TrainConfig:
    """The training before single options change it.

    Raises:
        ConfigError: Both a configuration and a recipe are given.
        UnknownNameError: There is no such recipe.
    """
    if config is None:
        return recipe_for(recipe or FITTING, data).training(data)
    if recipe is not None:
        raise ConfigError(
            "expected either a configuration of the training or a recipe, got both",
            hint="Name the recipe, and give what differs as options.",
        )
    return config
