"""A trial, and the architecture it asks for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nas.analysis.figure import graph_figures
from nas.evaluate.scorer import Failure
from nas.space.candidate import Candidate
from nas.study.goals.constraints import violations
from nas.study.goals.objectives import values
from nas.study.outcome import TrialOutcome
from nas.study.record.trial_reading import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.trial import Trial

    from nas.evaluate.scorer import Estimate
    from nas.space.search_space import SearchSpace
    from nas.study.goals.constraints import Constraint
    from nas.study.goals.objectives import Objective


@dataclass(frozen=True, kw_only=True)
class ProposedTrial:
    """A running trial with the candidate that its parameters build.

    Attributes:
        trial: The running trial.
        architecture: The notation of the architecture; the parameters if building failed.
        candidate: The built candidate.
        figures: The figures known from its graph.
        reason: Why building failed; empty if it did not.
        known_as: The canonical hash, where an earlier trial had the same parameters; candidate
            and figures are then left out.
    """

    trial: Trial
    architecture: str
    candidate: Candidate | None = None
    figures: Mapping[str, float] | None = None
    reason: str = ""
    known_as: str = ""

    @staticmethod
    def build(space: SearchSpace, trial: Trial, known: Mapping[str, str]) -> ProposedTrial:
        """Build the architecture of a trial; a failure is part of the outcome.

        Args:
            space: The space that is searched.
            trial: The running trial, which suggests the parameters.
            known: Canonical hashes by parameters, see :attr:`nas.study.outcome.OutcomeCache`.
        """
        try:
            graph = space.assemble(trial)
            candidate = Candidate(space, trial.params, graph)
            known_as = known.get(repr(trial.params), "")
            if known_as:
                text = candidate.architecture
                return ProposedTrial(trial=trial, architecture=text, known_as=known_as)
            return ProposedTrial(
                trial=trial,
                architecture=candidate.architecture,
                candidate=candidate,
                figures=graph_figures(candidate.network),
            )
        except Exception as error:  # a space may be user code
            return ProposedTrial(
                trial=trial,
                architecture=json.dumps(trial.params),
                reason=f"{type(error).__name__}: {error}",
            )

    @property
    def identity(self) -> str:
        """The canonical hash; the notation if building failed."""
        if self.candidate is None:
            return self.known_as or self.architecture
        return self.candidate.hash

    def outcome_unscored(
        self, objectives: Sequence[Objective], constraints: Sequence[Constraint]
    ) -> TrialOutcome | None:
        """The outcome, if it is known without scoring."""
        if self.figures is None:
            return TrialOutcome(kind=OutcomeKind.FAILED, attributes=self._attributes())
        known = self.figures
        missed = violations(constraints, known)
        if all(amount <= 0 for amount in missed.values()):
            return None
        return TrialOutcome(
            kind=OutcomeKind.INFEASIBLE,
            values=values(objectives, known),
            violations=missed,
            attributes=self._attributes(),
        )

    def outcome_scored(
        self,
        estimate: Estimate | Failure,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
    ) -> TrialOutcome:
        """The outcome after scoring."""
        assert self.figures is not None
        missed = violations(constraints, self.figures)
        if isinstance(estimate, Failure):
            return TrialOutcome(
                kind=OutcomeKind.FAILED,
                violations=missed,
                attributes=self._attributes() | {"reason": estimate.reason},
            )
        known = {**self.figures, **asdict(estimate)}
        return TrialOutcome(
            kind=OutcomeKind.SCORED,
            values=values(objectives, known),
            violations=missed,
            attributes=self._attributes() | known,
        )

    def _attributes(self) -> dict[str, Any]:
        if self.candidate is None or self.figures is None:
            return {"architecture": self.architecture, "reason": self.reason}
        return {
            "architecture": self.architecture,
            "hash": self.candidate.hash,
            **self.figures,
        }
