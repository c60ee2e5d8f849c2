# As a filter: standard input to standard output.
load helper
without_leak_check

@test "text, nothing and noise come back as the same bytes" {
    echo "some text" > text
    : > nothing
    head -c 100000 /dev/urandom > noise
    for file in text nothing noise; do
        assert_roundtrip $file
    done
    [ "$(size_of roundtrip.bsw)" -le $((100000 + 100 + 64)) ]
}

@test "- means standard input" {
    echo text | bswz - | bswz -d - > back
    [ "$(cat back)" = text ]
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

@test "the stream does not depend on locale, time or folder" {
    draw png rgb8 50 40 > a.png
    bswz < a.png > one.bsw
    mkdir -p sub
    (cd sub && LC_ALL=C.UTF-8 TZ=Asia/Tokyo bswz < ../a.png > ../two.bsw)
    cmp one.bsw two.bsw
}

@test "compressed data is not written to a terminal" {
    echo text > file
    run -1 on_terminal "$COMMAND < file"
    [[ $output == *"not written to a terminal"* ]]
    run -1 on_terminal "$COMMAND -c file"
    [[ $output == *"not written to a terminal"* ]]
    run -0 on_terminal "$COMMAND -f < file | cat > out; $COMMAND -d < out"
    [[ $output == *text* ]]
}

@test "compressed data is not read from a terminal" {
    for options in -d -t -l; do
        run -1 on_terminal "$COMMAND $options"
        [[ $output == *"not read from a terminal"* ]]
    done
}

@test "a restored picture is not written to a terminal, restored text is" {
    draw png rgb8 10 10 > a.png
    bswz < a.png > a.bsw
    run -1 on_terminal "$COMMAND -d < a.bsw"
    [[ $output == *"not written to a terminal"* && $output != *IHDR* ]]
    echo "some text" | bswz > text.bsw
    run -0 on_terminal "$COMMAND -d < text.bsw"
    [[ $output == *"some text"* ]]
}

@test "a full disk is an error with its reason" {
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

@test "a failing read is an error with its reason" {
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

@test "concatenated streams restore to the concatenation" {
    echo one > one
    draw pnm ppm 20 10 > two
    bswz < one > one.bsw
    bswz < two > two.bsw
    cat one.bsw two.bsw one.bsw | bswz -d > back
    cat one two one | cmp - back
    cat one.bsw two.bsw | bswz -t
}

@test "zero bytes behind a stream are accepted" {
    echo text | bswz > file.bsw
    head -c 10000 /dev/zero >> file.bsw
    run -0 bswz -d < file.bsw
    [ "$output" = text ]
    bswz -t file.bsw
}

@test "other bytes behind a stream: all data, then exit 1" {
    echo text | bswz > file.bsw
    echo garbage >> file.bsw
    run -1 --separate-stderr bswz -d < file.bsw
    [ "$output" = text ]
    assert_error "(stdin)"
    run -1 bswz -t file.bsw
    assert_message "file.bsw"
}

@test "a stream that is cut off anywhere is an error" {
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

@test "a flipped byte never goes unnoticed" {
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

@test "an empty input to -d is an error" {
    run -1 bswz -d < /dev/null
    assert_message "(stdin)"
    run -1 bswz -t < /dev/null
}

@test "what is no stream is refused by -d and passed through by -dcf" {
    echo "foreign data" > file
    run -1 bswz -d < file
    assert_message "(stdin)"
    run -0 bswz -dcf < file
    [ "$output" = "foreign data" ]
    head -c 300000 /dev/urandom > noise
    bswz < noise > noise.bsw
    bswz -dcf noise noise.bsw file > out
    cat noise noise file | cmp - out
    bswz -dcf < /dev/null > out
    [ ! -s out ]
}

@test "the reader of the pipe goes away: death by SIGPIPE" {
    head -c 1000000 /dev/urandom | bswz > noise.bsw
    run -0 bash -c "$COMMAND -d < noise.bsw 2> message | head -c 1 > /dev/null; echo \"\${PIPESTATUS[0]}\"; cat message"
    [ "$output" = 141 ]
}

@test "SIGPIPE is honoured even where it was inherited ignored" {
    head -c 1000000 /dev/urandom | bswz > noise.bsw
    run -0 bash -c "env --ignore-signal=PIPE $COMMAND -d < noise.bsw 2> message | head -c 1 > /dev/null; echo \"\${PIPESTATUS[0]}\"; cat message"
    [ "$output" = 141 ]
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
