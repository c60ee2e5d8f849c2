// SPDX-License-Identifier: MIT
// The page: takes files, calls the worker, and shows what comes back.
"use strict";

const element = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en");
const UNSUPPORTED = 10; // BSWZ_ERROR_UNSUPPORTED
const WEBP_MOST = 16383; // pixels on each side

// ---- the worker ----

/** Calls of the worker as promises. */
class Worker1 {
    constructor(onProgress) {
        this.onProgress = onProgress;
        this.source = URL.createObjectURL(
            new Blob([element("worker-source").textContent], { type: "text/javascript" }));
        const text = atob(element("program").textContent.replace(/\s/g, ""));
        this.program = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
        this.start();
    }

    start() {
        this.waiting = new Map();
        this.next = 0;
        this.worker = new Worker(this.source);
        this.worker.onmessage = ({ data }) => this.receive(data);
        this.worker.onerror = (event) => this.stop(new Error(event.message ?? "the worker has failed"));
        this.opened = this.send("open", { program: this.program, variables: {} });
    }

    receive({ id, result, error, progress }) {
        if (progress !== undefined) {
            this.onProgress(progress);
            return;
        }
        const { resolve, reject } = this.waiting.get(id);
        this.waiting.delete(id);
        if (error === undefined) {
            resolve(result);
        } else {
            reject(Object.assign(new Error(error.message), error));
            if (error.isFatal) {
                this.stop(new Error("the program has ended"));
            }
        }
    }

    send(call, values) {
        return new Promise((resolve, reject) => {
            this.waiting.set(this.next, { resolve, reject });
            this.worker.postMessage({ id: this.next++, call, ...values });
        });
    }

    async call(name, values) {
        await this.opened;
        return this.send(name, values);
    }

    /** End what it is doing, and start again. */
    stop(reason) {
        this.worker.terminate();
        const waiting = this.waiting;
        this.start();
        waiting.forEach(({ reject }) => reject(reason));
    }

    get isBusy() {
        return this.waiting.size > 0;
    }
}

class Stopped extends Error {}
class CannotShow extends Error {}

const worker = new Worker1((part) => {
    element("progress").value = part;
});

// ---- what is being done ----

let currentTask = 0; // the number of the last file; whatever belongs to an earlier one ends

function setStatus(text, failed = false) {
    element("status").textContent = text;
    element("status").classList.toggle("failed", failed);
}

function setBusy(busy) {
    element("progress").hidden = element("stop").hidden = !busy;
    if (busy) {
        element("progress").value = 0;
    }
}

function stopAll() {
    currentTask++;
    if (worker.isBusy) {
        worker.stop(new Stopped());
    }
    setBusy(false);
}

/** Do something with a file; the one before it is given up. */
async function start(what, work) {
    stopAll();
    const task = currentTask;
    const check = () => {
        if (task !== currentTask) {
            throw new Stopped();
        }
    };
    setBusy(true);
    setStatus(what);
    try {
        await work(check);
        check();
        setStatus("Done.");
    } catch (error) {
        if (task !== currentTask || error instanceof Stopped) {
            return;
        }
        console.error(error);
        setStatus(`This did not work: ${error.message}.`, true);
    }
    setBusy(false);
}

function reset(name) {
    for (const id of ["downloads", "notes", "summary", "picture-caption", "map-caption"]) {
        element(id).textContent = "";
    }
    element("sizes").tBodies[0].textContent = element("shares").tBodies[0].textContent = "";
    element("shares").hidden = element("map-figure").hidden = element("arriving").hidden = true;
    element("name").textContent = name;
    element("result").hidden = false;
    showNothing();
}

// ---- pictures ----

function showNothing() {
    const canvas = element("picture");
    canvas.width = canvas.height = 1;
}

function showBitmap(bitmap) {
    const canvas = element("picture");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.classList.toggle("small-picture", bitmap.width < 400);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
}

/** Pixels of 8 bits, as from the worker. */
function drawPixels(canvas, pixels) {
    const { width, height } = pixels;
    canvas.width = width;
    canvas.height = height;
    canvas.classList.toggle("small-picture", width < 400);
    canvas.getContext("2d").putImageData(new ImageData(toRgba(pixels), width), 0, 0);
}

function showPixels(pixels) {
    drawPixels(element("picture"), pixels);
}

const unchanged = { premultiplyAlpha: "none", colorSpaceConversion: "none" };

/** The pixels that the browser reads from a file, as the program takes them: without alpha if all are opaque, and with
 * one channel if all are grey. */
async function pixelsOfBrowser(blob) {
    const bitmap = await createImageBitmap(blob, unchanged);
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height), context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, width, height).data;
    let isOpaque = true, isGrey = true;
    for (let i = 0; i < rgba.length; i += 4) {
        isOpaque &&= rgba[i + 3] === 255;
        isGrey &&= rgba[i] === rgba[i + 1] && rgba[i] === rgba[i + 2];
    }
    const channels = (isGrey ? 1 : 3) + (isOpaque ? 0 : 1), colours = isGrey ? 1 : 3;
    const samples = new Uint8Array(width * height * channels);
    for (let i = 0, to = 0; i < rgba.length; i += 4) {
        for (let c = 0; c < colours; c++) {
            samples[to++] = rgba[i + c];
        }
        if (!isOpaque) {
            samples[to++] = rgba[i + 3];
        }
    }
    return { width, height, channels, bits: 8, maxval: 255, samples };
}

// ---- the map of bits ----

const MAP_MOST = 1024; // pixels on each side are enough

/** The map, and a row for each way of coding. size: bytes of the stream. */
function showMap(map, size) {
    const groups = new Map();
    for (const [index, { bits, coding, origin }] of map.tiles.entries()) {
        const name = origin === "-" ? coding : `${coding}, ${origin}`;
        const group = groups.get(name) ?? { name, bits: 0, tiles: 0, most: -Infinity };
        group.bits += bits;
        group.tiles++;
        if (bits > group.most) {
            Object.assign(group, { most: bits, index });
        }
        groups.set(name, group);
    }
    const all = [...groups.values()].sort((a, b) => b.bits - a.bits);
    const bits = all.reduce((sum, group) => sum + group.bits, 0), body = element("shares").tBodies[0];
    const addRow = (name, part, tiles, colour) => {
        const row = body.insertRow(), mark = document.createElement("span");
        mark.className = "mark";
        mark.style.background = colour;
        addCell(row, name, "th").prepend(mark);
        addCell(row, tiles);
        addCell(row, numbers.format(Math.round(part / 8)));
        addCell(row, `${(part / size / 0.08).toFixed(1)} %`);
    };
    const step = 32 * map.width / Math.sqrt(map.pixels * map.width / map.height); // pixels of the map in a tile
    for (const { name, bits: part, tiles, index } of all) {
        const x = Math.floor(index % map.columns * step), y = Math.floor(Math.floor(index / map.columns) * step);
        const at = 3 * (y * map.width + x);
        addRow(name === "-" ? "nothing" : name, part, tiles, `rgb(${map.samples.slice(at, at + 3)})`);
    }
    addRow("without a place in the picture", 8 * size - bits, "", "none");
    element("shares").hidden = false;
    drawPixels(element("map"), map);
    const caption = `Where the bits went, ${(bits / map.pixels).toFixed(2)} per pixel. ` +
        "The lighter a tile, the more bits it takes: dark is none, half of the way to light is 4 per pixel, and light is 32.";
    element("map-caption").textContent = caption;
    element("map").setAttribute("aria-label", caption);
    element("map-figure").hidden = false;
}

// ---- tables ----

function addCell(row, text, kind = "td") {
    const cell = document.createElement(kind);
    cell.textContent = text;
    if (kind === "th") {
        cell.scope = "row";
    }
    return row.appendChild(cell);
}

/** A row for each of {name, bytes, isOwn}; the one that is ours is what the bars compare with. */
function showSizes(sizes, pixels) {
    const body = element("sizes").tBodies[0], own = sizes.find(({ isOwn }) => isOwn).bytes;
    const most = Math.max(...sizes.map(({ bytes }) => bytes));
    body.textContent = "";
    for (const { name, bytes, isOwn } of sizes) {
        const row = body.insertRow();
        row.classList.toggle("own", isOwn === true);
        addCell(row, name, "th");
        addCell(row, numbers.format(bytes));
        addCell(row, pixels > 0 ? (8 * bytes / pixels).toFixed(2) : "–");
        const cell = addCell(row, "");
        cell.className = "bar";
        const bar = cell.appendChild(document.createElement("span"));
        bar.style.width = `${100 * bytes / most}%`;
        bar.textContent = (bytes / own).toFixed(2);
    }
}

function addDownload(text, bytes, name, isFirst = false) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = name;
    link.textContent = text;
    link.className = isFirst ? "button first" : "button";
    element("downloads").append(link);
}

function addNote(text) {
    element("notes").append(text, " ");
}

// ---- streams ----

const extensions = { PNG: "png", JPEG: "jpg", WebP: "webp", GIF: "gif", BMP: "bmp", TIFF: "tif", PNM: "pnm", PAM: "pam", raw: "raw" };

/** The pixels of a stream in 8 bits, or, if only its file is to be had, those that the browser reads from that. */
async function decode(stream, options) {
    try {
        return await worker.call("pixels", { stream, options: { bits: 8, ...options } });
    } catch (error) {
        if (error.status !== UNSUPPORTED || options.scale > 0) {
            throw error;
        }
        const file = await worker.call("decompress", { stream, isBeginning: options.isBeginning ?? false });
        return pixelsOfBrowser(new Blob([file])).catch(() => {
            throw new CannotShow();
        });
    }
}

/** Show a coarse picture first, and then finer ones. */
async function showStream(stream, info, check) {
    const pixels = info.width * info.height;
    const scales = !info.hasPixels || info.format === "JPEG" ? [] : [4, 3, 2, 1].filter((scale) => pixels >> scale > 60000);
    for (const scale of scales) {
        showPixels(await decode(stream, { scale }));
        check();
    }
    const all = await decode(stream, {});
    check();
    showPixels(all);
    return all;
}

/** A slider that shows what the beginning of the stream holds. */
function offerBeginnings(stream, whole) {
    const slider = element("beginning"), text = element("beginning-text");
    let wanted = null, isRunning = false;
    slider.value = 100;
    text.textContent = "all of it";
    const run = async () => {
        isRunning = true;
        while (wanted !== null) {
            const part = wanted;
            wanted = null;
            const size = Math.round(stream.length * (part / 100) ** 2); // the coarse levels are at the very beginning
            text.textContent = part === 100 ? "all of it" : `${numbers.format(size)} bytes`;
            try {
                showPixels(part === 100 ? whole : await decode(stream.slice(0, size), { isBeginning: true }));
            } catch (error) {
                if (error instanceof Stopped) {
                    break;
                }
                showNothing();
                text.textContent += ": not enough to show anything";
            }
        }
        isRunning = false;
    };
    slider.oninput = () => {
        wanted = Number(slider.value);
        if (!isRunning) {
            run();
        }
    };
    element("arriving").hidden = false;
}

function describe(info) {
    if (info.width === 0 || info.pictures !== 1 || info.others > 0) {
        const all = info.pictures + info.others;
        return `${all} part${all === 1 ? "" : "s"}, of which ${info.pictures} ${info.pictures === 1 ? "is a picture" : "are pictures"}: ` +
            "everything comes back byte for byte.";
    }
    const kind = info.origin === "-" || info.origin === "DCT" || info.origin === "" ? "" : `, coded as ${info.origin}`;
    const model = info.model === "" ? "" : `, with the model “${info.model}”`;
    const promise = info.promise === "bytes" ? "the file comes back byte for byte" : "the pixels come back exactly";
    return `${info.format}, ${info.width} × ${info.height} pixels, ${info.channels} channel${info.channels === 1 ? "" : "s"}` +
        ` of ${info.depth} bit${info.depth === 1 ? "" : "s"}${kind}${model}: ${promise}.`;
}

/** Everything about a complete stream. file: {name, bytes} of what it was made from, if that is known. */
async function present(stream, name, file, check) {
    const info = await worker.call("describe", { stream });
    check();
    element("summary").textContent = describe(info);
    addDownload("Save the .bsw file", stream, `${name}.bsw`, true);
    setStatus("Decompressing …");
    const sizes = [{ name: "bswz", bytes: stream.length, isOwn: true }];
    if (file !== undefined) {
        sizes.push({ name: file.name, bytes: file.bytes });
    }
    const pixels = await showStream(stream, info, check).catch((error) => {
        if (!(error instanceof CannotShow)) {
            throw error;
        }
        return null;
    });
    check();
    setStatus("Finding out where the bits go …");
    const map = info.pictures > 0 ? await worker.call("map", { stream, most: MAP_MOST }) : null;
    check();
    await offerFile(stream, name, info, check);
    if (pixels === null) {
        addNote("The browser does not show this.");
        showNothing();
        showSizes([...sizes, { name: "Restored", bytes: info.restoredSize }], 0);
        return;
    }
    const caption = `What comes back: ${pixels.width} × ${pixels.height} pixels`;
    element("picture-caption").textContent = caption;
    element("picture").setAttribute("aria-label", caption);
    showMap(map, stream.length);
    const count = pixels.width * pixels.height;
    const last = { name: "Pixels, uncompressed", bytes: count * pixels.channels * (info.depth > 8 ? 2 : 1) };
    showSizes([...sizes, last], count);
    setStatus("Comparing …");
    await compareWithOthers(stream, pixels, info, (name, bytes) => {
        check();
        sizes.push({ name, bytes });
        showSizes([...sizes, last], count);
    });
    offerBeginnings(stream, pixels);
}

/** The file that the stream was made from; a PNG file is written by the page. */
async function offerFile(stream, name, info, check) {
    const extension = extensions[info.format] ?? "bin", isPicture = info.pictures === 1 && info.others === 0;
    try {
        const bytes = await worker.call("decompress", { stream });
        check();
        addDownload(isPicture ? `Save the ${info.format} file` : "Save what it restores to", bytes, name);
    } catch (error) {
        if (error.status !== UNSUPPORTED) {
            throw error;
        }
        const bytes = await worker.call("png", { stream });
        check();
        addDownload("Save the pixels as PNG", bytes, name.endsWith(".png") ? name : `${name}.${extension}.png`);
    }
}

function isOpaque({ channels, samples }) {
    for (let i = channels - 1; channels % 2 === 0 && i < samples.length; i += channels) {
        if (samples[i] !== 255) {
            return false;
        }
    }
    return true;
}

/** Calls add with the name and the size of each other format. */
async function compareWithOthers(stream, pixels, info, add) {
    const prefix = { JPEG: "Its pixels as ", GIF: "Its first image as " }[info.format] ?? "";
    const hasPixels = info.hasPixels && prefix === "";
    const png = hasPixels ? await worker.call("png", { stream }) : await worker.call("pngOf", { pixels });
    add(`${prefix}PNG`, png.length);
    if (info.depth > 8) {
        addNote("WebP has 8 bits at most.");
        return;
    }
    if (!isOpaque(pixels)) {
        addNote("Browsers do not keep the colours of transparent pixels when they write WebP, so there is no comparison.");
        return;
    }
    const webp = Math.max(pixels.width, pixels.height) > WEBP_MOST ? 0 : await worker.call("webpSize", { pixels });
    if (webp > 0) {
        add(`${prefix}WebP`, webp);
    } else {
        addNote("This browser does not write WebP without loss, or not of this size.");
    }
}

// ---- files ----

/** Compress a file; what the program does not read, the browser does. */
async function compress(file, bytes, level, check) {
    try {
        const stream = await worker.call("compress", { file: bytes, level });
        if ((await worker.call("describe", { stream })).pictures > 0) {
            return stream;
        }
    } catch (error) {
        if (error.status === undefined) {
            throw error;
        }
    }
    check();
    const pixels = await pixelsOfBrowser(file).catch(() => {
        throw new Error(`neither the program nor the browser reads ${file.name} as a picture`);
    });
    check();
    addNote("The browser has read this file: the pixels of its first image are compressed, in 8 bits and without metadata.");
    return worker.call("compressPixels", { pixels, level });
}

function takePicture(file, bytes) {
    const level = Number(element("level").value);
    return start(`Compressing ${file.name} …`, async (check) => {
        reset(file.name);
        createImageBitmap(file, unchanged).then((bitmap) => {
            check();
            showBitmap(bitmap);
        }).catch(() => {}); // the program may read what the browser does not
        const begin = performance.now();
        const stream = await compress(file, bytes, level, check);
        check();
        const seconds = (performance.now() - begin) / 1000;
        const kind = (file.name.match(/\.([^.]+)$/)?.[1] ?? "file").toUpperCase();
        await present(stream, file.name, { name: `The file (${kind})`, bytes: bytes.length }, check);
        addNote(`Compressing took ${seconds.toFixed(1)} seconds.`);
    });
}

/** A stream as it arrives: reader of a ReadableStream. What is there is shown whenever it has doubled. */
function takeStream(reader, name) {
    return start(`Loading ${name} …`, async (check) => {
        reset(name);
        let bytes = new Uint8Array(0), shown = 0, showing = null;
        for (;;) {
            const { done, value } = await reader.read();
            check();
            if (done) {
                break;
            }
            const longer = new Uint8Array(bytes.length + value.length);
            longer.set(bytes);
            longer.set(value, bytes.length);
            bytes = longer;
            if (showing === null && bytes.length >= 2 * shown) {
                shown = bytes.length;
                showing = decode(bytes, { isBeginning: true }).then((pixels) => {
                    check();
                    showPixels(pixels);
                }).catch(() => {}).finally(() => { // there may not be enough yet
                    showing = null;
                });
            }
        }
        await showing;
        await present(bytes, name.replace(/\.bsw$/i, ""), undefined, check);
    });
}

async function take(file) {
    try {
        stopAll();
        setBusy(true);
        const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
        if (await worker.call("isStream", { bytes: head })) {
            await takeStream(file.stream().getReader(), file.name);
        } else {
            await takePicture(file, new Uint8Array(await file.arrayBuffer()));
        }
    } catch (error) {
        if (!(error instanceof Stopped)) {
            setBusy(false);
            setStatus(`${file.name} cannot be read: ${error.message}.`, true);
        }
    }
}

/** bswz.html?open=URL shows a stream from the web while it arrives. */
async function takeUrl(url) {
    try {
        const response = await fetch(url);
        if (!response.ok) {
            throw new Error(`the server says ${response.status}`);
        }
        await takeStream(response.body.getReader(), decodeURIComponent(url.split("/").pop()));
    } catch (error) {
        setStatus(`${url} cannot be read: ${error.message}.`, true);
    }
}

/** A picture for those who have none at hand. */
async function drawExample() {
    stopAll();
    const width = 480, height = 320, canvas = new OffscreenCanvas(width, height), context = canvas.getContext("2d");
    const sky = context.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, "#2b5d8a");
    sky.addColorStop(0.6, "#e9c9a0");
    sky.addColorStop(1, "#f3e2c6");
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#fff3d0";
    context.beginPath();
    context.arc(350, 120, 34, 0, 2 * Math.PI);
    context.fill();
    for (let layer = 0; layer < 4; layer++) {
        context.fillStyle = `hsl(${200 + 12 * layer} 30% ${45 - 10 * layer}%)`;
        context.beginPath();
        context.moveTo(0, height);
        for (let x = 0; x <= width; x++) {
            const wave = Math.sin(x / (60 - 9 * layer) + layer * 2) * 18 + Math.sin(x / 17 + layer) * 5;
            context.lineTo(x, 170 + 35 * layer + wave);
        }
        context.lineTo(width, height);
        context.fill();
    }
    const rgba = context.getImageData(0, 0, width, height).data, samples = new Uint8ClampedArray(3 * width * height);
    for (let i = 0; i < samples.length; i++) { // with noise, as in a photograph
        samples[i] = rgba[Math.floor(i / 3) * 4 + i % 3] + 4 * (Math.random() + Math.random() + Math.random() - 1.5);
    }
    const pixels = { width, height, channels: 3, bits: 8, samples: new Uint8Array(samples.buffer) };
    await take(new File([await worker.call("pngOf", { pixels })], "example.png", { type: "image/png" }));
}

// ---- events ----

element("file").onchange = ({ target }) => {
    if (target.files.length > 0) {
        take(target.files[0]);
        target.value = ""; // so that the same file can be chosen again
    }
};
element("form").onsubmit = (event) => event.preventDefault();
element("example").onclick = drawExample;
element("stop").onclick = () => {
    stopAll();
    setStatus("Stopped.");
};
for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
        event.preventDefault();
        element("drop").classList.toggle("over", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files.length > 0) {
            take(event.dataTransfer.files[0]);
        }
    });
}
worker.opened.then((version) => {
    setStatus(`Ready (version ${version}).`);
    const url = new URLSearchParams(location.search).get("open");
    if (url !== null) {
        takeUrl(url);
    }
}).catch((error) => setStatus(`The program does not start: ${error.message}.`, true));
