# SPDX-License-Identifier: MIT
"""Muon: orthogonalised momentum for the weights of convolutions; Adam for everything else.

A convolution's weights [out, in, rows, columns] are treated as a matrix [out, in * rows * columns]. Its momentum
is replaced by the nearest matrix with equal singular values (five steps of a quintic Newton-Schulz iteration), so
that every direction learns at the same rate. Source: Keller Jordan et al., "Muon: an optimizer for hidden layers
in neural networks", 2024.
"""
import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonal(matrix, steps=5):
    a, b, c = COEFFICIENTS
    x = matrix / (matrix.norm() + 1e-7)
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if wide else x.T


class Muon(torch.optim.Optimizer):
    """parameters: weights of convolutions; lr: root mean square of a step, relative to that of a
    weight matrix at initialisation."""

    def __init__(self, parameters, lr, momentum=0.95):
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight)
                state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(state["momentum"], group["momentum"]).flatten(1)
                # an orthogonal [m, n] has root mean square 1 / sqrt(max(m, n))
                weight.add_(orthogonal(ahead).view_as(weight), alpha=-group["lr"])
