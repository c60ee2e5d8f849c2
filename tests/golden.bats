# SPDX-License-Identifier: MIT
# Streams that were made once decode to their sources, and come out of the compressor again byte for byte: the stream
# is a promise.
#
#   GOLDEN   the streams to check (all)
#   AGAIN    those of them to make again (all)
#   KERNELS  the kernels to compress with (all)
load helper

@test "golden streams restore what they were made from" {
    local expected name count=0
    while read -r expected name; do
        [[ " ${GOLDEN:-$name} " == *" $name "* ]] || continue
        bswz -d < "$PROJECT/tests/golden/$name.bsw" > "$name"
        [ "$(sha256sum < "$name" | cut -c -64)" = "$expected" ]
        count=$((count + 1))
    done < "$PROJECT/tests/golden/SHA256"
    [ "$count" -ge 12 ] || [ "$count" -eq "$(wc -w <<< "${GOLDEN:-}")" ]
}

@test "the same pictures give the golden streams again, with every kernel" {
    local kernel stream level name tried=0 kernels=${KERNELS:-ref blas avx2 vnni amx neon neondot}
    [ -z "$SANITIZED" ] || kernels=usual # unit tests run each kernel there
    for stream in "$PROJECT"/tests/golden/*.bsw; do
        name=$(basename "$stream" .bsw)
        [ "$name" != archive ] || continue # its zstd part may change
        [[ " ${GOLDEN:-$name} " == *" $name "* && " ${AGAIN:-$name} " == *" $name "* ]] || continue
        level=$(grep -o '[0-9]$' <<< "$name") || level=5
        bswz -d < "$stream" > picture
        for kernel in $kernels; do
            # a kernel that this processor cannot run is refused
            if BSWZ_KERNEL=${kernel#usual} bswz "-$level" < picture > again 2> message; then
                echo "# $name -$level, $kernel: $(size_of again) bytes, SHA-256 $(sha256sum < again | cut -c -64)" >&3
                cmp "$stream" again
                tried=$((tried + 1))
            else
                grep -q "cannot run on this processor" message
                [[ $kernel != @(ref|blas|usual) ]]
            fi
        done
    done
    [ "$tried" -gt 0 ]
}
