# SPDX-License-Identifier: MIT
# As a filter: standard input to standard output.
load helper
without_leak_check

@test "text, empty input and noise come back as the same bytes" {
    echo "some text" > text
    : > nothing
    head -c 100000 /dev/urandom > noise
    for file in text nothing noise; do
        assert_roundtrip $file
    done
    [ "$(size_of roundtrip.bsw)" -le $((100000 + 100 + 64)) ]
}

@test "pictures of a single colour come back at every level" {
    for side in 1 2 4 8 16 64; do
        { printf 'P6\n%d %d\n255\n' $side $side; for ((i = 0; i < side * side; i++)); do printf '\377\0\0'; done; } > red
        { printf 'P5\n%d %d\n255\n' $side $side; head -c $((side * side)) /dev/zero; } > black
        for picture in red black; do
            for level in 1 5 9; do
                bswz -$level < $picture > with.bsw
                bswz -$level --no-verify < $picture > without.bsw
                cmp with.bsw without.bsw
                bswz -d < with.bsw | cmp - $picture
            done
        done
    done
}

@test "a pipe and a file give the same stream" {
    draw png rgb8 50 40 > a.png
    bswz < a.png > file.bsw
    # shellcheck disable=SC2002
    cat a.png | bswz | cat > pipe.bsw
    cmp file.bsw pipe.bsw
    (dd bs=17 count=1; sleep 0.2; cat) < a.png 2> /dev/null | bswz > slow.bsw
    cmp file.bsw slow.bsw
}

@test "the stream does not depend on locale, time or directory" {
    draw png rgb8 50 40 > a.png
    bswz < a.png > one.bsw
    mkdir -p sub
    (cd sub && LC_ALL=C.UTF-8 TZ=Asia/Tokyo bswz < ../a.png > ../two.bsw)
    cmp one.bsw two.bsw
}

@test "a full disk is an error that says why" {
    head -c 300000 /dev/urandom > noise
    bswz < noise > noise.bsw
    run -1 sh -c "$COMMAND < noise > /dev/full"
    assert_message "No space left on device"
    run -1 sh -c "$COMMAND -d < noise.bsw > /dev/full"
    assert_message "No space left on device"
    run -1 sh -c "echo small | $COMMAND > /dev/full"
    assert_message "No space left on device"
    run -1 sh -c "$COMMAND -l noise.bsw > /dev/full"
    assert_message "No space left on device"
}

@test "a failing read is an error that says why" {
    run -1 sh -c "$COMMAND < / > out"
    assert_message "Is a directory"
}

@test "closed descriptors give clean errors" {
    echo text > file
    bswz < file > file.bsw
    run -1 sh -c "$COMMAND <&- > out"
    assert_message "Bad file descriptor"
    run -1 sh -c "$COMMAND -d <&- > out"
    assert_message "Bad file descriptor"
    run -1 sh -c "$COMMAND < file >&-"
    assert_message "Bad file descriptor"
    run -1 sh -c "$COMMAND -d < file.bsw >&-"
    assert_message "Bad file descriptor"
    run -1 sh -c "$COMMAND --help >&-"
    assert_message "Bad file descriptor"
    sh -c "$COMMAND < file 2>&- > out"
    cmp out file.bsw
    run -1 sh -c "$COMMAND -d < file 2>&- > out"
    [ -z "$output" ]
    run -1 sh -c "$COMMAND <&- >&- 2>&-"
    [ -z "$output" ]
    rm -f file.bsw
    sh -c "$COMMAND file <&- >&- 2>&-" || true # its own descriptors must not be 0, 1 or 2
    [ "$(bswz -dc file.bsw)" = text ]
}

@test "a stream truncated anywhere is an error" {
    draw png rgb8 24 16 > a.png
    bswz < a.png > a.bsw
    size=$(size_of a.bsw)
    for ((length = 1; length < size; length += 1 + size / 20)); do
        echo "length: $length"
        head -c "$length" a.bsw > cut.bsw
        run -1 --separate-stderr sh -c "$COMMAND -d < cut.bsw > out"
        assert_error "(stdin)"
    done
    run -1 bswz -t cut.bsw
}

@test "a changed byte is always detected" {
    echo "some text that is worth a check" > file
    draw pnm ppm 12 9 > picture
    for source in file picture; do
        bswz < $source > good.bsw
        size=$(size_of good.bsw)
        for ((place = 0; place < size; place += 1 + size / 25)); do
            echo "$source, byte $place"
                    perl -e 'undef $/; $_ = <STDIN>; substr($_, $ARGV[0], 1) ^= "\x55"; print' $place < good.bsw > bad.bsw
            status=0
            bswz -d < bad.bsw > out 2> message || status=$?
            case $status in
            0) cmp out $source ;;
            1) grep -q '^bswz: (stdin): ' message ;;
            *) false ;;
            esac
        done
    done
}

@test "standard input and output may be non-blocking" {
    head -c 1000000 /dev/urandom > noise
    perl -MFcntl -e 'fcntl(STDIN, F_SETFL, O_NONBLOCK); fcntl(STDOUT, F_SETFL, O_NONBLOCK); exec @ARGV' \
        "${PROGRAM[@]}" < <(sleep 0.3; cat noise) | (sleep 0.3; cat) > noise.bsw
    bswz -d < noise.bsw | cmp - noise
}

@test "-t writes nothing" {
    echo text | bswz > file.bsw
    run -0 bswz -t < file.bsw
    [ -z "$output" ]
    run -0 bswz -tv file.bsw
    [[ $output == *"file.bsw: OK"* ]]
    run -1 bswz -t missing file.bsw
}
