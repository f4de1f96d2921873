"""Samplers that read the latest trials of a study in place of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optuna.samplers import BaseSampler, NSGAIISampler

from nas.study.record.optuna_internals import PartOfStudy, read_search_space

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial, TrialState

RECENT = 2000
"""Trials before a generation that a sampler reads."""


def nothing(study: Study) -> Collection[int]:
    """Keep no earlier trial."""
    return ()


class RecentTrialsSampler(BaseSampler):
    """A sampler for which a study begins some trials before the first one that is asked of it.

    Optuna's NSGA-II and TPE read all trials of a study for each one that they draw, so that a
    search of n trials takes time that grows with n squared. A search makes a new sampler for each
    generation; which trials it reads therefore does not depend on interruptions. Enqueued trials,
    such as the known designs of a space, belong to NSGA-II's population as well.

    Args:
        sampler: The sampler that draws.
        recent: Number of trials before the first one that is asked for.
        kept: Identifiers of earlier trials in a study that the sampler still needs.
    """

    def __init__(
        self,
        sampler: BaseSampler,
        *,
        recent: int = RECENT,
        kept: Callable[[Study], Collection[int]] = nothing,
    ) -> None:
        self.sampler = sampler
        self._recent = recent
        self._kept = kept
        self._part: PartOfStudy | None = None

    def reseed_rng(self) -> None:
        """Take fresh entropy; Optuna calls this in each of several workers."""
        self.sampler.reseed_rng()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Choose the trials that the sampler reads."""
        part = self._part
        if part is None or not part.is_of(study):
            read_search_space(self.sampler, study)
            part = self._part = PartOfStudy(study, max(0, trial.number - self._recent))
        part.read_anew()
        part.keep(self._kept(study))
        self.sampler.before_trial(part, trial)
        if isinstance(self.sampler, NSGAIISampler):
            # notes it: Optuna would not for an enqueued trial, which then were no parent
            self.sampler.get_trial_generation(part, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The choices that all trials of the study share."""
        return self.sampler.infer_relative_search_space(self._part or study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The sampler's draws for the shared choices."""
        return self.sampler.sample_relative(self._part or study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The sampler's draw for another choice."""
        part = self._part or study
        return self.sampler.sample_independent(part, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Pass the result on."""
        self.sampler.after_trial(self._part or study, trial, state, values)
        if self._part is not None:
            self._part.read_anew()
