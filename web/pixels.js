// SPDX-License-Identifier: MIT
// Pixels, for the page and for its worker.
"use strict";

/** Pixels of 8 bits as a canvas takes them. */
function toRgba({ width, height, channels, samples }) {
    const rgba = new Uint8ClampedArray(4 * width * height);
    for (let i = 0; i < width * height; i++) {
        const at = i * channels;
        rgba[4 * i] = samples[at];
        rgba[4 * i + 1] = samples[at + (channels < 3 ? 0 : 1)];
        rgba[4 * i + 2] = samples[at + (channels < 3 ? 0 : 2)];
        rgba[4 * i + 3] = channels % 2 === 0 ? samples[at + channels - 1] : 255;
    }
    return rgba;
}
