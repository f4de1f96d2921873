"""The data set of the search, with some of its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from nas.data.samples import evenly
from nas.data.split import Split
from nas.report.data_set import SPLITS, by_class, facts, found_facts
from nas.report.page.parts import Section, gallery, heading, note, table
from nas.report.page.parts import facts as listed
from nas.report.page.thumbnails import thumbnail
from nas.report.page.words import measured

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.report.page.material import Material

_IMAGES, _EACH = 48, 4
"""Most images in all, and of one class."""
_OF_TARGETS = 12
_SIDE = 96
"""Side of a thumbnail in pixels."""
_ROWS = 50


def data(material: Material) -> Section | None:
    """Sizes of the splits, balance of the classes, and training images of each class."""
    found = material.data
    if found is None or not material.has_its_data:
        return None
    sizes = {**facts(found), **found_facts(found)}
    del sizes["name"]
    numbers = {name: f"{size:,}" for name, size in sizes.items() if isinstance(size, int)}
    texts = {name: text for name, text in sizes.items() if isinstance(text, str)}
    return Section(
        name="data",
        title="Data set",
        lead="What the networks were trained on (train), ranked on (val), and tested on once "
        "(test).",
        parts=(
            listed(numbers.items()),
            table(("property", "value"), texts.items(), f"Properties of {found.name}."),
            *_classes(found),
            *_images(found),
            *map(note, found.notes),
        ),
    )


def _classes(found: Dataset) -> list[Markup]:
    rows = by_class(found)
    if not rows:
        return []
    cut = f", the first {_ROWS}" if len(rows) > _ROWS else ""
    caption = f"{found.task.traits.sample.capitalize()}s of each of {len(rows)} classes{cut}."
    shown = [tuple(row.values()) for row in rows[:_ROWS]]
    return [table(("class", *SPLITS), shown, caption)]


def _images(found: Dataset) -> list[Markup]:
    train = found.train
    if not isinstance(train, Split):
        return []
    title = heading("Some training images, as the networks see them")
    if found.targets is None:
        return [title, _by_class(train, found)]
    return [title, _by_target(train, found)]


def _by_class(train: Split, found: Dataset) -> Markup:
    """A few images of each class, as many as there is room for."""
    names = found.class_names or tuple(map(str, range(found.task.classes)))
    each = min(_EACH, max(1, _IMAGES // len(names)))
    entries = []
    for label, name in list(enumerate(names))[:_IMAGES]:
        members = (train.labels == label).nonzero().flatten()
        chosen = members[evenly(len(members), each, members.device)]
        pictures = Markup("").join(
            thumbnail(train.held[place], f"Training image {place}: {name}", largest=_SIDE)
            for place in chosen.tolist()
        )
        entries.append((Markup('<div class="several">{}</div>').format(pictures), name))
    return gallery(entries)


def _by_target(train: Split, found: Dataset) -> Markup:
    """Images at equal distances in the order of the first target."""
    assert found.targets is not None
    name, mean, std = found.targets.names[0], found.targets.mean[0], found.targets.std[0]
    order = train.labels[:, 0].argsort(stable=True)
    entries = []
    for place in order[evenly(len(order), _OF_TARGETS, order.device)].tolist():
        text = f"{name} {measured(float(train.labels[place, 0]) * std + mean)}"
        alt = f"Training image {place}: {text}"
        entries.append((thumbnail(train.held[place], alt, largest=_SIDE), text))
    return gallery(entries)
