# Under tar, both ways.
load helper

make_tree() {
    mkdir -p tree/sub
    draw png rgb8 50 40 > tree/picture.png
    draw pnm ppm 31 17 > tree/sub/picture.ppm
    echo text > tree/sub/text
    : > tree/empty
    ln -s sub/text tree/link
}

@test "GNU tar -I compresses and extracts" {
    make_tree
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    bswz -t tree.tar.bsw
    mkdir out
    tar -I "$COMMAND" -xf tree.tar.bsw -C out
    diff -r --no-dereference tree out/tree
    tar -I "$COMMAND" -tf tree.tar.bsw > names
    [ "$(wc -l < names)" -eq 7 ]
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
    # shellcheck disable=SC2002 # a pipe is what is tested
    cat tree.tar.bsw | tar -I "$COMMAND" -xf - -C out
    diff -r --no-dereference tree out/tree
}

@test "the archive is the same bytes as tar | bswz | bswz -d gives" {
    make_tree
    tar -cf tree.tar tree
    assert_roundtrip tree.tar
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    bswz -d < tree.tar.bsw | cmp - tree.tar
}

@test "an archive with zero bytes behind it, as from a tape" {
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
}

@test "tar reports a damaged archive" {
    make_tree
    tar -I "$COMMAND" -cf tree.tar.bsw tree
    truncate -s -5 tree.tar.bsw
    run -2 tar -I "$COMMAND" -tf tree.tar.bsw
}

@test "bsdtar, both ways" {
    command -v bsdtar > /dev/null || skip "no bsdtar"
    make_tree
    bsdtar --use-compress-program "$COMMAND" -cf tree.tar.bsw tree
    mkdir out
    bsdtar --use-compress-program "$COMMAND -d" -xf tree.tar.bsw -C out
    diff -r --no-dereference tree out/tree
}
