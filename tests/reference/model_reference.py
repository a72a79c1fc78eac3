#!/usr/bin/env python3
"""model_reference.py FILE: what the models compute, by Python's PyTorch, in float64 from float32 weights.

Defines Evensweep's networks a second time, from their papers, as ordinary torch modules. Weights, batch statistics and
inputs are a fixed function of their names and places (see `pattern`), so tests/unit/trainer/model_reference_test.cc can
set the same. FILE gets for each case: the logits in evaluation and in training mode, the loss (the mean cross entropy of
the labels i mod classes), and of each gradient its norm, its sum divided by the square root of its size, and three
entries. `model_reference.py --check FILE` computes anew and compares with FILE instead; exit code 1 tells of a
difference above 1e-9.
"""

import copy
import json
import math
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional


def pattern(name, count, offset, scale):
    """offset + scale u in float32, u in [-1, 1) a hash of the name (32-bit FNV-1a) and the place, mixed."""
    start = 0x811C9DC5
    for byte in name.encode():
        start = ((start ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = numpy.uint32(start) + numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
    x = (x ^ (x >> numpy.uint32(16))) * numpy.uint32(0x21F0AAAD)
    x = (x ^ (x >> numpy.uint32(15))) * numpy.uint32(0x735A2D97)
    x ^= x >> numpy.uint32(15)
    u = (x >> numpy.uint32(8)).astype(numpy.float64) / 2.0**23 - 1
    return torch.from_numpy((offset + scale * u).astype(numpy.float32).astype(numpy.float64))


def value_of(name, shape):
    """Weights of linear layers and convolutions in He's spread, those of norms around 1, the rest around 0."""
    count = math.prod(shape)
    if name.endswith(".variance"):
        return pattern(name, count, 2, 0.5).view(shape)
    if name.endswith(".weight") and len(shape) == 1:
        return pattern(name, count, 1, 0.2).view(shape)
    if name.endswith(".weight"):
        spread = 0.1 if name == "output.weight" else 6  # logits below 1
        return pattern(name, count, 0, math.sqrt(spread / math.prod(shape[1:]))).view(shape)
    return pattern(name, count, 0, 0.2).view(shape)


# How near the last forward came to a place where a gradient jumps: a ReLU at 0, two equal values in one pooling. In
# float32 such a place falls to one side or the other by chance, so inputs are taken that keep away from them.
nearest_jump = math.inf


def relu(x):
    global nearest_jump
    nearest_jump = min(nearest_jump, x.detach().abs().min().item())
    return functional.relu(x)


def largest(x):
    """The largest of the last dimension."""
    global nearest_jump
    if x.shape[-1] > 1:
        first, second = x.detach().topk(2).values.unbind(-1)
        nearest_jump = min(nearest_jump, torch.where(first > 0, first - second, math.inf).min().item())
    return x.amax(-1)


def max_pool(x):
    return largest(x.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4))


class Norm(nn.BatchNorm2d):
    """Named as Evensweep does: mean, variance."""

    def named_state(self, prefix):
        return {f"{prefix}.mean": self.running_mean, f"{prefix}.variance": self.running_var}


def conv(inputs, outputs, side=3, stride=1, padding=1, bias=False):
    return nn.Conv2d(inputs, outputs, side, stride, padding, bias=bias)


class Mlp(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        self.names = [f"hidden{i + 1}" for i in range(len(hidden))]
        for name, width in zip(self.names, hidden):
            self.add_module(name, nn.Linear(inputs, width))
            inputs = width
        self.output = nn.Linear(inputs, classes)

    def forward(self, x):
        for name in self.names:
            x = relu(getattr(self, name)(x))
        return self.output(x)


class ResmlpBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, width)
        self.linear2 = nn.Linear(width, width)

    def forward(self, x):
        return x + self.linear2(relu(self.linear1(self.norm(x))))


class Resmlp(nn.Module):
    def __init__(self, inputs, width, blocks, classes):
        super().__init__()
        self.stem = nn.Linear(inputs, width)
        self.names = [f"block{i + 1}" for i in range(blocks)]
        for name in self.names:
            self.add_module(name, ResmlpBlock(width))
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, classes)

    def forward(self, x):
        x = self.stem(x)
        for name in self.names:
            x = getattr(self, name)(x)
        return self.output(relu(self.norm(x)))


class ConvNorm(nn.Module):
    def __init__(self, *shape, **options):
        super().__init__()
        self.conv = conv(*shape, **options)
        self.norm = Norm(shape[1])

    def forward(self, x):
        return self.norm(self.conv(x))


class ResnetBlock(nn.Module):
    """Of ResNet-20 (shortcut A) and, with `projected`, of ResNet-18 (shortcut B)."""

    def __init__(self, inputs, outputs, projected):
        super().__init__()
        self.stride = 1 if inputs == outputs else 2
        self.added = outputs - inputs
        self.conv1 = conv(inputs, outputs, stride=self.stride)
        self.norm1 = Norm(outputs)
        self.conv2 = conv(outputs, outputs)
        self.norm2 = Norm(outputs)
        self.shortcut = ConvNorm(inputs, outputs, side=1, stride=2, padding=0) if projected and self.added else None

    def forward(self, x):
        inner = self.norm2(self.conv2(relu(self.norm1(self.conv1(x)))))
        if self.shortcut is not None:
            x = self.shortcut(x)
        elif self.added:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.added))
        return relu(inner + x)


class Resnet(nn.Module):
    def __init__(self, channels, widths, blocks, projected, classes):
        super().__init__()
        self.stem = ConvNorm(channels, widths[0])
        inputs = widths[0]
        for width in widths:
            stage = nn.Module()
            for i in range(blocks):
                stage.add_module(f"block{i + 1}", ResnetBlock(inputs, width, projected))
                inputs = width
            self.add_module(f"stage{width}", stage)
        self.output = nn.Linear(inputs, classes)

    def forward(self, x):
        x = relu(self.stem(x))
        for block in [m for m in self.modules() if isinstance(m, ResnetBlock)]:
            x = block(x)
        return self.output(x.mean((2, 3)))


class Resnet9(nn.Module):
    def __init__(self, channels, width, classes):
        super().__init__()
        self.stem = ConvNorm(channels, width)
        self.stage1 = ConvNorm(width, 2 * width)
        self.residual1 = nn.ModuleDict({"1": ConvNorm(2 * width, 2 * width), "2": ConvNorm(2 * width, 2 * width)})
        self.stage2 = ConvNorm(2 * width, 4 * width)
        self.stage3 = ConvNorm(4 * width, 8 * width)
        self.residual3 = nn.ModuleDict({"1": ConvNorm(8 * width, 8 * width), "2": ConvNorm(8 * width, 8 * width)})
        self.output = nn.Linear(8 * width, classes)

    def forward(self, x):
        def residual(pair, y):
            return y + relu(pair["2"](relu(pair["1"](y))))

        x = relu(self.stem(x))
        x = residual(self.residual1, max_pool(relu(self.stage1(x))))
        x = max_pool(relu(self.stage2(x)))
        x = residual(self.residual3, max_pool(relu(self.stage3(x))))
        return self.output(largest(x.flatten(2)) / 8)


class PeiferBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = conv(inputs, outputs, bias=True)
        self.norm1 = Norm(outputs)
        self.conv2 = conv(outputs, outputs, bias=True)
        self.norm2 = Norm(outputs)

    def forward(self, x):
        inner = self.norm1(self.conv1(x))
        return max_pool(relu(self.norm2(self.conv2(inner)) + inner))


class PeiferCnn(nn.Module):
    def __init__(self, channels, side, classes):
        super().__init__()
        self.block1 = PeiferBlock(channels, 32)
        self.block2 = PeiferBlock(32, 64)
        self.block3 = ConvNorm(64, 128, padding=0, bias=True)
        self.hidden = nn.Linear(128 * ((side // 4 - 2) // 2) ** 2, 256)
        self.output = nn.Linear(256, classes)

    def forward(self, x):
        x = max_pool(relu(self.block3(self.block2(self.block1(x)))))
        return self.output(functional.dropout(relu(self.hidden(x.flatten(1))), 0.5, self.training))


class ConvLstm(nn.Module):
    """Reads texts one by one, so that there is no padding but that of a text shorter than the kernel."""

    def __init__(self, symbols, embedding, channels, hidden, layers, classes):
        super().__init__()
        self.embedding = nn.Embedding(symbols, embedding)
        self.conv = nn.Conv1d(embedding, channels, 3)
        self.lstm = nn.LSTM(channels, hidden, layers)
        self.output = nn.Linear(hidden, classes)

    def forward(self, texts):
        return torch.stack([self.read(text) for text in texts])

    def read(self, text):
        length = max(3, int(text.count_nonzero()))
        x = relu(self.conv(self.embedding(text[:length]).t())).t()
        return self.output(self.lstm(x)[0][-1])


# Several times the rounding errors of float32.
SAFE_DISTANCE = 5e-6

# Small images and few rows keep the test fast; every layer is as in the real thing. A case without training mode drops
# out, which is not the same chance in two programs: its gradients are those of evaluation mode.
CASES = [
    ({"name": "mlp", "hidden": [16, 12]}, [7], 6, 4, True, lambda: Mlp(7, [16, 12], 4)),
    ({"name": "resmlp", "width": 16, "blocks": 2}, [7], 6, 4, True, lambda: Resmlp(7, 16, 2, 4)),
    ({"name": "resnet20"}, [3, 8, 8], 6, 10, True, lambda: Resnet(3, [16, 32, 64], 3, False, 10)),
    ({"name": "resnet18"}, [3, 8, 8], 12, 10, True, lambda: Resnet(3, [64, 128, 256, 512], 2, True, 10)),
    ({"name": "resnet9", "width": 16}, [3, 16, 16], 4, 10, True, lambda: Resnet9(3, 16, 10)),
    ({"name": "conv_lstm", "embedding": 10, "channels": 8, "hidden": 12, "layers": 2, "padding": "packed"}, [9, 29], 5, 4,
     True, lambda: ConvLstm(29, 10, 8, 12, 2, 4)),
    ({"name": "peifer_cnn"}, [3, 16, 16], 4, 10, False, lambda: PeiferCnn(3, 16, 10)),
]


def set_values(network):
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(value_of(name, list(parameter.shape)))
        for prefix, part in network.named_modules():
            if isinstance(part, Norm):
                for name, buffer in part.named_state(prefix).items():
                    buffer.copy_(value_of(name, list(buffer.shape)))


def summary(gradient):
    flat = gradient.flatten()
    return {
        "norm": flat.norm().item(),
        "along_ones": flat.sum().item() / math.sqrt(len(flat)),
        "entries": [flat[place * 7919 % len(flat)].item() for place in range(3)],
    }


def texts(name, rows, longest, symbols):
    """Row i has longest - 2 i indices from 1 on, then 0: texts of falling length, one of them shorter than a kernel."""
    x = (pattern(name, rows * longest, 0.5, 0.5).view(rows, longest) * (symbols - 1)).long() + 1
    return x * (torch.arange(longest) < longest - 2 * torch.arange(rows)[:, None])


def input_far_from_jumps(network, shape):
    """The first of the patterns "input1", "input2", ... on which the network's gradients are safe; by name and value."""
    global nearest_jump
    for number in range(1, 1000):
        nearest_jump = math.inf
        name = f"input{number}"
        x = texts(name, *shape) if len(shape) == 3 else pattern(name, math.prod(shape), 0, 1.5).view(shape)
        with torch.no_grad():
            copy.deepcopy(network)(x)
        if nearest_jump > SAFE_DISTANCE:
            return name, x
    raise RuntimeError("no input keeps away from all jumps; make the case smaller")


def compute(model, shape, rows, classes, trains, build):
    network = build().double()
    set_values(network)
    name, x = input_far_from_jumps(network.train(trains), [rows, *shape])
    with torch.no_grad():
        evaluated = network.eval()(x)
    logits = network.train(trains)(x)
    loss = functional.cross_entropy(logits, torch.arange(rows) % classes)
    loss.backward()
    case = {"model": model, "shape": shape, "rows": rows, "input": name, "classes": classes, "mode": "training" if trains else "evaluation",
            "parameters": sum(p.numel() for p in network.parameters()), "evaluated": evaluated.tolist(), "loss": loss.item(),
            "gradients": {name: summary(p.grad) for name, p in network.named_parameters()}}  # fmt: skip
    if trains:
        case["trained"] = logits.tolist()
        case["statistics"] = {name: summary(buffer) for prefix, part in network.named_modules() if isinstance(part, Norm)
                              for name, buffer in part.named_state(prefix).items()}  # fmt: skip
    return case


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def difference(a, b):
    """The largest difference of two numbers in the same place; infinite where the rest is not the same."""
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b)
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max((difference(a[key], b[key]) for key in a), default=0)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return max(map(difference, a, b), default=0)
    return 0 if a == b else math.inf


def main(arguments):
    check = arguments[:1] == ["--check"]
    if len(arguments) != 1 + check:
        print(__doc__, file=sys.stderr)
        return 2
    cases = rounded([compute(*case) for case in CASES])
    if not check:
        with open(arguments[0], "w", encoding="utf-8") as file:
            file.write("[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]\n")
        return 0
    with open(arguments[1], encoding="utf-8") as file:
        # Through JSON once, so that whole numbers are of the same kind on both sides.
        largest = difference(json.loads(json.dumps(cases)), json.load(file))
    print(f"largest difference from {arguments[1]}: {largest:.3g}")
    return 0 if largest <= 1e-9 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
