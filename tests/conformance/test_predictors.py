from __future__ import annotations

from hypernets.config import HYPERNETS
from nas.testing.weight_predictor import WeightPredictorConformance
from tests.hypernets.hypernet_toys import every_role, make_hypernet, samples, tiny_space


class TestFamily(WeightPredictorConformance):
    @staticmethod
    def predictors():
        return [make_hypernet(name, card={"name": name}) for name in HYPERNETS.names()]

    @staticmethod
    def graphs():
        return [every_role(), *samples(tiny_space("nb201"), 3), *samples(tiny_space("darts"), 1)]
