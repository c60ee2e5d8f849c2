// SPDX-License-Identifier: MIT
// The worker: one call at a time, so that the page stays responsive. A call that takes too long is ended with the worker.
"use strict";

let codec;

const calls = {
    async open({ program, variables }) {
        const bytes = await throughStream(program, new DecompressionStream("gzip"));
        codec = await Codec.open(await WebAssembly.compile(bytes), variables);
        let last = 0;
        codec.onProgress = (done, total) => {
            const now = Date.now();
            if (now - last > 100) {
                last = now;
                postMessage({ progress: total > 0 ? done / total : 0 });
            }
        };
        return codec.version();
    },

    isStream: ({ bytes }) => codec.isStream(bytes),
    compress: ({ file, level }) => codec.compress(file, level),
    compressPixels: ({ pixels, level }) => codec.compressPixels(pixels, level),
    decompress: ({ stream, isBeginning }) => codec.decompress(stream, isBeginning),
    describe: ({ stream }) => codec.describe(stream),
    pixels: ({ stream, options }) => codec.pixels(stream, options),

    map: ({ stream, most }) => codec.map(stream, most),

    /** A PNG file with the pixels of a stream. */
    async png({ stream }) {
        const { depth } = codec.describe(stream);
        return writePng(codec.pixels(stream, { bits: depth > 8 ? 16 : 8 }));
    },

    pngOf: ({ pixels }) => writePng(pixels),

    /** The size of a WebP file without loss and metadata; 0: this browser does not write it. */
    async webpSize({ pixels }) {
        const canvas = new OffscreenCanvas(pixels.width, pixels.height);
        canvas.getContext("2d").putImageData(new ImageData(toRgba(pixels), pixels.width), 0, 0);
        const blob = await canvas.convertToBlob({ type: "image/webp", quality: 1 });
        const bytes = new Uint8Array(await blob.arrayBuffer());
        const view = new DataView(bytes.buffer), lossless = 0x4c385056; // VP8L
        let at = 12; // the chunks follow the header
        while (at + 8 <= bytes.length && view.getUint32(at, true) !== lossless) {
            at += 8 + view.getUint32(at + 4, true) + view.getUint32(at + 4, true) % 2;
        }
        return at + 8 <= bytes.length ? 12 + 8 + view.getUint32(at + 4, true) : 0;
    },
};

onmessage = async ({ data: { id, call, ...values } }) => {
    try {
        postMessage({ id, result: await calls[call](values) });
    } catch (error) {
        /* a trap, such as a stack overflow, leaves the program in an unknown state */
        postMessage({ id, error: { message: error.message, status: error.status, isFatal: error.status === undefined } });
    }
};
