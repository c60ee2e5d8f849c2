# SPDX-License-Identifier: MIT
# Broken disks, limited file systems, and bytes that change on their way: system calls that fail on purpose.
load helper

setup_file() {
    build_faults
}

# bswz, and tools that do the same: the command, a colon, its suffix
each_tool=("$BSWZ --rm:bsw" xz:xz gzip:gz)

# What a file system may lack: from nothing to everything except plain renaming.
each_lack=("" "no-tmpfile" "no-proc" "no-tmpfile no-noreplace" "no-tmpfile no-noreplace no-link")

setup() {
    [ -z "$SANITIZED$WRAPPER" ] || skip "a sanitizer or an emulator wants to be loaded first"
    cd "$BATS_TEST_TMPDIR" || return 1
    head -c 300000 /dev/urandom > noise
}

teardown() {
    [ -z "${pid:-}" ] || kill -KILL "$pid" 2> /dev/null || true # a failing test would leave it stopped
}

# start_stopped "FAULT..." [ARGUMENT]...: bswz, stopped after it has read the first part of its source, with the
# signals $ignored ignored. Sets $pid.
start_stopped() {
    ulimit -c 0
    # in a session of its own: a stopped process can get the others in its session killed when their shell exits
    setsid env --default-signal ${ignored:+"--ignore-signal=$ignored"} FAULT="stop $1" \
        LD_PRELOAD="$FAULTS" "$BSWZ" "${@:2}" 2> message 3>&- &
    pid=$!
    for ((i = 0; i < 500; i++)); do
        ! grep -q '^State:.T' "/proc/$pid/status" || return 0
        sleep 0.01
    done
    return 1
}

# Let it continue. Sets $status.
go_on() {
    kill -CONT "$pid" 2> /dev/null || true # SIGKILL works anyway
    status=0
    wait "$pid" || status=$?
    pid=
}

# assert_files NAME...: these, and no others, are in this directory, apart from message.
assert_files() {
    echo "files: $(ls -A)"
    [ "$(ls -A --ignore=message)" = "$(printf '%s\n' "$@" | LC_ALL=C sort)" ]
}

@test "EIO or ENOSPC while reading or writing: an error, no partial file, the source stays" {
    for fault in read:"Input/output error" write:"Input/output error" full:"No space left on device"; do
        for entry in "${each_tool[@]}"; do
            echo "$fault: $entry"
            read -r -a tool <<< "${entry%:*}"
            run -1 with_fault "${fault%:*}" "${tool[@]}" noise
            [[ $output == *"${fault#*:}"* ]]
            assert_files noise
        done
    done
    for lack in "${each_lack[@]}"; do
        run -1 with_fault "write $lack" "$BSWZ" --rm noise
        assert_message "noise.bsw: cannot write: Input/output error"
        assert_files noise
    done
}

@test "EIO on closing the result: an error, no result, and --rm leaves the source" {
    for entry in "${each_tool[@]}"; do
        echo "$entry"
        read -r -a tool <<< "${entry%:*}"
        run -1 with_fault close "${tool[@]}" noise
        [[ $output == *"Input/output error"* ]]
        assert_files noise
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

# A file for each kind of segment, and of frame, that a stream can have.
draw_kinds() {
    draw png rgb8 150 100 > drawn.png
    draw png rgba8 100 80 > exact.png # with --exact
    "$TOOLS/photo" 112 96 > photo.ppm
    ppmtopgm photo.ppm | pnmdepth 65535 > deep.pgm
    cjpeg -quality 80 photo.ppm > photo.jpg
    djpeg photo.jpg > decoded.ppm
    "$TOOLS/draw_gif" still 100 80 6 > still.gif
    "$TOOLS/draw_gif" animation 60 50 4 6 > moving.gif
    pamtotiff -none photo.ppm > a.tiff
    tiffcp -c zip -r 32 a.tiff pages.tiff
    cwebp -quiet -lossless photo.ppm -o photo.webp
    "$TOOLS/hostile" fits-noise 20000 > noise.fits
    head -c 20000 "$PROJECT/doc/files.md" > text
    gzip -kn text
    tifftopnm -quiet a.tiff | ppmtobmp -quiet > photo.bmp
    tar -cf all.tar --sort=name drawn.png photo.jpg text.gz moving.gif
    rm -f a.tiff
    kinds=(drawn.png exact.png photo.ppm deep.pgm photo.jpg decoded.ppm still.gif moving.gif pages.tiff photo.webp
        noise.fits text text.gz photo.bmp all.tar)
}

# options_of FILE: sets $options.
options_of() {
    options=(-4)
    [ "$1" != exact.png ] || options+=(--exact)
}

@test "every kind of segment: EIO while reading, ENOSPC while writing, in both directions" {
    draw_kinds
    mkdir work && cd work
    for kind in "${kinds[@]}"; do
        options_of "$kind"
        bswz "${options[@]}" -c "../$kind" > plain.bsw
        bswz -dc plain.bsw > plain
        local size packed restored at
        size=$(size_of "../$kind") packed=$(size_of plain.bsw) restored=$(size_of plain)
        cp "../$kind" file && mv plain.bsw packed.bsw && mv plain restored
        for at in $((size / 2)) "$size"; do
            echo "$kind: reading fails at $at"
            run -1 env FAULT_AT="$at" FAULT=read LD_PRELOAD="$FAULTS" "$BSWZ" "${options[@]}" --rm file
            assert_message "file: cannot read: Input/output error"
            assert_files file packed.bsw restored
        done
        for at in 0 $((packed - 1)); do
            echo "$kind: writing fails at $at"
            run -1 env FAULT_AT="$at" FAULT=full LD_PRELOAD="$FAULTS" "$BSWZ" "${options[@]}" --rm file
            assert_message "file.bsw: cannot write: No space left on device"
            assert_files file packed.bsw restored
        done
        for at in $((packed / 2)) "$packed"; do
            echo "$kind: reading the stream fails at $at"
            run -1 env FAULT_AT="$at" FAULT=read LD_PRELOAD="$FAULTS" "$BSWZ" -d --rm packed.bsw
            assert_message "packed.bsw: cannot read: Input/output error"
            assert_files file packed.bsw restored
        done
        for at in 0 $((restored - 1)); do
            echo "$kind: restoring fails at $at"
            run -1 env FAULT_AT="$at" FAULT=full LD_PRELOAD="$FAULTS" "$BSWZ" -d --rm packed.bsw
            assert_message "packed: cannot write: No space left on device"
            assert_files file packed.bsw restored
        done
        rm -f -- *
    done
}

@test "every kind of segment: short and interrupted reads and writes make no difference" {
    draw_kinds
    for kind in "${kinds[@]}"; do
        echo "$kind"
        options_of "$kind"
        bswz "${options[@]}" < "$kind" > plain.bsw
        bswz -d < plain.bsw > plain
        with_fault short "$BSWZ" "${options[@]}" < "$kind" | cmp - plain.bsw
        with_fault short "$BSWZ" "${options[@]}" --verify "$kind"
        cmp plain.bsw "$kind.bsw"
        with_fault short "$BSWZ" -d < plain.bsw | cmp - plain
    done
}

@test "every kind of segment: a source that grows or shrinks while it is read; what was read comes back" {
    draw_kinds
    local change
    for kind in "${kinds[@]}"; do
        options_of "$kind"
        for change in grow shrink; do
            echo "$kind: $change"
            local bytes
            bytes=$(size_of "$kind")
            cp "$kind" source
            FAULT_AT=$((bytes / 3)) start_stopped "" "${options[@]}" --exact --rm source
            case $change in
            grow) cat text >> source ;;
            shrink) truncate -s $((bytes / 2)) source ;;
            esac
            cp source expected
            go_on
            [ "$status" -eq 1 ]
            is_message "$(cat message)" "source: changed while it was being read, not removed"
            bswz -dc source.bsw | cmp - expected
            rm source.bsw
        done
    done
}

@test "every kind of segment: a stream that shrinks while it is read is reported as cut off" {
    draw_kinds
    for kind in "${kinds[@]}"; do
        echo "$kind"
        options_of "$kind"
        bswz "${options[@]}" -c "$kind" > stream.bsw
        FAULT_AT=$(($(size_of stream.bsw) / 3)) start_stopped "" -d --rm stream.bsw
        truncate -s $(($(size_of stream.bsw) / 2)) stream.bsw
        go_on
        cat message
        [ "$status" -eq 1 ]
        [ -s stream.bsw ] && [ ! -e stream ]
    done
}

@test "files are newly created, and accessible only to the owner" {
    for entry in xz:xz gzip:gz; do
        FAULT_LOG=$PWD/log with_fault none "${entry%:*}" -k noise
        read -r how mode name < log
        [ "$how $mode $name" = "exclusive 600 noise.${entry#*:}" ]
        rm log
    done
    for lack in "${each_lack[@]}"; do
        FAULT_LOG=$PWD/log with_fault "$lack" "$BSWZ" -f noise
        cat log
        run ! grep -vE '^(unnamed 600 \.|exclusive 600 \.bswz-[0-9]+-[0-9a-f]+|(link|rename|unlink|fsync) .*)$' log
        grep -qE '^(unnamed|exclusive) 600 ' log
        rm log noise.bsw
    done
}

@test "--rm and -f: the result is on disk, under its name, before anything is removed or replaced" {
    FAULT_LOG=$PWD/log with_fault none "$BSWZ" --rm noise
    cat log
    [ "$(cat log)" = $'unnamed 600 .\nfsync file\nlink noise.bsw\nfsync folder\nunlink noise' ]
    rm log
    FAULT_LOG=$PWD/log with_fault no-tmpfile "$BSWZ" -d --rm noise.bsw
    [ "$(sed -E 's/\.bswz-.*/TEMPORARY/' log)" = \
        $'exclusive 600 TEMPORARY\nfsync file\nrename noise\nfsync folder\nunlink noise.bsw' ]
    rm log
    echo old > noise.bsw
    FAULT_LOG=$PWD/log with_fault none "$BSWZ" -f noise
    cat log
    [ "$(sed -E 's/\.bswz-.*/TEMPORARY/' log)" = \
        $'unnamed 600 .\nfsync file\nlink noise.bsw\nlink TEMPORARY\nrename noise.bsw\nfsync folder' ]
    rm log noise.bsw
    FAULT_LOG=$PWD/log with_fault none "$BSWZ" noise # nothing is lost if this fails
    run ! grep fsync log
    rm log noise.bsw
    mkdir sub # the way to the result, too
    mv noise sub
    FAULT_LOG=$PWD/log with_fault none "$BSWZ" --rm --output-dir=out/there sub/noise
    [ "$(cat log)" = $'fsync folder\nunnamed 600 .\nfsync file\nlink noise.bsw\nfsync folder\nunlink sub/noise' ]
    mkdir sub/sub
    mv out/there/sub/noise.bsw sub/sub
    run -1 with_fault fsync-folder "$BSWZ" -d --rm --output-dir=out sub/sub/noise.bsw
    assert_message "out: cannot sync: Input/output error"
    [ -e sub/sub/noise.bsw ]
}

@test "EIO on syncing keeps the source, and the file that was to be replaced" {
    run -1 with_fault fsync "$BSWZ" --rm noise
    assert_message "noise.bsw: cannot write: Input/output error"
    assert_files noise
    echo precious > noise.bsw
    run -1 with_fault fsync "$BSWZ" -f noise
    assert_message "noise.bsw: cannot write: Input/output error"
    [ "$(cat noise.bsw)" = precious ]
    rm noise.bsw
    run -1 with_fault fsync-folder "$BSWZ" --rm noise
    assert_message "noise.bsw: "
    [[ $output == *"Input/output error" ]]
    assert_files noise noise.bsw
    bswz -dc noise.bsw | cmp - noise
}

@test "SIGKILL leaves nothing under the final name, and nothing that disturbs the next run" {
    for lack in "${each_lack[@]}"; do
        echo "without: $lack"
        start_stopped "$lack" --rm noise
        kill -KILL "$pid"
        go_on
        [ "$status" -eq 137 ]
        [ ! -e noise.bsw ]
        case $lack in
        *no-tmpfile* | no-proc) [[ "$(ls -A)" == .bswz-*$'\nmessage\nnoise' ]] ;;
        *) assert_files noise ;;
        esac
        with_fault "$lack" "$BSWZ" noise
        bswz -dc noise.bsw | cmp - noise
        rm -f noise.bsw .bswz-*
    done
}

@test "whatever the file system lacks, nothing is overwritten without -f" {
    for lack in "${each_lack[@]}"; do
        echo "without: $lack"
        start_stopped "$lack" --rm noise
        echo precious > noise.bsw # in the meantime
        go_on
        [ "$status" -eq 1 ]
        is_message "$(cat message)" "noise.bsw: "
        [ "$(cat noise.bsw)" = precious ]
        assert_files noise noise.bsw
        run -1 with_fault "$lack" "$BSWZ" noise
        assert_message "noise.bsw: already exists"
        with_fault "$lack" "$BSWZ" -f noise
        bswz -dc noise.bsw | cmp - noise
        assert_files noise noise.bsw
        rm noise.bsw
        with_fault "$lack" "$BSWZ" --rm -o other noise
        assert_files other
        with_fault "$lack" "$BSWZ" -d --rm -o noise other
        assert_files noise
    done
}

@test "every signal that ends a program first removes the partial file" {
    for signal in HUP INT QUIT PIPE ALRM TERM USR1 USR2 STKFLT XCPU VTALRM PROF IO PWR RTMIN RTMAX; do
        start_stopped no-tmpfile --rm noise
        [[ "$(ls -A)" == .bswz-* ]]
        kill -"$signal" "$pid"
        go_on
        echo "$signal: $status"
        [ "$status" -eq $((128 + $(kill -l "$signal"))) ]
        [ ! -s message ]
        assert_files noise
    done
    ignored=USR1,QUIT start_stopped no-tmpfile --rm noise
    kill -USR1 "$pid"
    kill -QUIT "$pid"
    go_on
    [ "$status" -eq 0 ]
    assert_files noise.bsw
}

@test "signals while a file is created or named: the name is free or that of a complete file" {
    for lack in "${each_lack[@]}"; do
        echo "without: $lack"
        run with_fault "kill-created $lack" env --default-signal "$BSWZ" --rm noise
        case $lack in
        *no-tmpfile* | no-proc)
            [ "$status" -eq 143 ] || [ "$status" -eq 130 ]
            assert_files noise
            ;;
        *)
            [ "$status" -eq 0 ] # nothing was created under a name
            bswz -d --rm noise.bsw
            ;;
        esac
        for option in -k -f; do
            run with_fault "kill-named $lack" env --default-signal "$BSWZ" --rm $option noise
            [ "$status" -eq 143 ] || [ "$status" -eq 130 ]
            assert_files noise noise.bsw
            bswz -dc noise.bsw | cmp - noise
        done
        rm noise.bsw
    done
}

@test "--rm keeps a source that changes while it is being read; what was read comes back" {
    head -c 300000 noise > original
    start_stopped "" --rm noise
    echo more >> noise
    go_on
    [ "$status" -eq 1 ]
    is_message "$(cat message)" "noise: changed while it was being read, not removed"
    bswz -dc noise.bsw | cmp - noise # all of it
    rm noise.bsw
    cp original noise
    start_stopped "" --rm noise
    truncate -s 70000 noise
    go_on
    [ "$status" -eq 1 ]
    is_message "$(cat message)" "noise: changed while it was being read, not removed"
    bswz -dc noise.bsw > back
    [ -s back ]
    head -c "$(size_of back)" original | cmp - back
    rm noise.bsw
    cp original noise
    start_stopped "" --rm noise
    printf x | dd of=noise bs=1 conv=notrunc 2> dd.message # the same size
    go_on
    [ "$status" -eq 1 ]
    [ -s noise ] && [ -s noise.bsw ]
    rm noise.bsw
    start_stopped "" --rm noise
    mv original noise
    go_on
    [ "$status" -eq 1 ]
    is_message "$(cat message)" "noise: was replaced by another file, not removed"
    [ -s noise ]
    rm noise.bsw
    start_stopped "" noise # a growing log, which is kept anyway
    echo more >> noise
    go_on
    [ "$status" -eq 0 ]
    [ ! -s message ]
}

@test "a directory that disappears or becomes read-only in the meantime" {
    for lack in "${each_lack[@]}"; do
        echo "without: $lack"
        mkdir folder
        start_stopped "$lack" --rm -o folder/out noise
        rm -rf folder
        go_on
        [ "$status" -eq 1 ]
        is_message "$(cat message)" "folder/out: cannot create: No such file or directory"
        assert_files noise
        run -1 with_fault "read-only $lack" "$BSWZ" --rm noise
        assert_message "noise.bsw: cannot create: "
        assert_files noise
    done
}

@test "exceeding the file size limit is an error that says so" {
    bswz noise -o limited.bsw
    for lack in "${each_lack[@]}"; do
        for options in "--rm noise" "-d limited.bsw"; do
            # shellcheck disable=SC2086
            run -1 with_fault "$lack" bash -c 'ulimit -f 100; exec "$@"' - "$BSWZ" $options
            assert_message "cannot write: File too large"
            assert_files limited.bsw noise
        done
    done
    run -1 bash -c "ulimit -f 100; exec $COMMAND < noise > out"
    assert_message "(stdout): cannot write: File too large"
}

@test "each allocation fails in turn: an error, or the right result" {
    run -0 "$TOOLS/memory_faults" 60
    [[ $output == *" 0 failed;"* ]]
}

@test "libwebp without memory: no WebP file that is cut off" {
    local number
    for number in {90..130}; do # libwebp itself may crash, or leak (2)
        "$TOOLS/memory_faults" at WebP 5 restoring "$number" 1 >> outcomes 2>&1 || true
    done
    grep -q 'outcome 0' outcomes
    run ! grep -q 'outcome [13]' outcomes
}

@test "messages are complete even without memory" {
    run -1 with_fault memory "$BSWZ" -d -o back missing
    [ "$output" = "bswz: missing: No such file or directory" ]
    run -1 with_fault memory "$BSWZ" --level
    [[ $output == *"'--level'"* && $output != *"%"* ]]
}

@test "--verify detects a stream that has changed, and removes it" {
    run -1 with_fault pipe "$BSWZ" --verify --rm noise
    assert_message "noise: the result could not be restored: "
    assert_files noise
    draw png rgb8 100 80 > a.png
    run -1 with_fault pipe "$BSWZ" --verify a.png
    assert_message "a.png: the result could not be restored: "
    assert_files a.png noise
    with_fault none "$BSWZ" --verify a.png noise
    bswz -t a.png.bsw noise.bsw
}
