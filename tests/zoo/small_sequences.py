"""Small networks over sequences: recurrent, convolutional, attention, embeddings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.zoo.zoo_network import ZooNetwork, images

if TYPE_CHECKING:
    from tests.zoo.zoo_network import Inputs

WORDS, TIME, WIDTH, CLASSES = 20, 6, 8, 10


def words(size: int) -> Inputs:
    source = torch.Generator().manual_seed(size)
    return (torch.randint(0, WORDS, (size, TIME), generator=source),)


def pairs(size: int) -> Inputs:
    source = torch.Generator().manual_seed(size)
    return tuple(torch.randn(size, TIME + i, WIDTH, generator=source) for i in range(2))


def masked(size: int) -> Inputs:
    """Vectors and which of them are padding."""
    (x,) = images(TIME, WIDTH)(size)
    return x, torch.arange(TIME).expand(size, TIME) >= TIME - 2


def conv1d() -> nn.Module:
    """Over (B, WIDTH, T)."""
    steps = nn.Conv1d(WIDTH, 12, 3, padding=1), nn.BatchNorm1d(12), nn.ReLU(), nn.MaxPool1d(2)
    up = nn.ConvTranspose1d(12, 8, 2, stride=2), nn.InstanceNorm1d(8, affine=True)
    head = nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, CLASSES)
    return nn.Sequential(*steps, *up, *head)


def rms_norm() -> nn.Module:
    norm = nn.RMSNorm(16), nn.Linear(16, 16), nn.RMSNorm((TIME, 16), eps=1e-6)
    return nn.Sequential(nn.Linear(WIDTH, 16), *norm, nn.Linear(16, CLASSES))


class Recurrent(nn.Module):
    """A recurrent layer from its default state; the last output is classified."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer = layer
        width = layer.hidden_size * (1 + layer.bidirectional)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.layer(x)
        return self.head(y[:, -1])


class StatefulLSTM(nn.Module):
    """Two layers from a learned state; the state they end in is classified."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(WIDTH, 12, num_layers=2)
        self.start = nn.Parameter(torch.randn(2, 2, 1, 12))
        self.head = nn.Linear(24, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        h, c = self.start.expand(-1, -1, x.size(0), -1).contiguous().unbind(0)
        y, (h, c) = self.lstm(x.transpose(0, 1), (h, c))
        return self.head(torch.cat([y[-1], h[0] + c[1]], dim=-1))


class Cells(nn.Module):
    """Cells stepped by hand from zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.gru = nn.LSTMCell(WIDTH, 12), nn.GRUCell(12, 12)
        self.head = nn.Linear(12, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        h = c = torch.zeros(x.shape[0], 12)
        state = x.new_zeros(x.size(0), 12)
        for step in x.unbind(1):
            h, c = self.lstm(step, (h, c))
            state = self.gru(h, state)
        return self.head(state)


class Attention(nn.Module):
    """torch's own attention over itself."""

    def __init__(self, heads: int = 2) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, heads, batch_first=True)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        y, weights = self.attention(x, x, x)
        return self.head(y.mean(1) + weights.sum((1, 2))[:, None])


class CrossAttention(nn.Module):
    """Queries and keys from different inputs and of different widths, no weights asked."""

    def __init__(self) -> None:
        super().__init__()
        self.widen = nn.Linear(WIDTH, 12)
        self.attention = nn.MultiheadAttention(WIDTH, 2, kdim=12, vdim=12, add_bias_kv=True)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        memory = self.widen(memory).transpose(0, 1)
        y, _ = self.attention(x.transpose(0, 1), memory, memory, need_weights=False)
        return y.transpose(0, 1)


class MaskedEncoder(nn.Module):
    """torch's encoder with padding masked."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        y = self.encoder(x, src_key_padding_mask=padding)
        return self.head(y.masked_fill(padding[..., None], 0).sum(1))


class EncoderLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(
            WIDTH, 2, 16, batch_first=True, norm_first=True, activation="gelu"
        )
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x).mean(1))


class Seq2Seq(nn.Module):
    """torch's whole transformer with a causal mask."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = nn.Transformer(WIDTH, 2, 1, 1, 16, batch_first=True)
        mask = nn.Transformer.generate_square_subsequent_mask(TIME + 1)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.transformer(x, y, tgt_mask=self.mask)


class CausalAttention(nn.Module):
    """nanoGPT's attention by hand: fused projection, mask in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mask: Tensor
        self.register_buffer("mask", torch.ones(8, 8).tril().bool())

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = (y.view(b, t, 2, d // 2).transpose(1, 2) for y in self.qkv(x).split(d, dim=2))
        scores = q @ k.transpose(-2, -1) / math.sqrt(d // 2)
        scores = scores.masked_fill(~self.mask[:t, :t], float("-inf"))
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))


class LanguageModel(nn.Module):
    """GPT in small: positions by arange, output tied to the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(WORDS, WIDTH), nn.Embedding(16, WIDTH)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH, bias=False)
        self.logits = nn.Linear(WIDTH, WORDS, bias=False)
        self.logits.weight = self.words.weight

    def forward(self, tokens: Tensor) -> Tensor:
        b, t = tokens.shape
        x = self.words(tokens) + self.positions(torch.arange(t, device=tokens.device))
        q, k, v = self.qkv(self.norms[0](x)).view(b, t, 3, 2, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).flatten(2))
        return self.logits(self.norms[1](x))


class RotaryAttention(nn.Module):
    """Llama's: rotary positions, grouped queries, gated feed-forward (Su et al. 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(WIDTH)
        self.q = nn.Linear(WIDTH, WIDTH, bias=False)
        self.kv = nn.Linear(WIDTH, WIDTH, bias=False)
        self.gate, self.up = nn.Linear(WIDTH, 12), nn.Linear(WIDTH, 12)
        self.down = nn.Linear(12, WIDTH)
        self.frequencies: Tensor
        self.register_buffer("frequencies", 100.0 ** -torch.linspace(0, 1, 1))

    def rotate(self, x: Tensor) -> Tensor:
        angles = torch.arange(x.shape[-2]).float()[:, None] * self.frequencies
        left, right = x.chunk(2, dim=-1)
        return torch.cat(
            [
                left * angles.cos() - right * angles.sin(),
                right * angles.cos() + left * angles.sin(),
            ],
            dim=-1,
        )

    def forward(self, x: Tensor) -> Tensor:
        b, t, _ = x.shape
        y = self.norm(x)
        q = self.rotate(self.q(y).view(b, t, 4, 2).transpose(1, 2))
        k, v = self.kv(y).view(b, t, 2, 2, 2).permute(2, 0, 3, 1, 4)
        k, v = (z.repeat_interleave(2, dim=1) for z in (self.rotate(k), v))
        x = x + F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, -1)
        return x + self.down(F.silu(self.gate(x)) * self.up(x))


class WordBag(nn.Module):
    """Embeddings: padded and summed by hand, in a bag, and read by index."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH, padding_idx=0)
        self.bag = nn.EmbeddingBag(WORDS, WIDTH, mode="mean")
        self.table = nn.Parameter(torch.randn(WORDS, WIDTH))
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.words(tokens).sum(1) + self.bag(tokens) + self.table[tokens].amax(1)
        return self.head(x)


class ClassToken(nn.Module):
    """A vision transformer's way in: learned token and positions."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.positions = nn.Parameter(torch.zeros(1, TIME + 1, WIDTH))
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.mix, self.head = nn.Linear(TIME + 1, TIME + 1), nn.Linear(WIDTH, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.positions
        x = self.mix(x.transpose(-1, -2)).transpose(-1, -2) * self.scale.exp()
        return self.head(x[:, 0])


class RelativeBias(nn.Module):
    """Attention with a table of biases, looked up by distance (Liu et al. 2021)."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.table = nn.Parameter(torch.zeros(2 * TIME - 1, 2))
        steps = torch.arange(TIME)
        self.index: Tensor
        self.register_buffer("index", (steps[:, None] - steps + TIME - 1).flatten())

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, 2, -1)).permute(2, 0, 3, 1, 4)
        bias = self.table[self.index].view(TIME, TIME, -1).permute(2, 0, 1)
        y = ((q * q.size(-1) ** -0.5) @ k.mT + bias.unsqueeze(0)).softmax(dim=-1) @ v
        return y.transpose(1, 2).flatten(2)


class Experts(nn.Module):
    """The two best of four experts, weights gathered (Shazeer et al. 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(WIDTH, 4)
        self.experts = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        weight, chosen = self.router(x).softmax(-1).topk(2, dim=-1)
        gates = torch.zeros(*x.shape[:-1], 4).scatter(-1, chosen, weight)
        outputs = torch.stack([expert(x) for expert in self.experts], dim=-1)
        return (outputs * gates.unsqueeze(-2)).sum(-1)


class StateSpace(nn.Module):
    """A diagonal linear recurrence by cumulative sums (Gu et al. 2022, in small)."""

    def __init__(self) -> None:
        super().__init__()
        self.log_decay, self.enter = nn.Parameter(-torch.rand(WIDTH)), nn.Linear(WIDTH, WIDTH)
        self.skip = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        time = torch.arange(x.shape[1], dtype=x.dtype).view(1, -1, 1)
        decay = torch.exp(time * self.log_decay)
        return decay * torch.cumsum(self.enter(x) / decay, dim=1) + self.skip * x


class BilinearScore(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bilinear = nn.Bilinear(WIDTH, WIDTH, CLASSES)
        self.other = nn.Bilinear(WIDTH, WIDTH, CLASSES, bias=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        x, y = x.mean(1), y.mean(1)
        return self.bilinear(x, y) - self.other(y, x)


def lstm_everywhere() -> nn.Module:
    layer = nn.LSTM(WIDTH, 12, 2, batch_first=True, bidirectional=True, dropout=0.1)
    return Recurrent(layer)


VECTORS = images(TIME, WIDTH)

SEQUENCE_NETWORKS = [
    ZooNetwork("conv 1d", conv1d, images(WIDTH, TIME)),
    ZooNetwork("RMS norm", rms_norm, VECTORS),
    ZooNetwork("RNN", lambda: Recurrent(nn.RNN(WIDTH, 12, batch_first=True)), VECTORS),
    ZooNetwork("LSTM", lambda: Recurrent(nn.LSTM(WIDTH, 12, batch_first=True)), VECTORS),
    ZooNetwork("GRU", lambda: Recurrent(nn.GRU(WIDTH, 12, batch_first=True)), VECTORS),
    ZooNetwork("LSTM both ways", lstm_everywhere, VECTORS),
    ZooNetwork("LSTM from a learned state", StatefulLSTM, VECTORS),
    ZooNetwork("recurrent cells", Cells, VECTORS),
    ZooNetwork("attention", Attention, VECTORS),
    ZooNetwork("cross-attention", CrossAttention, pairs),
    ZooNetwork("transformer encoder layer", EncoderLayer, VECTORS),
    ZooNetwork("transformer encoder, masked", MaskedEncoder, masked),
    ZooNetwork("transformer", Seq2Seq, pairs),
    ZooNetwork("causal attention", CausalAttention, VECTORS),
    ZooNetwork("language model", LanguageModel, words),
    ZooNetwork("rotary attention", RotaryAttention, VECTORS),
    ZooNetwork("embeddings", WordBag, words),
    ZooNetwork("class token", ClassToken, VECTORS),
    ZooNetwork("relative bias", RelativeBias, VECTORS),
    ZooNetwork("experts", Experts, VECTORS),
    ZooNetwork("state space", StateSpace, VECTORS),
    ZooNetwork("bilinear", BilinearScore, pairs),
]
