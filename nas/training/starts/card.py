"""What a start did to a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerStart:
    """What one layer got.

    Attributes:
        name: Of the layer in the module; empty for the module itself.
        layer: Its class.
        given: Its new weights in words, or why it keeps those it had.
        fitted: Whether its weights were replaced or scaled.
    """

    name: str
    layer: str
    given: str
    fitted: bool


@dataclass(frozen=True)
class StartCard:
    """What a start did.

    Attributes:
        start: Name of the start in :data:`nas.training.starts.STARTS`.
        layers: Every layer with parameters of its own, norms excepted unless they changed.
        seconds: Time it took.
        steps: The same in training steps on as many samples as the start read, at most 64.
        notes: Remarks in sentences, for instance on classes without samples.
    """

    start: str
    layers: tuple[LayerStart, ...] = ()
    seconds: float = 0.0
    steps: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[LayerStart, ...]:
        """Layers that keep the weights they had."""
        return tuple(layer for layer in self.layers if not layer.fitted)
