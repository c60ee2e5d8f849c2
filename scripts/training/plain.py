# SPDX-License-Identifier: MIT
"""The operators of fused.c and coefficients.c in PyTorch: their reference, also used on a GPU.

On a CPU the C versions are faster; the tests compare the two (compare.py).
"""
import torch

COMPONENTS = 4
FIELDS = 10
LOWEST_LOG_SCALE, HIGHEST_LOG_SCALE = -3.4657, 3.9
HIGHEST_COEFFICIENT_LOG_SCALE = 7.567
FLOOR = 6e-8


def _log_logistic(x, mean, log_scale):
    """ln P of the pixels x, of whole levels 0 ... 255, under a logistic."""
    inverse = torch.exp(-log_scale)
    # differences in the small tail
    flip = torch.where(x > mean, -1.0, 1.0)
    upper = torch.sigmoid((flip * (x + 0.5 - mean) * inverse).clamp(-40.0, 40.0))
    lower = torch.sigmoid((flip * (x - 0.5 - mean) * inverse).clamp(-40.0, 40.0))
    upper = torch.where(x > 254.5, (flip > 0).to(upper.dtype), upper)
    lower = torch.where(x < 0.5, (flip < 0).to(lower.dtype), lower)
    return torch.log(flip * (upper - lower) + FLOOR)


def likelihood(outputs, growth, pixels, interpolation, head, channels):
    """As fused.likelihood()."""
    samples, _, positions = outputs.shape
    field = outputs.float().view(samples, -1, COMPONENTS, FIELDS, positions).unbind(3)
    x = pixels.view(samples, -1, 3, 1, positions).unbind(2)
    base = interpolation.view(samples, -1, 3, 1, positions).unbind(2)
    grown = growth.float()[head.long()].view(samples, 3, 1, 1, 1).unbind(1)
    coded = (channels == 3).view(samples, 1, 1, 1)

    mean = base[0] + field[0]
    log_p = field[9] + _log_logistic(x[0], mean, field[3].clamp(LOWEST_LOG_SCALE, HIGHEST_LOG_SCALE))
    first = x[0] - mean
    mean = base[1] + field[1] + field[6] * first
    scale = field[4] + grown[0] * torch.log1p(first.abs())
    log_p = log_p + torch.where(coded, _log_logistic(x[1], mean, scale.clamp(LOWEST_LOG_SCALE, HIGHEST_LOG_SCALE)), 0.0)
    second = x[1] - mean
    mean = base[2] + field[2] + field[7] * first + field[8] * second
    scale = field[5] + grown[1] * torch.log1p(first.abs()) + grown[2] * torch.log1p(second.abs())
    log_p = log_p + torch.where(coded, _log_logistic(x[2], mean, scale.clamp(LOWEST_LOG_SCALE, HIGHEST_LOG_SCALE)), 0.0)
    return (torch.logsumexp(field[9], 2) - torch.logsumexp(log_p, 2)).double().flatten(1).sum(1)


def coefficient_likelihood(outputs, coefficients, steps, mean_unit):
    """As fused.coefficient_likelihood()."""
    samples, count, positions = coefficients.shape
    outputs = outputs.float()
    x = coefficients.unsqueeze(1)
    step = steps.view(samples, 1, count, 1)
    mean = outputs[:, :count].unsqueeze(1) * mean_unit.view(1, 1, count, 1) / step
    scale = outputs[:, count:count + COMPONENTS * count].view(samples, COMPONENTS, count, positions) - step.log()
    logits = outputs[:, count + COMPONENTS * count:]
    inverse = torch.exp(-scale.clamp(LOWEST_LOG_SCALE, HIGHEST_COEFFICIENT_LOG_SCALE))
    flip = torch.where(x > mean, -1.0, 1.0)
    upper = torch.sigmoid((flip * (x + 0.5 - mean) * inverse).clamp(-40.0, 40.0))
    lower = torch.sigmoid((flip * (x - 0.5 - mean) * inverse).clamp(-40.0, 40.0))
    log_p = torch.log(flip * (upper - lower) + FLOOR).sum(2) + logits
    return (torch.logsumexp(logits, 1) - torch.logsumexp(log_p, 1)).double().sum(1)


def hidden(x, unit, rounding):
    """As fused.hidden()."""
    x = x.clamp(0.0, 255.0 / unit)
    return x + (torch.round(x * unit) / unit - x).detach() if rounding else x


def hidden_on_grid(x, tables, owner, rows, columns, unit, rounding):
    """As fused.hidden_on_grid()."""
    told = ((rows >= 0).unsqueeze(2) & (columns >= 0).unsqueeze(1)).unsqueeze(3)
    row, column = rows.clamp_min(0).long().unsqueeze(2), columns.clamp_min(0).long().unsqueeze(1)
    bias = torch.where(told, tables[owner.long().view(-1, 1, 1), row, column], 0.0)   # [samples, h, w, width]
    return hidden(x + bias.permute(0, 3, 1, 2).to(x.dtype), unit, rounding)
