# SPDX-License-Identifier: LicenseRef-bswz
"""The trainer of bswz's models; see doc/training.md."""
