# SPDX-License-Identifier: MIT
"""The trainer of bswz's models; see doc/training.md."""
