# SPDX-License-Identifier: MIT
"""Compare fused.c and coefficients.c with their reference in plain.py: values and gradients, on random input."""
import torch

from . import fused, plain


def close(what, one, other, tolerance):
    error = float((one - other).abs().max() / other.abs().max())
    if not error < tolerance:
        raise SystemExit("%s differs by %g" % (what, error))
    print("%s: %.1e" % (what, error))


def compare_likelihood():
    samples, sets, positions = 6, 2, 130
    head = torch.tensor([0, 0, 1, 1, 2, 2], dtype=torch.int32)
    channels = torch.tensor([3, 3, 3, 1, 1, 3], dtype=torch.int32)
    pixels = torch.randint(0, 256, (samples, sets, 3, positions)).float()
    pixels[:, :, :, ::9], pixels[:, :, :, 4::9] = 0.0, 255.0
    bases = (pixels + 6 * torch.randn_like(pixels)).round().clamp(0, 255)
    outputs, growth = 1.2 * torch.randn(samples, sets * 40, positions), 0.3 * torch.rand(3, 3)
    results = []
    for run in (fused.likelihood, plain.likelihood):
        one, other = outputs.clone().requires_grad_(), growth.clone().requires_grad_()
        nats = run(one, other, pixels, bases, head, channels)
        nats.sum().backward()
        results.append((nats.detach(), one.grad, other.grad))
    for what, one, other, tolerance in zip(("likelihood", "its gradient", "that of the growth"), *results, (1e-5, 1e-3, 1e-3)):
        close(what, one, other, tolerance)


def compare_coefficients():
    samples, count, positions = 3, 5, 130
    coefficients = torch.randint(-30, 31, (samples, count, positions)).float()
    steps, unit = torch.randint(1, 40, (samples, count)).float(), torch.tensor([32.0, 16.0, 16.0, 8.0, 4.0])
    outputs = 1.5 * torch.randn(samples, 5 * count + 4, positions)
    outputs[:, count:5 * count] += 4.0
    results = []
    for run in (fused.coefficient_likelihood, plain.coefficient_likelihood):
        one = outputs.clone().requires_grad_()
        nats = run(one, coefficients, steps, unit)
        nats.sum().backward()
        results.append((nats.detach(), one.grad))
    for what, one, other, tolerance in zip(("likelihood of coefficients", "its gradient"), *results, (1e-5, 1e-3)):
        close(what, one, other, tolerance)


def compare_hidden():
    x, tables = 6 * torch.randn(4, 16, 12, 10), torch.randn(3, 8, 8, 16)
    owner = torch.tensor([0, 1, 1, 2], dtype=torch.int32)
    rows, columns = torch.randint(0, 8, (4, 12), dtype=torch.int32), torch.randint(0, 8, (4, 10), dtype=torch.int32)
    rows[3], columns[3] = -1, -1
    for rounding in (False, True):
        results = []
        for code in (fused, plain):
            one, other = x.clone().requires_grad_(), tables.clone().requires_grad_()
            # 1.01: no input is on the edge of the clamp, where the two gradients may differ
            out = code.hidden(code.hidden_on_grid(one, other, owner, rows, columns, 32.0, rounding) - 1.01, 32.0, rounding)
            (out * torch.arange(out.numel()).view_as(out).cos()).sum().backward()
            results.append((out.detach(), one.grad, other.grad))
        for what, one, other in zip(("hidden values", "their gradient", "that of the grid"), *results):
            close(what, one, other, 1e-5)


if __name__ == "__main__":
    torch.manual_seed(1)
    compare_likelihood()
    compare_coefficients()
    compare_hidden()
