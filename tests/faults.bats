# Broken disks, and bytes that change on their way: system calls that fail on purpose.
load helper

setup_file() {
    export FAULTS=$BATS_FILE_TMPDIR/faults.so
    "${CC:-cc}" -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC -o "$FAULTS" "$BATS_TEST_DIRNAME/faults.c" -ldl
}

# with_fault WHAT COMMAND [ARGUMENT]...
with_fault() {
    env FAULT="$1" LD_PRELOAD="$FAULTS" "${@:2}"
}

# bswz, and those that do the same: the command, a colon, its suffix
each_tool=("$BSWZ --rm:bsw" xz:xz gzip:gz)

setup() {
    [ -z "$SANITIZED$WRAPPER" ] || skip "a sanitizer or an emulator wants to be loaded first"
    cd "$BATS_TEST_TMPDIR" || return 1
    head -c 300000 /dev/urandom > noise
}

@test "EIO while reading or writing: an error, no partial file, the source stays" {
    for fault in read write; do
        for entry in "${each_tool[@]}"; do
            echo "$fault: $entry"
            read -r -a tool <<< "${entry%:*}"
            command -v "${tool[0]}" > /dev/null || continue
            run -1 with_fault $fault "${tool[@]}" noise
            [[ $output == *"Input/output error"* ]]
            [ "$(ls -A)" = noise ]
        done
    done
}

@test "EIO on closing the result: an error, no result, and --rm leaves the source" {
    for entry in "${each_tool[@]}"; do
        echo "$entry"
        read -r -a tool <<< "${entry%:*}"
        command -v "${tool[0]}" > /dev/null || continue
        run -1 with_fault close "${tool[@]}" noise
        [[ $output == *"Input/output error"* ]]
        [ "$(ls -A)" = noise ]
    done
    bswz noise
    cp noise.bsw copy
    run -1 with_fault close "$BSWZ" -f noise
    cmp noise.bsw copy
}

@test "EIO on standard input and output" {
    run -1 with_fault read "$BSWZ" < noise
    [[ $output == *"(stdin): cannot read: Input/output error"* ]]
    run -1 with_fault write sh -c "'$BSWZ' < noise > out"
    [[ $output == *"(stdout): cannot write: Input/output error"* ]]
}

@test "files are created anew, for nobody but the owner" {
    for entry in "$BSWZ:bsw" xz:xz gzip:gz; do
        command -v "${entry%:*}" > /dev/null || continue
        FAULT_LOG=$PWD/log with_fault none "${entry%:*}" -k noise
        read -r how mode name < log
        [ "$how $mode $name" = "exclusive 600 noise.${entry#*:}" ]
        rm log
    done
    FAULT_LOG=$PWD/log with_fault none "$BSWZ" -f noise
    while read -r how mode name; do
        [ "$how $mode" = "exclusive 600" ]
    done < log
    [ "$(wc -l < log)" -eq 2 ] # its own name, which was taken, and another
}

@test "no memory for one allocation after the other: an error, or the right result" {
    run -0 "$TOOLS/memory_faults" 60
    [[ $output == *" 0 failed;"* ]]
}

@test "the words of a message are there when memory is not" {
    run -1 with_fault memory "$BSWZ" -d -o back missing
    [ "$output" = "bswz: missing: No such file or directory" ]
    run -1 with_fault memory "$BSWZ" --level
    [[ $output == *"'--level'"* && $output != *"%"* ]]
}

@test "--verify notices a stream that has changed, and removes it" {
    run -1 with_fault pipe "$BSWZ" --verify --rm noise
    assert_message "noise: the result could not be restored: "
    [ "$(ls -A)" = noise ]
    draw png rgb8 100 80 > a.png
    run -1 with_fault pipe "$BSWZ" --verify a.png
    assert_message "a.png: the result could not be restored: "
    [ "$(ls -A)" = $'a.png\nnoise' ]
    with_fault none "$BSWZ" --verify a.png noise
    bswz -t a.png.bsw noise.bsw
}
