# SPDX-License-Identifier: MIT
"""Muon: orthogonalised momentum for the weights of convolutions; Adam for everything else.

A convolution's weights [out, in, rows, columns] are treated as a matrix [out, in * rows * columns]. Its momentum
is replaced by the nearest matrix with equal singular values (five steps of a quintic Newton-Schulz iteration), so
that every direction learns at the same rate. Source: Keller Jordan et al., "Muon: an optimizer for hidden layers
in neural networks", 2024.
"""
import torch

from .machine import has_bf16

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonal(matrices, steps=5):
    """matrices [n, rows, columns]. In bf16 if that is fast: its errors are small next to those of so few steps."""
    a, b, c = COEFFICIENTS
    x = matrices.bfloat16() if has_bf16() else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x if wide else x.mT).float()


class Muon(torch.optim.Optimizer):
    """parameters: weights of convolutions; lr: root mean square of a step, relative to that of a
    weight matrix at initialisation. Weights of the same shape are trained together, which takes a third of the time."""

    def __init__(self, parameters, lr, momentum=0.95):
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    shapes.setdefault(weight.shape, []).append(weight)
            for weights in shapes.values():
                gradients = torch.stack([weight.grad for weight in weights])
                for weight in weights:
                    if "momentum" not in self.state[weight]:
                        self.state[weight]["momentum"] = torch.zeros_like(weight)
                momenta = [self.state[weight]["momentum"] for weight in weights]
                torch._foreach_mul_(momenta, group["momentum"])
                torch._foreach_add_(momenta, list(gradients), alpha=1 - group["momentum"])
                ahead = gradients.lerp_(torch.stack(momenta), group["momentum"]).flatten(2)
                # an orthogonal [m, n] has root mean square 1 / sqrt(max(m, n))
                torch._foreach_add_(weights, list(orthogonal(ahead).view_as(gradients)), alpha=-group["lr"])
