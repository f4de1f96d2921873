from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

import nas
from nas.errors import ConfigError, GraphError, StudyError
from nas.study.single.teacher import found_teacher
from nas.training.weights_file import save_weights
from tests.nas.training.train_toys import toy_data

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = nas.load_dataset("digits")


def model() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


def test_the_folder_of_a_training_and_a_file_of_weights_teach_alike(tmp_path: Path) -> None:
    trained = nas.train(model(), "digits", epochs=1, out=tmp_path / "a", device="cpu")
    save_weights(trained.module, tmp_path / "w.safetensors", DIGITS)
    batch = DIGITS.val.whole().inputs
    expected = trained.module(*batch).detach()
    folder = found_teacher(tmp_path / "a", DIGITS)
    torch.testing.assert_close(folder.outputs(batch), expected)
    module = found_teacher(trained.module, DIGITS)
    torch.testing.assert_close(module.outputs(batch), expected)
    loaded = found_teacher(model(), DIGITS, weights=tmp_path / "w.safetensors")
    torch.testing.assert_close(loaded.outputs(batch), expected)


def test_a_student_is_taught(tmp_path: Path) -> None:
    student = model()
    first, second = (
        nas.train(student, "digits", epochs=1, teacher=one, out=tmp_path / name, device="cpu")
        for name, one in (("taught", model()), ("alone", None))
    )
    weights = [next(iter(one.module.parameters())) for one in (first, second)]
    assert not torch.equal(*weights)


@pytest.mark.parametrize("repeats", [1, 2])
def test_what_was_taught_is_not_the_result_without_a_teacher(tmp_path: Path, repeats: int) -> None:
    student = model()
    options: dict[str, Any] = {"epochs": 1, "repeats": repeats, "device": "cpu"}
    for name, first, second in (("taught", model(), None), ("alone", None, model())):
        nas.train(student, "digits", teacher=first, out=tmp_path / name, **options)
        with pytest.raises(StudyError, match="another teacher"):
            nas.train(student, "digits", teacher=second, out=tmp_path / name, **options)


def test_who_cannot_teach_is_refused(tmp_path: Path) -> None:
    nas.train(model(), "digits", epochs=1, out=tmp_path / "a", device="cpu")
    with pytest.raises(ConfigError, match="which are not those of 'toy'"):
        found_teacher(tmp_path / "a", toy_data())
    with pytest.raises(GraphError, match="no file"):
        found_teacher(tmp_path / "none", DIGITS)
    with pytest.raises(ConfigError, match="expected the teacher as a module or as the folder"):
        found_teacher(3, DIGITS)  # type: ignore[arg-type]
