# SPDX-License-Identifier: MIT
"""A run of training: its checkpoint, its log, its optimisers and their schedule.

Both kinds of runs (run_level.py, run_latents.py) provide a model and a way to draw a batch; everything else is here. A run
resumes from its checkpoint if there is one.
"""
import math
import os
import time

import torch

from .muon import Muon

LOG_EVERY, SAVE_EVERY = 30.0, 120.0     # seconds
WARM = 100                              # iterations until the learning rate reaches its full value
LONGEST = 5.0                           # seconds an iteration may take; more means that the process was stopped


class Session:
    """model: with weights named trunk and first, which Muon trains, and others, which Adam does at a fraction of the
    rate. extra: what the checkpoint contains in addition to the weights."""

    def __init__(self, model, folder, name, options, extra):
        self.model, self.options, self.extra = model, options, extra
        os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, name + ".pt")
        self.log = open(os.path.join(folder, name + ".log"), "a", buffering=1)
        matrices = [p for name, p in model.named_parameters() if p.requires_grad and p.dim() == 4 and ("trunk." in name or "first." in name)]
        chosen = {id(p) for p in matrices}
        others = [p for p in model.parameters() if p.requires_grad and id(p) not in chosen]
        self.optimisers = [Muon(matrices, options.rate), torch.optim.Adam(others, lr=options.adam * options.rate, betas=(0.9, 0.98))]
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["initial"] = group["lr"]
        self.seconds, self.iteration = 0.0, 0
        self.resumed = os.path.exists(self.path)
        if self.resumed:
            device = next(model.parameters()).device
            saved = torch.load(self.path, map_location=device)
            model.load_state_dict(saved["net"])
            for optimiser, state in zip(self.optimisers, saved["optimisers"]):
                optimiser.load_state_dict(state)
            self.seconds, self.iteration = saved["seconds"], saved["iteration"]
            print("resuming after %.1f minutes, %d iterations" % (self.seconds / 60, self.iteration), file=self.log)

    def progress(self):
        """The fraction of the time that has passed."""
        return self.seconds / (self.options.minutes * 60)

    def save(self):
        torch.save({"net": self.model.state_dict(), "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
                    "seconds": self.seconds, "iteration": self.iteration, **self.extra}, self.path + ".part")
        os.replace(self.path + ".part", self.path)

    def run(self, loss, report):
        """Train until the time is over. loss(): the mean loss of a new batch; report(): a line on
        the rates since the last report."""
        last_save = last_log = clock = time.monotonic()
        while self.progress() < 1.0 and (not self.options.iterations or self.iteration < self.options.iterations):
            warm = min(1.0, (self.iteration + 1) / WARM)
            for optimiser in self.optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = group["initial"] * (warm * (0.5 + 0.5 * math.cos(math.pi * self.progress())) + 1e-3)
            total = loss()
            self.model.zero_grad(set_to_none=True)
            total.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
            for optimiser in self.optimisers:
                optimiser.step()
            self.iteration += 1
            now = time.monotonic()
            self.seconds += min(now - clock, LONGEST)
            clock = now
            if now - last_log > LOG_EVERY:
                print("%.1f min %d iterations %s" % (self.seconds / 60, self.iteration, report()), file=self.log)
                last_log = now
            if now - last_save > SAVE_EVERY:
                self.save()
                last_save = now
        self.save()
