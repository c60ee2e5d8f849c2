# SPDX-License-Identifier: MIT
# Many files in one run: directories, lists of names, results elsewhere, and beginning again after an interruption.
# shellcheck disable=SC2154 # stderr is set by bats
load helper

# A tree of files of many kinds, most of them small.
plant() {
    mkdir -p "$1/small" "$1/deep/er/and deeper" "$1/empty"
    local i
    for i in {1..12}; do
        draw png rgb8 $((20 + i)) 17 > "$1/small/$i.png"
        draw pnm pgm $((20 + i)) 11 > "$1/small/$i.pgm"
    done
    "$TOOLS/photo" 120 90 | tee "$1/deep/photo.ppm" | cjpeg -quality 85 > "$1/deep/er/PHOTO.JPG"
    "$TOOLS/draw_gif" still 60 40 4 > "$1/deep/er/drawn.gif"
    echo "some text" > "$1/deep/er/and deeper/notes.txt"
    : > "$1/deep/nothing"
    printf 'text' > "$1/deep/er/"$'odd\nname'
    head -c 30000 /dev/urandom > "$1/noise"
    ln -s /etc "$1/link to a directory"
    ln -s noise "$1/link"
    mkfifo "$1/fifo"
}

# The regular files in a directory that are not streams, one per line.
files_in() {
    (cd "$1" && find . -type f ! -name '*.bsw' -print0 | sort -z | tr '\n\0' '?\n')
}

# Does each file of one tree come back in the other: as the same bytes, or pixels if it is a PNG file?
assert_same_tree() {
    [ "$(files_in "$1")" = "$(files_in "$2")" ]
    local file
    while IFS= read -r -d '' file; do
        case $file in
        *.png) assert_same_png "$1/$file" "$2/$file" ;;
        *) cmp "$1/$file" "$2/$file" ;;
        esac
    done < <(cd "$1" && find . -type f ! -name '*.bsw' -print0)
}

@test "-r compresses, tests, lists and restores a tree" {
    plant tree
    cp -a tree original
    run -0 bswz -r -v tree
    count=$(files_in tree | wc -l)
    [ "$count" -ge 30 ]
    [[ ${lines[-1]} == "bswz: $count files: "*" bytes in, "*" bytes out ("*")" ]]
    [ "$(find tree -name '*.bsw' -printf x | wc -c)" -eq "$count" ]
    assert_same_tree original tree
    [ -L tree/link ] && [ ! -e tree/link.bsw ] && [ ! -e tree/fifo.bsw ] && [ -z "$(ls tree/empty)" ]
    run -0 bswz -t -r tree
    [ -z "$output" ]
    [ "$(bswz -l -r --robot tree | grep -c '^file')" -eq "$count" ]
    find tree -type f ! -name '*.bsw' -delete
    bswz -d -r tree
    assert_same_tree original tree
    bswz -dfr --rm tree
    [ -z "$(find tree -name '*.bsw')" ]
    assert_same_tree original tree
}

@test "a damaged stream in a tree is an error, and the others are tested" {
    plant tree
    bswz -r tree
    truncate -s -3 tree/small/7.png.bsw
    run -1 bswz -t -r -v tree
    [ "$(grep -c ': OK$' <<< "$output")" -eq $(($(files_in tree | wc -l) - 1)) ]
    [[ $output == *"bswz: tree/small/7.png.bsw: "* ]]
    [[ ${lines[-1]} == *" 1 failed" ]]
}

@test "with any number of threads the results are the same" {
    plant tree
    "$TOOLS/photo" 700 500 > tree/deep/large.ppm # takes all threads
    cp -a tree other
    bswz -r -T1 tree
    bswz -r -T5 other
    diff -r --no-dereference --exclude=fifo tree other
}

@test "--include and --exclude: kinds, names, paths and directories" {
    plant tree
    # taken OPTION...: which files are compressed
    taken() {
        bswz -r "$@" tree
        (cd tree && find . -name '*.bsw' -print0 | sort -z | tr '\n\0' '?\n' | sed 's/\.bsw$//; s/^..//')
        find tree -name '*.bsw' -delete
    }
    [ "$(taken --include=jpeg)" = deep/er/PHOTO.JPG ]
    [ "$(taken --include='*.txt' --include=gif)" = $'deep/er/and deeper/notes.txt\ndeep/er/drawn.gif' ]
    [ "$(taken --include=pictures --exclude=png --exclude='*.pgm')" = $'deep/er/PHOTO.JPG\ndeep/er/drawn.gif\ndeep/photo.ppm' ]
    [ "$(taken --include='deep/*' --exclude='deep/er/*')" = $'deep/nothing\ndeep/photo.ppm' ]
    [ "$(taken --exclude=small --exclude=er)" = $'deep/nothing\ndeep/photo.ppm\nnoise' ]
    [ -z "$(taken --include=tiff)" ]
    bswz -r tree # patterns are for the name without .bsw
    run -0 bswz -l -r --robot --include=jpeg tree
    [ "$(grep -c '^file' <<< "$output")" -eq 1 ]
    run -1 bswz --include=png tree/small/1.png
    assert_message "only be used with -r" 2
}

@test "-r: links that were named are followed, and what cannot be read is an error" {
    plant tree
    ln -s tree/small named
    bswz -r --include=1.png named
    [ -s tree/small/1.png.bsw ]
    bswz -r tree/noise # a file is a file
    [ -s tree/noise.bsw ]
    run -2 bswz tree
    assert_message "tree: is a directory (use -r), skipped"
    run -1 bswz -r missing tree/deep
    assert_message "missing: No such file"
    [ -s tree/deep/photo.ppm.bsw ]
    run -1 bswz -r -o out tree
    assert_message "use --output-dir" 2
    if [ "$(id -u)" -ne 0 ]; then
        chmod 0 tree/deep
        run -1 bswz -rt tree
        chmod 755 tree/deep
        assert_message "tree/deep: Permission denied"
    fi
}

@test "-r does not compress what another run is writing" {
    mkdir tree
    echo text > tree/file
    echo part > tree/.bswz-123-6a5b
    for name in .bswz- .bswz-12 .bswz-12- .bswz-notes-1 .bswz-12-notes; do # these are not its names
        echo text > "tree/$name"
    done
    bswz -r tree
    [ "$(find tree -name '*.bsw' | wc -l)" -eq 6 ] && [ ! -e tree/.bswz-123-6a5b.bsw ]
}

@test "--output-dir keeps names, makes directories as private as the sources', and finds no results as sources" {
    plant tree
    chmod 700 tree/deep
    bswz -r --output-dir=out/here tree ./noise 2> /dev/null || [ $? -eq 1 ] # there is no ./noise
    [ ! -e tree/noise.bsw ] && [ -s out/here/tree/noise.bsw ]
    [ "$(stat -c %a out/here/tree/deep)" = 700 ]
    (cd out/here && bswz -d -r --output-dir="$OLDPWD/back" .)
    assert_same_tree tree back/tree
    # absolute names, and files
    bswz --output-dir=flat "$PWD/tree/noise" ./tree//deep/./photo.ppm
    cmp "flat/$PWD/tree/noise.bsw" out/here/tree/noise.bsw
    cmp flat/tree/deep/photo.ppm.bsw out/here/tree/deep/photo.ppm.bsw
    # .. has no place there
    run -1 bswz --output-dir=flat tree/../tree/noise
    assert_message "'..'"
    [ ! -e flat/noise.bsw ] && [ ! -e noise.bsw ]
    # inside the tree
    bswz -d -r --output-dir=out/here/again out/here
    bswz -d -r -f --output-dir=out/here/again out/here
    [ ! -e out/here/again/out/here/again ]
    run -1 bswz --output-dir=tree/noise tree/deep/nothing
    assert_message "tree/noise: cannot create the directory"
    # of -c and --output-dir the last one counts
    bswz -c --output-dir=last tree/noise | cmp - /dev/null
    [ -s last/tree/noise.bsw ]
    bswz --output-dir=never -c tree/noise | cmp - last/tree/noise.bsw
    [ ! -e never ]
}

@test "--output-dir with --rm: the sources go when the results are there" {
    plant tree
    cp -a tree original
    bswz -r --rm --output-dir=out tree
    [ -z "$(files_in tree)" ]
    bswz -d -r --rm --output-dir=back out
    assert_same_tree original back/out/tree
    [ -z "$(find out -type f)" ]
}

@test "--files and --files0 read names, like xz" {
    local name words
    for name in bswz xz; do
        [ "$name" = bswz ] || [ -z "$SANITIZED$WRAPPER" ] || continue
        rm -rf ./*
        case $name in
        bswz) words=("${PROGRAM[@]}") suffix=.bsw ;;
        xz) words=(xz -k) suffix=.xz ;;
        esac
        echo "# $name"
        mkdir folder
        echo one > one
        echo two > 'folder/t wo'
        echo three > $'thr\nee'
        echo four > -
        printf 'folder/t wo\n\n-\n' > list
        "${words[@]}" --files=list one
        [ -s "one$suffix" ] && [ -s "folder/t wo$suffix" ] && [ -s "-$suffix" ]
        printf 'thr\nee\0' | "${words[@]}" --files0
        [ -s $'thr\nee'"$suffix" ]
        printf 'missing\none\n' | "${words[@]}" -f --files && return 1
        [ -s "one$suffix" ]
        rm "one$suffix"
        printf 'one' > list # may have been cut off
        run -1 "${words[@]}" --files=list
        printf 'o\0ne\n' > list
        run -1 "${words[@]}" --files=list
        [[ $output == *files0* ]]
        run -1 "${words[@]}" --files=none
        [ ! -e "one$suffix" ]
        : | "${words[@]}" --files
        run -1 "${words[@]}" --files - < /dev/null
        [ ! -s out ]
    done
}

@test "--files lists directories for -r, and a directory of names" {
    plant tree
    echo tree | bswz --files -r
    bswz -t -r tree
    printf '%s\n' tree/noise.bsw tree/deep/photo.ppm.bsw | bswz -dc --files | cmp - <(cat tree/noise tree/deep/photo.ppm)
}

@test "--skip-existing leaves out what is done, which is no error; older or empty results are not done" {
    plant tree
    bswz -r tree
    touch -r tree/noise stamp
    run -0 --separate-stderr bswz -r --skip-existing tree
    [ -z "$output$stderr" ]
    run -0 bswz -r -v --skip-existing tree/noise
    [[ ${lines[0]} == *"tree/noise.bsw exists, skipped" ]]
    # the source has changed
    echo more >> tree/noise
    touch -d 'now + 10 seconds' tree/noise
    run -1 bswz -r --skip-existing tree
    assert_message "tree/noise.bsw: already exists, and is older than its source or empty (use -f to replace)"
    bswz -r --skip-existing -f tree
    bswz -dc tree/noise.bsw | cmp - tree/noise
    # not a result
    : > tree/deep/photo.ppm.bsw
    run -1 bswz -r --skip-existing tree
    [ ! -s tree/deep/photo.ppm.bsw ]
    bswz -f tree/deep/photo.ppm
    mkdir empty.bsw
    : > empty
    run -1 bswz --skip-existing empty
    # in the other direction, with --rm, and with -o and --output-dir
    bswz -d -r --skip-existing tree
    bswz --skip-existing --rm tree/noise
    [ -e tree/noise ]
    bswz --skip-existing -o tree/noise.bsw tree/noise
    bswz --output-dir=out -r tree
    bswz --output-dir=out -r --skip-existing tree
    # a result that is not there
    rm tree/noise.bsw
    bswz -r --skip-existing tree
    bswz -dc tree/noise.bsw | cmp - tree/noise
}

@test "--skip-existing: names that occur twice, and other runs at the same time, are no errors" {
    seq 30000 > a
    seq 20000 > b
    printf '%s\n' a b a a b b a | bswz -T4 --files --skip-existing
    bswz -dc a.bsw b.bsw | cmp - <(cat a b)
    rm a.bsw b.bsw
    plant tree
    cp -a tree original
    # three_runs OPTION...: at the same time; $failed of them fail
    three_runs() {
        local -a pids=()
        local pid
        for pid in 1 2 3; do
            "${PROGRAM[@]}" -r --skip-existing "$@" tree 2> /dev/null &
            pids+=($!)
        done
        failed=0
        for pid in "${pids[@]}"; do
            wait "$pid" || failed=$((failed + 1))
        done
    }
    three_runs
    [ "$failed" -eq 0 ]
    bswz -t -r tree
    find tree -name '*.bsw' -delete
    three_runs --rm # a source that is gone is an error, but nothing is lost
    bswz -r --skip-existing --rm tree
    bswz -d -r --skip-existing tree
    assert_same_tree original tree
}

@test "a run that was killed goes on where it was" {
    plant tree
    "$TOOLS/photo" 1000 700 > tree/zz.ppm # the last one, and large
    cp -a tree original
    for signal in TERM KILL; do
        "${PROGRAM[@]}" -r -7 --skip-existing tree &
        pid=$!
        for ((i = 0; i < 400; i++)); do
            [ "$(find tree -name '*.bsw' | wc -l)" -lt 6 ] || break
            sleep 0.02
        done
        kill -$signal $pid
        status=0
        wait $pid || status=$?
        [ "$status" -gt 128 ] # it was not done yet
        # everything that has its name is complete, and nothing else is left
        bswz -t -r tree
        [ -z "$(find tree -name '.bswz-*')" ] || [ $signal = KILL ]
        find tree -name '*.bsw' -print0 | head -zn 1 | xargs -0 rm
    done
    find tree -name '*.bsw' -exec stat -c '%i %n' {} + | sort > before
    bswz -r -7 --skip-existing tree
    bswz -t -r tree
    find tree -name '*.bsw' -exec stat -c '%i %n' {} + | sort > after
    [ -z "$(comm -23 before after)" ] # what was there has not been touched
    find tree -type f ! -name '*.bsw' ! -name '.bswz-*' -delete
    bswz -d -r tree
    find tree -name '.bswz-*' -delete
    assert_same_tree original tree
}

@test "a signal removes all files in progress, also where they have names" {
    build_faults
    [ -z "$WRAPPER" ] || skip "no preloaded library under an emulator"
    mkdir tree
    for i in 1 2 3; do
        "$TOOLS/photo" 590 580 > "tree/$i.ppm" # almost 1 MiB: as long as a file of one thread can take
    done
    env --default-signal=TERM FAULT=no-tmpfile LD_PRELOAD="$FAULTS" "${PROGRAM[@]}" -r -9 --verify -T3 tree &
    pid=$!
    for ((i = 0; i < 400; i++)); do
        [ "$(find tree -name '.bswz-*' | wc -l)" -lt 3 ] || break
        sleep 0.02
    done
    [ "$(find tree -name '.bswz-*' | wc -l)" -ge 2 ]
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 143 ]
    [ -z "$(find tree -name '.bswz-*')" ]
}

@test "a name without .bsw stands for the stream, unless compressing" {
    echo text > file
    bswz --rm file
    for options in -t -l -dc -d; do
        bswz $options file > out
    done
    [ "$(cat file)" = text ]
    rm file
    bswz -S .squeezed -o file.squeezed out
    bswz -t -S .squeezed file
    run -1 bswz -t none
    assert_message "none: No such file"
    run -1 bswz file
    assert_message "file: No such file"
    echo text > file
    run -1 bswz -t file # exists, but is not a stream
}

@test "--rm of a file under several names is as it would be in one thread" {
    local i
    for i in 1 2 3 4 5 6; do
        rm -rf ./*
        seq 30000 > file
        ln file hard
        ln file other
        ln -s file symbolic
        bswz -T4 --rm -f symbolic hard other
        [ "$(ls)" = $'file\nhard.bsw\nother.bsw\nsymbolic.bsw' ]
    done
}

@test "of two sources whose results have the same name, none is lost" {
    local threads
    for threads in 1 4; do
        rm -rf ./*
        echo one > a
        bswz -o one.bsw --rm a
        echo two > a
        bswz -o a.BSW --rm a
        mv one.bsw a.bsw
        run -1 bswz -d -f --rm "-T$threads" a.BSW a.bsw
        assert_message "is the result of another file, not replaced"
        # one has been restored, and the other is still there
        [ "$(cat a; bswz -dc a.bsw a.BSW 2> /dev/null)" = $'one\ntwo' ] ||
            [ "$(cat a; bswz -dc a.bsw a.BSW 2> /dev/null)" = $'two\none' ]
        [ "$(find . -type f | wc -l)" -eq 2 ]
    done
    rm -rf ./*
    mkdir -p ".$PWD"
    echo absolute > file
    echo relative > ".$PWD/file"
    run -1 bswz -f --rm --output-dir=out "$PWD/file" ".$PWD/file"
    [ "$({ bswz -dc "out$PWD/file.bsw"; find . -name file -exec cat {} +; } | sort)" = $'absolute\nrelative' ]
    # the same source may have its result twice
    echo text > text
    bswz -f -T4 text ./text "$PWD/text"
    bswz -dc text.bsw | cmp - text
}

@test "a FIFO is read if -o names the result" {
    mkfifo fifo
    echo text > fifo &
    bswz -o file.bsw fifo
    cat file.bsw > fifo &
    bswz -d -o file fifo
    [ "$(cat file)" = text ]
    bswz -fo file.bsw <(echo other)
    [ "$(bswz -dc file.bsw)" = other ]
    run -2 bswz fifo
    run -2 bswz --rm -o file.bsw fifo
}

@test "several files: a summary with -v, and none for one" {
    echo text > one
    echo text > two
    run -0 bswz -v one two
    [[ ${lines[-1]} == "bswz: 2 files: 10 bytes in, "*" bytes out ("*" %)" ]]
    run -0 bswz -tv one.bsw two.bsw
    [ "${lines[-1]}" = "bswz: 2 files: 2 OK" ]
    run -2 bswz -v one.bsw two.bsw
    [[ $output != *"bytes in"* ]]
    [ "${lines[-1]}" = "bswz: 2 files: 0 done, 0 existed, 2 skipped, 0 failed" ]
    run -0 bswz -fv one
    [[ $output != *files* ]]
    mkdir empty
    run -0 bswz -t -r -v empty
    [ "$output" = "bswz: 0 files: 0 OK" ]
}

@test "progress says which file of how many it is" {
    mkdir tree
    for i in 1 2 3; do
        "$TOOLS/photo" 1200 900 > "tree/$i.ppm"
    done
    on_terminal "stty cols 120; $COMMAND -T1 -2 --progress -r tree" > screen
    tr '\r' '\n' < screen | sed 's/^\x1b\[K//' > drawn
    grep -qE '^file 2 of 3: tree/2\.ppm: \[[# ]{20}\] +[0-9]+ %  ' drawn
    [ "$(tail -c 4 screen)" = $'\r\e[K' ]
}

@test "one process is faster than many" {
    [ -z "$SANITIZED$WRAPPER" ] || skip "times under a sanitizer or an emulator say nothing"
    mkdir tree
    for i in {1..60}; do
        draw png rgb8 20 $((i + 10)) > "tree/$i.png"
    done
    TIMEFORMAT=%U
    together=$({ time bswz -T1 -r tree; } 2>&1)
    apart=$({ time for i in {1..60}; do bswz -T1 -f "tree/$i.png"; done; } 2>&1)
    echo "$together s in one process, $apart s in 60"
    awk -v one="$together" -v other="$apart" 'BEGIN { exit !(one < other) }'
}
