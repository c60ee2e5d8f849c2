// SPDX-License-Identifier: MIT
// The program (web/interface.c) as an object with functions. It runs in a worker, and uses nothing of the page.
"use strict";

/** The few functions of the system that the C library asks for: there are no files, arguments or clocks. */
function systemFor(memory, variables) {
    const texts = Object.entries(variables).map(([name, value]) => new TextEncoder().encode(`${name}=${value}\0`));
    const view = () => new DataView(memory().buffer);
    return {
        environ_sizes_get(count, size) {
            view().setUint32(count, texts.length, true);
            view().setUint32(size, texts.reduce((sum, text) => sum + text.length, 0), true);
            return 0;
        },
        environ_get(pointers, bytes) {
            for (const text of texts) {
                view().setUint32(pointers, bytes, true);
                new Uint8Array(memory().buffer).set(text, bytes);
                pointers += 4;
                bytes += text.length;
            }
            return 0;
        },
        proc_exit(code) {
            throw new Error(`the program ended with ${code}`);
        },
    };
}

class Codec {
    /** module: a compiled WebAssembly.Module. variables: environment variables, such as BSWZ_KERNEL. */
    static async open(module, variables = {}) {
        const codec = new Codec();
        codec.onProgress = () => {};
        codec.onTile = () => {};
        const system = systemFor(() => codec.exports.memory, variables);
        const missing = () => 52; // ENOSYS
        const imports = {
            page: {
                progress: (done, total) => codec.onProgress(done, total),
                tile: (bits, coding, origin) => codec.onTile(bits, coding, origin),
            },
            wasi_snapshot_preview1: new Proxy(system, { get: (known, name) => known[name] ?? missing }),
        };
        codec.exports = (await WebAssembly.instantiate(module, imports)).exports;
        codec.exports._initialize?.();
        codec.job = codec.exports.job_create();
        return codec;
    }

    text(pointer) {
        const bytes = new Uint8Array(this.exports.memory.buffer, pointer);
        return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
    }

    put(bytes) {
        const pointer = this.exports.job_room(this.job, bytes.length);
        if (pointer === 0) {
            throw new Error("out of memory");
        }
        new Uint8Array(this.exports.memory.buffer).set(bytes, pointer);
    }

    check(status) {
        if (status !== 0) {
            throw Object.assign(new Error(this.text(this.exports.job_message(this.job))), { status });
        }
    }

    /** The bytes of the last result. */
    bytes() {
        const start = this.exports.job_bytes(this.job), size = this.exports.job_size(this.job);
        return new Uint8Array(this.exports.memory.buffer).slice(start, start + size);
    }

    compress(file, level) {
        this.put(file);
        this.check(this.exports.job_compress(this.job, level));
        return this.bytes();
    }

    compressPixels({ width, height, channels, samples }, level) {
        this.put(samples);
        this.check(this.exports.job_compress_pixels(this.job, width, height, channels, level));
        return this.bytes();
    }

    isStream(bytes) {
        this.put(bytes);
        return this.exports.job_is_stream(this.job) !== 0;
    }

    /** What a stream was made from. isBeginning: the end of the stream may be missing. */
    decompress(stream, isBeginning = false) {
        this.put(stream);
        const status = this.exports.job_decompress(this.job, isBeginning ? 1 : 0);
        if (!isBeginning || this.exports.job_size(this.job) === 0) {
            this.check(status);
        }
        return this.bytes();
    }

    /** The pixels of a stream. bits: 8 or 16, or 0 for those of the source. */
    pixels(stream, { channels = 0, bits = 0, scale = 0, isBeginning = false } = {}) {
        this.put(stream);
        const status = this.exports.job_pixels(this.job, channels, bits, scale, isBeginning ? 1 : 0);
        if (!isBeginning || this.exports.job_size(this.job) === 0) {
            this.check(status);
        }
        const [width, height, channelCount, bitCount, maxval] = [0, 1, 2, 3, 4].map((i) => this.number(i));
        return { width, height, channels: channelCount, bits: bitCount, maxval, samples: this.bytes() };
    }

    number(which) {
        return this.exports.job_number(this.job, which);
    }

    /** What is in a stream, or in its beginning. */
    describe(stream) {
        this.put(stream);
        const status = this.exports.job_describe(this.job);
        const [hasPixels, width, height, channels, depth, restoredSize, pictures, others] =
            [5, 6, 7, 8, 9, 10, 11, 12].map((i) => this.number(i));
        if (pictures + others === 0) {
            this.check(status);
        }
        const [format, origin, promise, model] = [0, 1, 2, 3].map((i) => this.text(this.exports.job_text(this.job, i)));
        return { hasPixels: hasPixels === 1, width, height, channels, depth, restoredSize, pictures, others,
            format, origin, promise, model, isComplete: status === 0 };
    }

    /** Where the bits of the first picture are: RGB pixels, at most `most` on each side, and tiles with their bits. */
    map(stream, most) {
        const tiles = [], { width, height } = this.describe(stream);
        let scale = 0;
        while (scale < 4 && Math.max(width, height) >> scale > most) {
            scale++;
        }
        this.onTile = (bits, coding, origin) => tiles.push({ bits, coding: this.text(coding), origin: this.text(origin) });
        this.put(stream);
        this.check(this.exports.job_map(this.job, scale));
        const scaled = [0, 1].map((i) => Math.ceil(this.number(i) / 2 ** scale));
        return { width: scaled[0], height: scaled[1], channels: 3, samples: this.bytes(), tiles,
            pixels: this.number(0) * this.number(1), columns: Math.ceil(this.number(0) / 32) };
    }

    version() {
        return this.text(this.exports.job_text(this.job, 4));
    }
}
