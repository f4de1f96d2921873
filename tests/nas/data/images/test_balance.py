from __future__ import annotations

from nas.data.images.balance import balance_notes


def test_enough_images_of_each_class_are_not_noted() -> None:
    assert balance_notes({"cat": 10, "dog": 99}) == []


def test_classes_with_few_images_are_named() -> None:
    (note,) = balance_notes({"cat": 12, "dog": 9, "emu": 2})
    assert note.startswith("Few training images: 'emu' has 2, 'dog' has 9.")


def test_many_classes_with_few_images_are_not_all_named() -> None:
    (note,) = balance_notes({str(number): 5 for number in range(100)})
    assert "'7' has 5 and 92 more classes have few" in note


def test_a_strong_imbalance_is_noted() -> None:
    (note,) = balance_notes({"cat": 3000, "dog": 300})
    assert "'cat' has 3,000 training images, 'dog' 300" in note
