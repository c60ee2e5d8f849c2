# SPDX-License-Identifier: MIT
# The page in a headless Chromium (doc/web.md): the same streams as those of the command, pictures that come back, tables
# and downloads. Skipped where there is no compiler for WebAssembly, or no Chromium.
# shellcheck disable=SC2154 # bats sets stderr
load helper

setup_file() {
    local name
    export PAGE=${TOOLS%/tools}/web/bswz.html BROWSER=
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        [ -n "$BROWSER" ] || BROWSER=$(command -v "$name") || BROWSER=
    done
    # It may be there, but not run: in a container without shared memory, for example.
    echo '<title>blank</title><script>const worker = { opened: true };</script>' > "$BATS_FILE_TMPDIR/blank.html"
    export BLANK=
    [ -z "$BROWSER" ] ||
        BLANK=$(python3 "$PROJECT/tests/browse.py" "$BROWSER" "$BATS_FILE_TMPDIR/blank.html" 'eval=document.title') ||
        BLANK=
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    [ -z "$SANITIZED" ] || skip "the page is not instrumented"
    [ -e "$PAGE" ] || skip "there is no compiler for WebAssembly (clang, lld, wasi-libc, libclang-rt-14-dev-wasm32)"
    [ -n "$BROWSER" ] || skip "there is no Chromium (chromium-headless-shell)"
    [ "$BLANK" = blank ] || skip "$BROWSER does not show a blank page here"
}

# browse STEP...: as in browse.py
browse() {
    python3 "$PROJECT/tests/browse.py" "$BROWSER" "$PAGE" "$@"
}

@test "golden streams restore, and come out of the compressor again" {
    local expected name steps=() level
    cat > golden.js << 'END'
        async (name, expected, level, again) => {
            const stream = globalThis[name.replace(/-/g, "_")];
            const restored = await worker.call("decompress", { stream });
            const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", restored));
            if ([...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== expected) {
                return `${name} is wrong`;
            }
            const made = again ? await worker.call("compress", { file: restored, level }) : stream;
            return made.length === stream.length && made.every((byte, i) => byte === stream[i]) ? "right" : `${name} differs`;
        }
END
    while read -r expected name; do
        level=$(grep -o '[0-9]$' <<< "$name") || level=5
        # the records of these are packed by another packer, and levels 8 and 9 take long
        [[ " archive jpeg jpeg-9 gif rgb-9 drawn-9 jfif mixed " == *" $name "* ]] && again=false || again=true
        steps+=("set=${name//-/_}=$PROJECT/tests/golden/$name.bsw"
            "eval=($(cat golden.js))('$name', '$expected', $level, $again)")
    done < "$PROJECT/tests/golden/SHA256"
    run -0 browse "${steps[@]}"
    [ "$(sort -u <<< "$output")" = right ]
    [ "$(wc -l <<< "$output")" -ge 12 ]
}

@test "the kernel gives the numbers of the reference" {
    cat > program.js << 'END'
        (async () => {
            let text = "", exports;
            const view = () => new DataView(exports.memory.buffer);
            const system = {
                fd_write(file, parts, count, written) {
                    let sum = 0;
                    for (let i = 0; i < count; i++) {
                        const start = view().getUint32(parts + 8 * i, true), size = view().getUint32(parts + 8 * i + 4, true);
                        text += new TextDecoder().decode(exports.memory.buffer.slice(start, start + size));
                        sum += size;
                    }
                    view().setUint32(written, sum, true);
                    return 0;
                },
                proc_exit: (code) => { throw new Error(`${text} ended with ${code}`); },
            };
            const imports = { wasi_snapshot_preview1: new Proxy(system, { get: (known, name) => known[name] ?? (() => 0) }) };
            exports = (await WebAssembly.instantiate(program, imports)).instance.exports;
            exports._start();
            return text;
        })()
END
    run -0 browse "set=program=${PAGE%/*}/test_kernel.wasm" "eval=$(cat program.js)"
    [[ $output == *"# simd128"* ]]
    [[ $output =~ ([0-9]+)\ passed,\ 0\ failed ]]
    [ "${BASH_REMATCH[1]}" -gt 50 ]
}

@test "a PNG file: its stream is that of the command, and its pixels come back" {
    "$TOOLS/photo" 150 90 > photo.ppm
    pnmtopng photo.ppm > photo.png 2> /dev/null
    draw png rgba16 40 30 > deep.png
    bswz < photo.png > photo.bsw
    bswz < deep.png > deep.bsw
    run -0 browse "file=photo.png" "save=0=photo.web" "save=1=photo.back" \
        'eval=[...element("sizes").rows].map((row) => [...row.cells].map((cell) => cell.textContent).join("|")).join("\n")' \
        'eval=element("map").getAttribute("aria-label")' 'eval=element("picture").width + " x " + element("picture").height' \
        "file=deep.png" "save=0=deep.web" "save=1=deep.back" 'eval=element("status").textContent'
    cmp photo.bsw photo.web
    assert_same_pixels photo.png photo.back
    cmp deep.bsw deep.web
    assert_same_pixels deep.png deep.back
    # the figures, with commas for thousands
    grep -q "^bswz|$(numfmt --grouping "$(size_of photo.bsw)" | tr -d ,)|" <(tr -d , <<< "$output")
    grep -q "^The file (PNG)|$(size_of photo.png)|" <(tr -d , <<< "$output")
    grep -q "^Pixels uncompressed|40500|24.00|" <(tr -d , <<< "$output")
    grep -q "^PNG|[0-9]" <<< "$output"
    grep -q "^WebP|[0-9]" <<< "$output"
    grep -q "^Where the bits went, [1-9][0-9.]* per pixel" <<< "$output"
    grep -q "^150 x 90$" <<< "$output"
    [ "$(tail -n 1 <<< "$output")" = Done. ]
}

@test "PNG files of every kind give the streams of the command" {
    local type flag name steps=() count=0
    for type in grey1 grey2 grey4 grey8 grey16 greyalpha8 greyalpha16 rgb8 rgb16 rgba8 rgba16 palette1 palette2 palette4 palette8; do
        for flag in "" interlaced transparent; do
            name=${type}_$flag
            # shellcheck disable=SC2086 # one flag, or none
            draw png "$type" 27 19 $flag > "$name.png" 2> message || continue
            bswz -2 < "$name.png" > "$name.bsw"
            steps+=("set=file=$name.png" "set=wanted=$name.bsw"
                "eval=worker.call('compress', { file, level: 2 }).then((made) => made.join() === wanted.join() ? 'same' : '$name differs')")
            count=$((count + 1))
        done
    done
    [ "$count" -ge 40 ]
    run -0 browse "${steps[@]}"
    [ "$(sort -u <<< "$output")" = same ]
    [ "$(wc -l <<< "$output")" -eq "$count" ]
}

@test "a JPEG file comes back byte for byte, in both directions" {
    "$TOOLS/photo" 160 120 | cjpeg > photo.jpg
    bswz < photo.jpg > native.bsw
    run -0 browse "file=photo.jpg" "save=0=web.bsw" 'eval=element("shares").textContent' \
        "file=native.bsw" "save=1=back.jpg" 'eval=element("name").textContent' 'eval=element("picture").width'
    bswz -d < web.bsw | cmp - photo.jpg
    cmp back.jpg photo.jpg
    [[ $output == *coefficients* ]]
    [ "${lines[-2]}" = native.bsw ]
    [ "${lines[-1]}" = 160 ]
    [ "$(size_of web.bsw)" -lt "$(size_of photo.jpg)" ]
}

@test "a file that only the browser reads: its pixels" {
    "$TOOLS/photo" 64 48 | pnmtopng > photo.png 2> /dev/null
    cwebp -quiet -lossless photo.png -o photo.webp
    run -0 browse "file=photo.webp" "save=0=web.bsw" 'eval=element("notes").textContent'
    [[ $output == *"without metadata"* ]]
    bswz -d < web.bsw > back.png
    assert_same_pixels photo.png back.png
}

@test "the beginning of a stream is a coarse picture, and a damaged one an error" {
    "$TOOLS/photo" 200 130 > photo.ppm
    bswz < photo.ppm > photo.bsw
    head -c 2000 photo.bsw > cut.bsw
    cat > slider.js << 'END'
        new Promise((resolve) => {
            const slider = element("beginning"), context = element("picture").getContext("2d");
            const look = () => context.getImageData(0, 0, 200, 130).data;
            const whole = look();
            slider.value = 50;
            slider.oninput();
            const wait = () => {
                const now = look();
                const differences = now.reduce((sum, value, i) => sum + Math.abs(value - whole[i]), 0) / now.length;
                return differences > 0 ? resolve(`${element("beginning-text").textContent}: ${differences}`) : setTimeout(wait, 50);
            };
            wait();
        })
END
    cat > slow.js << 'END'
        (async () => { // two thirds arrive in 20 parts, and the rest when a picture has been shown
            const parts = 20, size = Math.ceil(photo.length * 2 / 3 / parts);
            let shown = 0, next = 0;
            const show = showPixels;
            showPixels = (pixels) => { shown++; show(pixels); };
            await takeStream({
                async read() {
                    const from = next++ * size, isLast = from >= parts * size;
                    while (isLast && shown === 0) {
                        await new Promise((resolve) => setTimeout(resolve, 20));
                    }
                    return { done: from >= photo.length, value: photo.slice(from, from + size) };
                },
            }, "slow.bsw");
            showPixels = show;
            return element("status").textContent;
        })()
END
    run -0 browse "file=photo.bsw" "eval=$(cat slider.js)" "save=1=back.ppm" "set=photo=photo.bsw" "eval=$(cat slow.js)" \
        "save=1=slow.ppm"
    cmp back.ppm photo.ppm
    cmp slow.ppm photo.ppm
    [[ ${lines[0]} =~ ^[0-9,]+\ bytes:\ ([0-9]+) ]]
    [ "${BASH_REMATCH[1]}" -lt 20 ] # of 255, on average
    [ "${lines[1]}" = Done. ]
    echo "no picture at all" > text.txt
    run ! browse "file=cut.bsw" "file=text.txt" 'eval=element("status").textContent'
    [[ $output == *"This did not work: neither the program nor the browser reads text.txt as a picture."* ]]
    [[ $output == *"ends too early"* ]] # the page reports errors on the console, too
}

@test "the page needs nothing but itself" {
    run ! grep -aoE "(src|href)=\"?(https?:)?//" "$PAGE"
    [ "$(size_of "$PAGE")" -gt 5000000 ]
    run ! grep -a "<!-- include" "$PAGE"
}
