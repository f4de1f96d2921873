from __future__ import annotations

import pytest

from nas.analysis.expected_best import expected_best
from nas.study.record.recorded_run import run_of
from nas.study.selection.random_search import random_search
from tests.nas.study.study_toys import toy_search


def test_the_effort_of_scoring_and_the_first_rung_buys_trainings_of_mean_probes(searched):
    run = run_of(searched)
    found = random_search(run)

    assert found is not None
    scoring, brief, *_ = searched.rungs
    macs = {one.candidate.hash: one.cost.macs for one in searched.finalists}
    first = [macs[training.hash] for training in run.rungs[0]]
    probes = [macs[training.hash] for training in found.probes]
    relative = (sum(probes) / len(probes)) / (sum(first) / len(first))
    spent = scoring.equivalent_epochs + brief.equivalent_epochs
    assert found.best.draws == int(spent / relative)  # epochs of a brief training: one
    accuracies = [training.val_accuracy for training in found.probes]
    assert found.best == expected_best(accuracies, found.best.draws)


def test_it_is_compared_with_the_best_training_of_equal_length(searched):
    run = run_of(searched)
    found = random_search(run)

    assert found is not None
    assert found.found == run.rungs[0][0]
    assert found.found.epochs == found.probes[0].epochs


@pytest.mark.parametrize("finalists", [0, 3])
def test_with_fewer_than_two_probes_nothing_is_known(finalists):
    found = toy_search(n_trials=4, finalists=finalists, max_epochs=0)

    assert random_search(run_of(found)) is None
