# SPDX-License-Identifier: MIT
# Memory is bounded by bands, not by the picture: pictures that never exist as a whole go through pipes, and the
# kernel reports the peak memory of the program.
load helper

setup_file() {
    export TILE=$BATS_FILE_TMPDIR/tile
    "$TOOLS/photo" 1024 128 | tail -c $((3 * 1024 * 128)) > "$TILE"
    "$TOOLS/photo" 1024 384 | ppmtopgm | tail -c $((1024 * 384)) > "$TILE-grey"
}

# tall TILE PIECES: raw samples, 1024 wide, of the same piece of a picture, repeated PIECES times, each with other noise in the
# two lowest bits: an exact repeat would be coded as a drawing, which takes long.
tall() {
    perl -e 'undef $/; $tile = <STDIN>; $size = length $tile; srand 1;
        $noise = join "", map { chr int rand 4 } 1 .. $size;
        for $i (1 .. $ARGV[0]) { $at = $i * 7919 % $size; print $tile ^ (substr($noise, $at) . substr($noise, 0, $at)) }' \
        "$2" < "$1"
}

# peak_of CHANNELS PIECES TILE: compress and restore at the same time; the memory of both, in MiB.
peak_of() {
    if [ -n "$SANITIZED$WRAPPER" ]; then
        skip "a sanitizer or an emulator takes memory of its own"
    fi
    set -o pipefail
    rm -f encoder decoder # measure appends
    tall "$3" "$2" | "$TOOLS/measure" encoder "$BSWZ" -1 -T2 --raw=1024x$((384 * $2 / $1))x"$1" |
        "$TOOLS/measure" decoder "$BSWZ" -d -T2 | cmp - <(tall "$3" "$2")
    encoder=$(($(cut -f 3 encoder) / 1024))
    decoder=$(($(cut -f 3 decoder) / 1024))
    echo "encoder $encoder MiB, decoder $decoder MiB"
}

@test "4 megapixels of RGB take under 116 MiB in both directions" {
    peak_of 3 32 "$TILE"
    [ "$encoder" -lt 116 ] && [ "$decoder" -lt 96 ]
}

# as a whole, the second one would take 36 MiB more, and its coded plane as much again; from run to run, the memory of the
# same picture varies by up to 15 MiB
@test "48 megapixels of grey take under 110 MiB in both directions, and hardly more than 12" {
    peak_of 1 32 "$TILE-grey"
    local before=("$encoder" "$decoder")
    peak_of 1 128 "$TILE-grey"
    [ "$encoder" -lt 110 ] && [ "$decoder" -lt 110 ]
    [ "$encoder" -le $((before[0] + 20)) ] && [ "$decoder" -le $((before[1] + 20)) ]
}

@test "a stack of 256 KiB is enough" {
    [ -z "$SANITIZED$WRAPPER" ] || skip "a sanitizer or an emulator takes memory of its own"
    local stream
    ulimit -s 256
    for stream in "$BATS_TEST_DIRNAME"/golden/*.bsw; do
        "$BSWZ" -d -T1 < "$stream" > picture
        "$BSWZ" -9 -T1 --exact < picture > again
        "$BSWZ" -d -T1 < again | cmp - picture
    done
}
