# SPDX-License-Identifier: MIT
"""The fused operators of fused.c and coefficients.c as autograd functions; on a GPU, their references in plain.py."""
import ctypes
import functools
import hashlib
import os
import subprocess
import tempfile

import torch

from . import plain

COMPONENTS = 4
FIELDS = 10
_FOLDER = os.path.dirname(os.path.abspath(__file__))


@functools.cache
def load_library(name, *libraries):
    """A C file of this directory, compiled when it is first needed, once per version and processor, into the cache
    directory."""
    path = os.path.join(_FOLDER, name)
    source = b""
    for part in (path, os.path.join(_FOLDER, "logistic.h")):
        with open(part, "rb") as handle:
            source += handle.read()
    with open("/proc/cpuinfo", "rb") as handle:
        flags = [line for line in handle if line.startswith((b"flags", b"Features"))][:1]
    name = "%s-%s.so" % (name[:-2], hashlib.sha256(source + b"".join(flags)).hexdigest()[:16])
    folder = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "bswz-train")
    built = os.path.join(folder, name)
    if not os.path.exists(built):
        os.makedirs(folder, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".so", delete=False) as out:
            subprocess.check_call(["gcc", "-Ofast", "-march=native", "-fPIC", "-shared", "-o", out.name, path, *libraries,
                                   "-lmvec", "-lm"])
        os.replace(out.name, built)
    return ctypes.CDLL(built)


def fused_library():
    return load_library("fused.c")


def coefficient_library():
    return load_library("coefficients.c")


def _pointer(tensor, kind):
    return ctypes.cast(tensor.data_ptr(), ctypes.POINTER(kind))


class _Likelihood(torch.autograd.Function):
    @staticmethod
    def forward(ctx, outputs, growth, pixels, interpolation, head, channels):
        samples, _, positions = outputs.shape
        outputs = outputs.contiguous()
        gradient = torch.empty_like(outputs)
        growth_gradient = torch.zeros(growth.shape, dtype=torch.float64)
        losses = torch.zeros(samples, dtype=torch.float64)
        growth = growth.contiguous()
        fused_library().likelihood_batch(
            _pointer(outputs, ctypes.c_float), _pointer(pixels, ctypes.c_float),
            _pointer(interpolation, ctypes.c_float), _pointer(gradient, ctypes.c_float),
            ctypes.c_long(samples), ctypes.c_long(pixels.shape[1]), ctypes.c_long(positions),
            _pointer(growth, ctypes.c_float), _pointer(growth_gradient, ctypes.c_double),
            _pointer(head, ctypes.c_int), _pointer(channels, ctypes.c_int), _pointer(losses, ctypes.c_double))
        ctx.save_for_backward(gradient, growth_gradient.float())
        return losses

    @staticmethod
    def backward(ctx, upstream):
        # the loss of every sample contributes to the total with the same factor
        gradient, growth_gradient = ctx.saved_tensors
        factor = float(upstream[0])
        return gradient.mul_(factor), growth_gradient * factor, None, None, None, None


def likelihood(outputs, growth, pixels, interpolation, head, channels):
    """-ln p of each sample (float64 [samples]).

    outputs [samples, sets * 40, positions], growth [heads, 3], pixels and
    interpolation [samples, sets, 3, positions] in levels 0...255 (float32), head and
    channels int32 [samples]; channels is 1 or 3.  The gradient assumes that the
    caller sums the samples with one common weight, and can be taken once.
    """
    if outputs.is_cuda:
        return plain.likelihood(outputs, growth, pixels, interpolation, head, channels)
    return _Likelihood.apply(outputs.float(), growth.float(), pixels.contiguous(), interpolation.contiguous(), head, channels)


class _CoefficientLikelihood(torch.autograd.Function):
    @staticmethod
    def forward(ctx, outputs, coefficients, steps, mean_unit):
        samples, count, positions = coefficients.shape
        outputs = outputs.contiguous()
        gradient = torch.empty_like(outputs)
        losses = torch.zeros(samples, dtype=torch.float64)
        reciprocal, log_step = (1.0 / steps).contiguous(), steps.log().contiguous()
        coefficient_library().coefficient_likelihood(
            _pointer(outputs, ctypes.c_float), _pointer(coefficients, ctypes.c_float), _pointer(reciprocal, ctypes.c_float),
            _pointer(log_step, ctypes.c_float), _pointer(mean_unit, ctypes.c_float), _pointer(gradient, ctypes.c_float),
            ctypes.c_long(samples), ctypes.c_long(count), ctypes.c_long(positions), _pointer(losses, ctypes.c_double))
        ctx.save_for_backward(gradient)
        return losses

    @staticmethod
    def backward(ctx, upstream):
        # the loss of every sample contributes to the total with the same factor
        gradient, = ctx.saved_tensors
        return gradient.mul_(float(upstream[0])), None, None, None


def coefficient_likelihood(outputs, coefficients, steps, mean_unit):
    """-ln p of each sample (float64 [samples]).

    outputs [samples, C + 4 C + 4, positions] (described in coefficients.c), coefficients
    [samples, C, positions], steps [samples, C], mean_unit [C], all float32.  The gradient as for likelihood().
    """
    if outputs.is_cuda:
        return plain.coefficient_likelihood(outputs, coefficients, steps, mean_unit)
    return _CoefficientLikelihood.apply(outputs.float(), coefficients.contiguous(), steps.contiguous(), mean_unit.contiguous())


def _layout(x):
    return torch.channels_last if x.dim() == 4 else torch.contiguous_format


def _hidden_gradient(x, upstream, unit):
    upstream = upstream.to(x.dtype).contiguous(memory_format=_layout(x))
    out = torch.empty_like(x)
    run = fused_library().hidden_gradient_bf16 if x.dtype == torch.bfloat16 else fused_library().hidden_gradient_float
    run(ctypes.c_void_p(x.data_ptr()), ctypes.c_void_p(upstream.data_ptr()), ctypes.c_void_p(out.data_ptr()),
        ctypes.c_long(x.numel()), ctypes.c_float(unit))
    return out


class _Hidden(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, unit, rounding):
        x = x.contiguous(memory_format=_layout(x))
        out = torch.empty_like(x)
        run = fused_library().hidden_bf16 if x.dtype == torch.bfloat16 else fused_library().hidden_float
        run(ctypes.c_void_p(x.data_ptr()), ctypes.c_void_p(out.data_ptr()), ctypes.c_long(x.numel()),
            ctypes.c_float(unit), ctypes.c_int(rounding))
        ctx.save_for_backward(x)
        ctx.unit = unit
        return out

    @staticmethod
    def backward(ctx, upstream):
        x, = ctx.saved_tensors
        return _hidden_gradient(x, upstream, ctx.unit), None, None


def hidden(x, unit, rounding):
    """Clamp x to 0 ... 255 / unit; with rounding, to multiples of 1 / unit (the gradient ignores that)."""
    if x.is_cuda:
        return plain.hidden(x, unit, rounding)
    return _Hidden.apply(x, unit, bool(rounding))


class _HiddenOnGrid(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, tables, owner, rows, columns, unit, rounding):
        x = x.contiguous(memory_format=torch.channels_last)
        tables = tables.float().contiguous()
        shifted, out = torch.empty_like(x), torch.empty_like(x)
        samples, width, height, across = x.shape
        run = fused_library().grid_bf16 if x.dtype == torch.bfloat16 else fused_library().grid_float
        run(ctypes.c_void_p(x.data_ptr()), ctypes.c_void_p(shifted.data_ptr()), _pointer(tables, ctypes.c_float),
            _pointer(owner, ctypes.c_int), _pointer(rows, ctypes.c_int), _pointer(columns, ctypes.c_int),
            ctypes.c_long(samples), ctypes.c_long(height), ctypes.c_long(across), ctypes.c_long(width))
        run = fused_library().hidden_bf16 if x.dtype == torch.bfloat16 else fused_library().hidden_float
        run(ctypes.c_void_p(shifted.data_ptr()), ctypes.c_void_p(out.data_ptr()), ctypes.c_long(x.numel()),
            ctypes.c_float(unit), ctypes.c_int(rounding))
        ctx.save_for_backward(shifted, owner, rows, columns)
        ctx.unit, ctx.heads = unit, tables.shape[0]
        return out

    @staticmethod
    def backward(ctx, upstream):
        shifted, owner, rows, columns = ctx.saved_tensors
        out = _hidden_gradient(shifted, upstream, ctx.unit)
        samples, width, height, across = out.shape
        tables = torch.zeros(ctx.heads, 8, 8, width)
        run = fused_library().grid_gradient_bf16 if out.dtype == torch.bfloat16 else fused_library().grid_gradient_float
        run(ctypes.c_void_p(out.data_ptr()), _pointer(tables, ctypes.c_float),
            _pointer(owner, ctypes.c_int), _pointer(rows, ctypes.c_int), _pointer(columns, ctypes.c_int),
            ctypes.c_long(samples), ctypes.c_long(height), ctypes.c_long(across), ctypes.c_long(width))
        return out, tables, None, None, None, None, None


def hidden_on_grid(x, tables, owner, rows, columns, unit, rounding):
    """hidden() of x [samples, width, h, w] plus tables [heads, 8, 8, width] at the head owner[sample]
    and at the row and column of the JPEG grid, rows int32 [samples, h], columns [samples, w]; -1: no grid."""
    if x.is_cuda:
        return plain.hidden_on_grid(x, tables, owner, rows, columns, unit, rounding)
    return _HiddenOnGrid.apply(x, tables, owner, rows.contiguous(), columns.contiguous(), unit, bool(rounding))
