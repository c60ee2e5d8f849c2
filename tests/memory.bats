# Memory is bounded by bands, not by the picture: pictures that never exist as a whole go through pipes, and the
# kernel reports the peak memory of the program.
load helper

setup_file() {
    export TILE=$BATS_FILE_TMPDIR/tile
    "$TOOLS/photo" 1024 128 | tail -c $((3 * 1024 * 128)) > "$TILE"
}

# tall PIECES: raw samples, 1024 wide, of the same piece of a picture, repeated PIECES times.
tall() {
    local i
    for ((i = 0; i < $1; i++)); do
        cat "$TILE"
    done
}

# peak_of CHANNELS PIECES: compress and restore at the same time; the memory of both, in MiB.
peak_of() {
    if [ -n "$SANITIZED$WRAPPER" ]; then
        skip "a sanitizer or an emulator takes memory of its own"
    fi
    set -o pipefail
    tall "$2" | "$TOOLS/measure" encoder "$BSWZ" -1 -T2 --raw=1024x$((384 * $2 / $1))x"$1" |
        "$TOOLS/measure" decoder "$BSWZ" -d -T2 | cmp - <(tall "$2")
    encoder=$(($(cut -f 3 encoder) / 1024))
    decoder=$(($(cut -f 3 decoder) / 1024))
    echo "encoder $encoder MiB, decoder $decoder MiB"
}

@test "4 megapixels of RGB take under 96 MiB in both directions" {
    peak_of 3 32
    [ "$encoder" -lt 96 ] && [ "$decoder" -lt 96 ]
}

# as a whole, together with the coded plane, it would be 96 MiB
@test "48 megapixels of grey take under 84 MiB in both directions" {
    peak_of 1 128
    [ "$encoder" -lt 84 ] && [ "$decoder" -lt 84 ]
}
