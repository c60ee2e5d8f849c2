# SPDX-License-Identifier: MIT
# What the command can no longer do once it reads data.
load helper

setup_file() {
    build_faults
}

setup() {
    [ -z "$SANITIZED$WRAPPER" ] || skip "there is no sandbox under a sanitizer, valgrind or an emulator"
    grep -q '^Seccomp:' /proc/self/status || skip "this kernel has no seccomp"
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here" || return 1
    head -c 300000 /dev/urandom > noise
    echo precious > ../victim
}

# What was denied to the library made from faults.c while the program read: "exec: EPERM" ...
escape() {
    { with_fault escape "$BSWZ" "$@" > /dev/null; } 2>&1
}

assert_calls_refused() {
    for what in fork exec socket ptrace kill type namespace; do
        grep -qx "$what: EPERM" "$1"
    done
}

# refused FILE WHAT...: all of these were denied
refused() {
    ! grep -qE '^landlock: (ENOSYS|EOPNOTSUPP)' "$1" || skip "this kernel has no Landlock"
    for what in "${@:2}"; do
        grep -qx "$what: EACCES" "$1"
    done
    [ "$(cat ../victim)" = precious ]
    [ ! -e ../elsewhere ]
}

@test "the sandbox is active while the program reads, in every mode" {
    bswz < noise > noise.bsw
    mkfifo fifo
    for options in "" -d -t -l -lv; do
        # shellcheck disable=SC2086
        "$BSWZ" $options < fifo > /dev/null &
        pid=$!
        exec 5> fifo
        head -c 1000 noise.bsw >&5
        for ((i = 0; i < 200; i++)); do
            ! grep -q '^Seccomp:.2' /proc/$pid/status || break
            sleep 0.02
        done
        grep -E '^(NoNewPrivs:.1|Seccomp:.2)' /proc/$pid/status > limits || true
        exec 5>&-
        wait $pid || true
        echo "options: $options"
        [ "$(wc -l < limits)" -eq 2 ]
    done
}

@test "as a filter: no programs, no network, no files" {
    for options in "" "-dcf" "-t"; do
        # shellcheck disable=SC2086
        escape $options < noise > told || true
        cat told
        assert_calls_refused told
        refused told "write elsewhere" overwrite unlink "write here" read
    done
}

@test "with a file: the same, and only its own directory" {
    escape --rm noise > told
    cat told
    assert_calls_refused told
    refused told "write elsewhere" overwrite unlink "write here" read
    [ ! -s injected ] # files in the directory can be named, but not written
    [ ! -e noise ]
    escape -d --rm noise.bsw > told
    assert_calls_refused told
    refused told "write elsewhere" overwrite unlink "write here" read
    escape -lv noise > told || true
    assert_calls_refused told
    refused told "write elsewhere" overwrite unlink "write here" read
}

@test "with several files: others can be read before the last one, and written where the results are" {
    mkdir sub
    echo text > sub/text
    escape -T1 noise sub/text > told
    cat told
    assert_calls_refused told
    refused told "write elsewhere" overwrite unlink
    grep -qx "read: done" told
    escape -f -T2 noise sub/text > told # the last one of each thread
    refused told "write elsewhere" overwrite unlink "write here" read
    bswz -dc noise.bsw sub/text.bsw | cmp - <(cat noise sub/text)
}

@test "with -r and --output-dir: only below the directories that were named" {
    mkdir -p tree/sub
    mv noise tree/sub
    echo text > tree/text
    escape -r tree > told
    cat told
    assert_calls_refused told
    refused told "write elsewhere" overwrite unlink "write here"
    [ -s tree/sub/noise.bsw ] && [ -s tree/text.bsw ]
    escape -r --rm --output-dir=out/there tree > told
    assert_calls_refused told
    refused told "write elsewhere" overwrite unlink "write here"
    [ -s out/there/tree/sub/noise.bsw ] && [ ! -e tree/sub/noise ]
    escape -t -r out tree > told
    refused told "write elsewhere" overwrite unlink "write here"
}

@test "libraries that are loaded late can still be loaded" {
    draw png rgb8 70 50 > a.png
    bswz < a.png > plain.bsw
    BSWZ_KERNEL=blas bswz < a.png | cmp - plain.bsw
    BSWZ_KERNEL=blas bswz -d < plain.bsw > back.png
    assert_same_png a.png back.png
}
