# SPDX-License-Identifier: MIT
"""What this machine is good at."""
import functools

import torch


@functools.lru_cache(None)
def has_bf16():
    """Is bf16 faster than fp32? Processors without instructions for it take up to fifty times as long."""
    if torch.cuda.is_available():
        return True
    try:
        with open("/proc/cpuinfo") as file:
            words = set(next(line for line in file if line.lower().startswith(("flags", "features"))).split())
    except (OSError, StopIteration):
        return False
    return not words.isdisjoint({"avx512_bf16", "amx_bf16", "bf16"})
