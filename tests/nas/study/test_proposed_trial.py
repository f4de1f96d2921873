from __future__ import annotations

import json
import math

import optuna
import pytest

from nas.evaluate.scorer import Failure
from nas.study.goals.constraints import parse_constraints
from nas.study.goals.objectives import parse_objectives
from nas.study.proposed_trial import ProposedTrial
from nas.study.record.trial_reading import OutcomeKind
from tests.nas.study.study_toys import DIGITS, DeadEndSpace, ToySpace, toy_estimate, toy_space

OBJECTIVES = parse_objectives(["accuracy", "params"])
PARAMS = {"label": "a", "depth": 1, "width0": 4, "kernel0": 3}
PARAMETERS = 4 * 9 + 4 * 10 + 10


def propose(space: ToySpace | None = None, **changes: object) -> ProposedTrial:
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.enqueue_trial({**PARAMS, **changes})
    return ProposedTrial.build(space or toy_space(), study.ask(), {})


def test_a_proposal_is_built_but_not_scored() -> None:
    proposal = propose()
    assert proposal.candidate is not None
    assert proposal.candidate.params == PARAMS
    assert proposal.architecture == toy_space().encode(PARAMS)
    assert proposal.identity == toy_space().graph(PARAMS).hash()
    assert proposal.outcome_unscored(OBJECTIVES, ()) is None


def test_known_parameters_are_neither_hashed_nor_counted() -> None:
    study = optuna.create_study()
    study.enqueue_trial(PARAMS)
    proposal = ProposedTrial.build(toy_space(), study.ask(), {repr(PARAMS): "known"})
    assert proposal.identity == "known"
    assert proposal.candidate is None
    assert proposal.figures is None
    assert proposal.architecture == toy_space().encode(PARAMS)


def test_isomorphic_networks_have_one_identity() -> None:
    space = toy_space(labels=("a", "b"))
    first, second = propose(space), propose(space, label="b")
    assert first.identity == second.identity
    assert first.architecture != second.architecture


@pytest.mark.parametrize("spare", [0, 4, 9])
def test_what_nothing_reads_costs_nothing(spare: int) -> None:
    proposal = propose(DeadEndSpace(task=DIGITS), spare=spare)
    assert proposal.figures is not None
    assert (proposal.identity, proposal.figures["params"]) == (propose().identity, PARAMETERS)
    limits = parse_constraints([f"params<={PARAMETERS}"])
    assert proposal.outcome_unscored(OBJECTIVES, limits) is None


def test_a_violated_constraint_is_answered_without_scoring() -> None:
    limits = parse_constraints([f"params<={PARAMETERS / 2}", "layers>=1"])
    outcome = propose().outcome_unscored(OBJECTIVES, limits)
    assert outcome is not None
    assert outcome.kind is OutcomeKind.INFEASIBLE
    assert outcome.values == [-math.inf, PARAMETERS]
    assert outcome.violations == {f"params<={PARAMETERS / 2:g}": 1.0, "layers>=1": -1.0}
    assert "accuracy" not in outcome.attributes


def test_a_limit_that_is_just_met_is_met() -> None:
    limits = parse_constraints([f"params<={PARAMETERS}", f"params>={PARAMETERS}"])
    assert propose().outcome_unscored(OBJECTIVES, limits) is None


def test_what_cannot_be_built_fails_with_its_reason() -> None:
    proposal = propose(toy_space(broken=(4,)))
    assert proposal.candidate is None
    assert json.loads(proposal.identity) == {"label": "a", "depth": 1, "width0": 4}
    outcome = proposal.outcome_unscored(OBJECTIVES, ())
    assert outcome is not None
    assert (outcome.kind, outcome.values) == (OutcomeKind.FAILED, None)
    assert outcome.attributes["reason"] == "RuntimeError: width 4 does not work"


def test_a_score_gives_the_values() -> None:
    limits = parse_constraints([f"params<={2 * PARAMETERS}"])
    outcome = propose().outcome_scored(toy_estimate(0.75, 0.5), OBJECTIVES, limits)
    assert (outcome.kind, outcome.values) == (OutcomeKind.SCORED, [0.75, PARAMETERS])
    assert outcome.attributes["score"] == -0.5
    assert (outcome.attributes["brier"], outcome.attributes["naswot"]) == (0.25, 250.0)
    assert outcome.attributes["params"] == PARAMETERS
    assert list(outcome.violations.values()) == [pytest.approx(-0.5)]


def test_a_network_without_a_finite_output_fails() -> None:
    outcome = propose().outcome_scored(Failure("its output is not finite"), OBJECTIVES, ())
    assert (outcome.kind, outcome.values) == (OutcomeKind.FAILED, None)
    assert outcome.attributes["reason"] == "its output is not finite"
    assert outcome.attributes["hash"] == propose().identity
