# Streams that were made once decode to what they were made from, and come out of
# the compressor again byte by byte: the stream is a promise.
load helper

@test "golden streams restore what they were made from" {
    local expected name count=0
    while read -r expected name; do
        bswz -d < "$PROJECT/tests/golden/$name.bsw" > "$name"
        [ "$(sha256sum < "$name" | cut -c -64)" = "$expected" ]
        count=$((count + 1))
    done < "$PROJECT/tests/golden/SHA256"
    [ "$count" -ge 7 ]
}

@test "the same pictures give the golden streams again, under every kernel" {
    local kernel stream level
    for stream in "$PROJECT"/tests/golden/*.bsw; do
        [[ $stream != */archive.bsw ]] || continue # zstd's part of it may change
        level=$(basename "$stream" .bsw | grep -o '[0-9]$') || level=5
        bswz -d < "$stream" > picture
        for kernel in ref blas avx2 vnni; do
            # what this processor cannot run is refused
            if BSWZ_KERNEL=$kernel bswz "-$level" < picture > again 2> message; then
                cmp "$stream" again
            else
                grep -q "cannot run on this processor" message
                [ "$kernel" != ref ] && [ "$kernel" != blas ]
            fi
        done
    done
}
