// SPDX-License-Identifier: MIT
// Writes PNG files: any number of channels, 8 or 16 bits, filters by the sum of absolute values, the browser's deflate.
"use strict";

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) {
        value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    }
    return value >>> 0;
});

function crc32(bytes) {
    let sum = 0xffffffff;
    for (const byte of bytes) {
        sum = (sum >>> 8) ^ crcTable[(sum ^ byte) & 255];
    }
    return (sum ^ 0xffffffff) >>> 0;
}

function pngChunk(type, data) {
    const chunk = new Uint8Array(12 + data.length), view = new DataView(chunk.buffer);
    view.setUint32(0, data.length);
    chunk.set(new TextEncoder().encode(type), 4);
    chunk.set(data, 8);
    view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
    return chunk;
}

function paeth(left, above, corner) {
    const toLeft = Math.abs(above - corner), toAbove = Math.abs(left - corner);
    const toCorner = Math.abs(left + above - 2 * corner);
    return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
}

const pngFilters = [
    () => 0,
    (left) => left,
    (left, above) => above,
    (left, above) => (left + above) >> 1,
    paeth,
];

/** Rows with their filters: for each row, the one with the smallest sum of absolute values. */
function filterRows(rows, height, rowBytes, pixelBytes) {
    const out = new Uint8Array(height * (rowBytes + 1)), trial = new Uint8Array(rowBytes);
    for (let y = 0; y < height; y++) {
        const at = y * rowBytes, to = y * (rowBytes + 1);
        let least = Infinity;
        for (let kind = 0; kind < pngFilters.length; kind++) {
            const filter = pngFilters[kind];
            let sum = 0;
            for (let i = 0; i < rowBytes && sum < least; i++) {
                const left = i < pixelBytes ? 0 : rows[at + i - pixelBytes], above = y === 0 ? 0 : rows[at + i - rowBytes];
                const corner = i < pixelBytes || y === 0 ? 0 : rows[at + i - rowBytes - pixelBytes];
                const value = (rows[at + i] - filter(left, above, corner)) & 255;
                trial[i] = value;
                sum += value < 128 ? value : 256 - value;
            }
            if (sum < least) {
                least = sum;
                out[to] = kind;
                out.set(trial, to + 1);
            }
        }
    }
    return out;
}

async function throughStream(bytes, stream) {
    return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** pixels: as from Codec.pixels, with 8 or 16 bits, of which all are used. A promise of the file. */
async function writePng({ width, height, channels, bits, samples }) {
    const header = new Uint8Array(13), view = new DataView(header.buffer);
    view.setUint32(0, width);
    view.setUint32(4, height);
    header[8] = bits;
    header[9] = [0, 0, 4, 2, 6][channels];
    let rows = samples;
    if (bits === 16) { // the upper byte comes first
        rows = new Uint8Array(samples.length);
        for (let i = 0; i < samples.length; i += 2) {
            rows[i] = samples[i + 1];
            rows[i + 1] = samples[i];
        }
    }
    const pixelBytes = channels * bits / 8;
    const filtered = filterRows(rows, height, width * pixelBytes, pixelBytes);
    const data = await throughStream(filtered, new CompressionStream("deflate"));
    const parts = [
        Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
        pngChunk("IHDR", header),
        pngChunk("IDAT", data),
        pngChunk("IEND", new Uint8Array(0)),
    ];
    return new Uint8Array(await new Blob(parts).arrayBuffer());
}
