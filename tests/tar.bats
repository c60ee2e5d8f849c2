# SPDX-License-Identifier: MIT
# Under tar and cpio, in both directions: archives come back byte for byte, and the pictures in them are coded as
# pictures.
load helper

make_tree() {
    mkdir -p tree/sub tree/void
    draw png rgb8 50 40 > tree/picture.png
    draw pnm ppm 31 17 > tree/sub/picture.ppm
    draw pam rgba 30 21 > tree/sub/picture.pam
    echo text > tree/sub/text
    : > tree/empty
    ln -s sub/text tree/link
    ln tree/sub/picture.ppm tree/hard.ppm
}

# The pictures of a format that a stream promises to restore byte for byte; none may promise less.
count_pictures() {
    bswz -lv < "$1" > listing
    ! grep -q ' pixels ' listing || return 1
    grep -c " picture .* $2 " listing || true
}

# assert_pictures ARCHIVE FORMAT COUNT [OPTION]...: it comes back, with that many pictures coded as such
assert_pictures() {
    local archive=$1 format=$2 count=$3
    shift 3
    assert_roundtrip "$archive" "$@" && [ "$(count_pictures roundtrip.bsw "$format")" -eq "$count" ]
}

@test "GNU tar -I compresses and extracts" {
    make_tree
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    bswz -t tree.tar.bsw
    mkdir out
    tar -I "$COMMAND" -xf tree.tar.bsw -C out
    diff -r --no-dereference tree out/tree
    tar -I "$COMMAND" -tf tree.tar.bsw > names
    [ "$(wc -l < names)" -eq 10 ]
}

@test "GNU tar -I with options: -d comes last" {
    make_tree
    tar -I "$COMMAND -9 -T2" -cf tree.tar.bsw tree
    mkdir out
    tar -I "$COMMAND -9 -T2" -xf tree.tar.bsw -C out
    diff -r --no-dereference tree out/tree
    tar --use-compress-program="$COMMAND" -tf tree.tar.bsw > names
    [ -s names ]
}

@test "GNU tar through a pipe" {
    make_tree
    tar -I "$COMMAND" -cf - tree > tree.tar.bsw
    mkdir out
    # shellcheck disable=SC2002 # this is a test of pipes
    cat tree.tar.bsw | tar -I "$COMMAND" -xf - -C out
    diff -r --no-dereference tree out/tree
}

@test "the archive has the same bytes as from tar | bswz | bswz -d" {
    make_tree
    tar -cf tree.tar tree
    assert_roundtrip tree.tar
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    bswz -d < tree.tar.bsw | cmp - tree.tar
}

@test "pictures in archives of every format are coded as pictures" {
    make_tree
    local format
    for format in v7 oldgnu gnu ustar pax; do
        tar --format=$format -cf tree.tar tree
        assert_pictures tree.tar PNM 1 -1
        [ "$(count_pictures roundtrip.bsw PAM)" -eq 1 ]
    done
}

@test "cpio, in both directions" {
    make_tree
    rm tree/hard.ppm # newc stores the data of hard links with the last name
    local format
    for format in newc crc odc; do
        find tree | sort | cpio -o -H $format > tree.cpio 2> /dev/null
        assert_pictures tree.cpio PNM 1 -1
        rm -rf out && mkdir out
        (cd out && bswz -d < ../roundtrip.bsw | cpio -idm 2> /dev/null)
        diff -r --no-dereference tree out/tree
    done
    cat tree.cpio tree.cpio > both
    assert_pictures both PNM 2 -1
}

@test "busybox tar, in both directions" {
    make_tree
    busybox tar -cf - tree | bswz -1 > tree.tar.bsw
    [ "$(count_pictures tree.tar.bsw PNM)" -eq 1 ]
    mkdir out
    bswz -d < tree.tar.bsw | busybox tar -xf - -C out
    diff -r --no-dereference tree out/tree
}

@test "bsdtar, in both directions" {
    make_tree
    bsdtar --use-compress-program "$COMMAND" -cf tree.tar.bsw tree
    mkdir out
    bsdtar --use-compress-program "$COMMAND -d" -xf tree.tar.bsw -C out
    diff -r --no-dereference tree out/tree
    [ "$(count_pictures tree.tar.bsw PNM)" -eq 1 ]
    local format
    for format in pax gnutar v7tar ustar newc odc; do
        bsdtar --format $format -cf tree.archive tree
        assert_pictures tree.archive PAM 1 -1
    done
}

@test "long names, strange names, sparse files, extended attributes of pax" {
    mkdir tree
    local long
    long=$(printf 'n%.0s' {1..200})
    mkdir "tree/$long"
    draw pnm ppm 40 30 > "tree/$long/$long.ppm"
    draw pnm pgm 30 40 > $'tree/a name\nof two lines.pgm'
    head -c 70 /dev/zero | tr '\0' '\351' > "tree/"$'caf\351'
    truncate -s 3M tree/holes
    echo island | dd of=tree/holes bs=1 seek=1000000 conv=notrunc status=none
    echo island | dd of=tree/holes bs=1 seek=2000000 conv=notrunc status=none
    draw pnm ppm 20 50 > tree/z.ppm
    local format
    for format in gnu oldgnu pax posix; do
        tar --format=$format -S -cf tree.tar tree
        assert_pictures tree.tar PNM 3 -1
        rm -rf out && mkdir out
        tar -I "$COMMAND" -xf roundtrip.bsw -C out
        diff -r tree out/tree
    done
    tar --format=pax --sparse-version=0.1 -S -cf tree.tar tree
    assert_pictures tree.tar PNM 3 -1
    # more islands than a header has room for
    local i
    for ((i = 1; i < 60; i++)); do
        echo island | dd of=tree/holes bs=1 seek=$((i * 50000)) conv=notrunc status=none
    done
    tar --format=gnu -S --sort=name -cf tree.tar tree
    assert_pictures tree.tar PNM 3 -1
}

@test "several archives in a row, a picture before and after, an archive in an archive" {
    make_tree
    tar -cf one.tar tree/sub
    cat one.tar one.tar > two.tar
    assert_pictures two.tar PNM 2 -1
    cat tree/hard.ppm one.tar tree/hard.ppm one.tar > mixed
    assert_pictures mixed PNM 4 -1
    echo "no archive and no picture" >> mixed
    assert_pictures mixed PNM 4 -1
    tar -cf outer.tar one.tar tree/hard.ppm
    assert_pictures outer.tar PNM 1 -1
}

@test "a member with several pictures, one with data after its picture, one that is truncated" {
    mkdir tree
    draw pnm ppm 31 40 > picture
    cat picture picture > tree/1
    { cat picture; echo behind; } > tree/2
    head -c -100 picture > tree/3
    cat picture > tree/4
    tar --sort=name -cf tree.tar tree
    assert_pictures tree.tar PNM 4 -1
}

@test "an archive followed by zero bytes, as from a tape" {
    make_tree
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    head -c 20480 /dev/zero >> tree.tar.bsw
    mkdir out
    tar -I "$COMMAND" -xf tree.tar.bsw -C out
    diff -r --no-dereference tree out/tree
}

@test "tar that stops reading early still succeeds" {
    mkdir tree
    echo first > tree/a
    head -c 2000000 /dev/urandom > tree/b
    tar -I "$COMMAND" --sort=name -cf tree.tar.bsw tree
    tar -I "$COMMAND" --occurrence=1 -xOf tree.tar.bsw tree/a > out
    [ "$(cat out)" = first ]
    tar -I "$COMMAND" -tf tree.tar.bsw | head -n 1 > out
    [ "$(cat out)" = tree/ ]
    bswz -dc tree.tar.bsw | head -c 600 | tail -c +513 | head -c 6 > out
    [ "$(cat out)" = tree/a ]
}

@test "tar reports a damaged archive" {
    make_tree
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    truncate -s -5 tree.tar.bsw
    run -2 tar -I "$COMMAND" -tf tree.tar.bsw
}

@test "a truncated archive comes back unchanged" {
    make_tree
    tar -cf tree.tar tree
    local size
    size=$(size_of tree.tar)
    local cut
    for ((cut = 1; cut < size; cut += 1999)); do
        head -c "$cut" tree.tar > short.tar
        assert_roundtrip short.tar -1
    done
}

@test "damaged headers cost pictures, but no bytes" {
    make_tree
    tar -cf tree.tar tree
    local at
    for ((at = 100; at < 10000; at += 1024)); do
        cp tree.tar damaged.tar
        printf '\377' | dd of=damaged.tar bs=1 seek=$at conv=notrunc status=none
        assert_roundtrip damaged.tar -1
    done
}

@test "a tree of pictures and other files is smaller than under xz, zstd and bzip2" {
    mkdir -p tree/pictures tree/other
    "$TOOLS/photo" 300 200 > tree/pictures/photo.ppm
    "$TOOLS/photo" 200 150 > small.ppm
    cjpeg -quality 80 small.ppm > tree/pictures/photo.jpg
    djpeg tree/pictures/photo.jpg > tree/pictures/decoded.ppm
    bswz < small.ppm | bswz -d --to=png > tree/pictures/photo.png
    cwebp -quiet -q 80 small.ppm -o tree/pictures/photo.webp
    ppmtopgm small.ppm > tree/pictures/grey.pgm
    cp "$PROJECT"/src/stream/*.c tree/other
    head -c 20000 /dev/urandom > tree/other/binary
    : > tree/other/empty
    ln -s ../pictures tree/other/link
    ln tree/pictures/photo.jpg tree/other/same.jpg
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    mkdir out
    tar -I "$COMMAND" -xf tree.tar.bsw -C out
    diff -r --no-dereference tree out/tree
    tar -cf tree.tar tree
    local ours best=0 size other
    ours=$(size_of tree.tar.bsw)
    for other in 'xz -9' 'zstd -19 --long' 'bzip2 -9'; do
        # shellcheck disable=SC2086 # words
        size=$($other -c < tree.tar 2> /dev/null | wc -c)
        echo "$other $size, bswz $ours"
        [ "$best" -ne 0 ] && [ "$best" -lt "$size" ] || best=$size
    done
    [ "$ours" -lt $((best * 80 / 100)) ]
}

@test "-v says which member of an archive each line is about" {
    local folder; folder=tree/$(printf '%090d' 1)
    make_tree
    mkdir "$folder"
    cp tree/picture.png tree/$'new\nline.png'
    cp tree/picture.png "$folder/long.png"
    local format
    for format in gnu ustar pax; do # each has another place for a name that is too long for its field
        tar --format=$format -cf tree.tar tree
        bswz -v < tree.tar 2> notices > /dev/null
        grep -q '^bswz: (stdin): tree/picture.png: PNG 50x40 ' notices
        grep -q '^bswz: (stdin): tree/sub/picture.ppm: PNM 31x17 ' notices
        grep -q '^bswz: (stdin): tree/new?line.png: PNG 50x40 ' notices
        grep -q "^bswz: (stdin): $folder/long.png: PNG 50x40 " notices
        ! grep 'tree/.*: bytes: ' notices || return 1 # these belong to several members
    done
    echo tree/picture.png | cpio -o -H newc > tree.cpio 2> /dev/null
    bswz -v < tree.cpio 2>&1 > /dev/null | grep -q '^bswz: (stdin): tree/picture.png: PNG 50x40 '
}
