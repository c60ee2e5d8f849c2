# SPDX-License-Identifier: MIT
# Behaviour that bswz shares with xz and gzip. Each check runs for all programs that share the behaviour, which shows
# that the check is right, and not just that the program passes it.
# shellcheck disable=SC2154 # stderr is set by bats
load helper
without_leak_check

# each NAME...: these tools. Under a sanitizer only bswz: the checks themselves have been checked by then.
each() {
    local name
    for name; do
        if [ "$name" = bswz ] || [ -z "$SANITIZED$WRAPPER" ]; then
            echo "$name"
        fi
    done
}

# use NAME, in an empty directory: from here on `tool` is that program, files get $suffix, and with the options
# $remove sources are removed, which xz and gzip do anyway.
use() {
    name=$1
    words=("$1")
    remove=()
    case $1 in
    bswz) suffix=.bsw words=("${PROGRAM[@]}") remove=(--rm) ;;
    xz) suffix=.xz ;;
    gzip) suffix=.gz ;;
    zstd) suffix=.zst ;;
    esac
    echo "# $1"
    rm -rf ./*
}

tool() {
    "${words[@]}" "$@"
}

# redirected REDIRECTIONS [ARGUMENT]...: the same in a shell, with redirections.
redirected() {
    bash -c "exec \"\$@\" $1" - "${words[@]}" "${@:2}"
}

@test "filter, -, -c and -k" {
    for name in $(each bswz xz gzip zstd); do
        use "$name"
        echo text > file
        [ "$(tool < file | tool -d)" = text ]
        [ "$(tool - < file | tool -d -)" = text ]
        [ "$(tool -c file | tool -dc)" = text ]
        tool -kq file
        [ "$(ls)" = $'file\nfile'"$suffix" ]
        [ "$(tool -dck9q "file$suffix")" = text ]
        tool -tq "file$suffix"
    done
}

@test "combined options, abbreviated long ones, -- before a name that begins with -" {
    for name in $(each bswz xz gzip); do
        use "$name"
        echo text > -d
        tool -k9 -- -d
        [ "$(tool --decomp --std --force -- "-d$suffix")" = text ]
        [ "$(tool --uncompress -k -cf -- "-d$suffix")" = text ]
    done
}

@test "-d accepts and ignores a level and a number of threads, in any order" {
    for name in $(each bswz xz zstd); do
        use "$name"
        echo text | tool -9 -T2 > stream
        [ "$(tool -9 -T2 -d < stream)" = text ]
        [ "$(tool -d -1 -T1 < stream)" = text ]
        [ "$(tool -d -z -d < stream)" = text ]
    done
}

@test "concatenated streams restore to the concatenation" {
    for name in $(each bswz xz gzip zstd); do
        use "$name"
        { echo one | tool && echo two | tool && : | tool && echo three | tool; } > all
        [ "$(tool -d < all)" = $'one\ntwo\nthree' ]
    done
}

@test "empty input is not a stream" {
    for name in $(each bswz xz gzip zstd); do
        use "$name"
        run -1 tool -d < /dev/null
        run -1 tool -t < /dev/null
        : | tool > empty
        [ -s empty ]
        tool -d < empty > back
        [ ! -s back ]
    done
}

@test "zero bytes after a stream are accepted" {
    for name in $(each bswz xz gzip); do # xz requires a multiple of four
        use "$name"
        { echo text | tool; head -c 10240 /dev/zero; } > padded
        run -0 --separate-stderr tool -dc < padded
        [ "$output$stderr" = text ]
    done
}

@test "other bytes after a stream: all data, then an error" {
    for name in $(each bswz xz zstd); do # gzip warns
        use "$name"
        { echo text | tool; echo garbage; } > longer
        run -1 --separate-stderr tool -dc < longer
        [ "$output" = text ]
        [ -n "$stderr" ]
        run -1 tool -t < longer
    done
}

@test "a truncated or damaged stream is an error and leaves no file" {
    for name in $(each bswz xz gzip zstd); do
        use "$name"
        head -c 3000 /dev/urandom > file
        tool -q "${remove[@]}" file
        head -c 2000 "file$suffix" > "cut$suffix"
        { head -c 1500 "file$suffix"; printf 'XYZ'; tail -c +1504 "file$suffix"; } > "bad$suffix"
        run -1 tool -d "cut$suffix"
        run -1 tool -d "bad$suffix"
        [ ! -e cut ] && [ ! -e bad ]
        run -1 tool -t "bad$suffix"
        [ -s "cut$suffix" ] && [ -s "bad$suffix" ]
    done
}

@test "-dcf copies foreign data, -dc refuses it" {
    for name in $(each bswz xz gzip); do
        use "$name"
        head -c 100000 /dev/urandom > foreign
        : > nothing
        echo x > short
        for file in foreign nothing short; do
            tool -dcf < "$file" > out
            cmp out "$file"
            tool -dcf "$file" | cmp - out
        done
        run -1 tool -dc foreign
        run -1 tool -dc short
    done
}

@test "an existing target is left untouched without -f" {
    for name in $(each bswz xz zstd); do # gzip: 2
        use "$name"
        echo text > file
        echo precious > "file$suffix"
        run -1 tool -k file < /dev/null
        [ "$(cat "file$suffix")" = precious ]
        tool -qkf file
        [ "$(tool -dc "file$suffix")" = text ]
    done
}

@test "a missing file does not prevent the others from being processed" {
    for name in $(each bswz xz gzip zstd); do
        use "$name"
        echo one > one
        echo two > two
        run -1 tool -k one missing two
        [[ $output == *missing*"No such file"* ]]
        [ "$(tool -dc "one$suffix" "two$suffix")" = $'one\ntwo' ]
    done
}

@test "unsuitable files are skipped, exit 2, with or without -q; an error outweighs this" {
    for name in $(each bswz xz); do
        use "$name"
        echo text > file
        mkdir folder
        mkfifo fifo
        cp file "old$suffix"
        for option in -k -qk; do
            run -2 tool $option "old$suffix"
            [ "$name" != bswz ] || run -2 tool -d $option file # xz examines the file first
            run -2 tool $option fifo
            run -1 tool $option folder missing
        done
        run -2 tool folder file "${remove[@]}"
        [ "$(tool -dc "file$suffix")" = text ]
    done
}

@test "a filter never exits 2" {
    for name in $(each bswz xz gzip); do
        use "$name"
        echo text > file
        run -0 tool -v < file 2> /dev/null
        run -1 tool -d < file
    done
}

@test "links are refused if the source is removed, and not followed when writing" {
    for name in $(each bswz xz gzip); do
        use "$name"
        echo text > file
        ln file hard
        run -2 tool "${remove[@]}" file
        [[ $output == *link* ]]
        [ "$(ls)" = $'file\nhard' ]
        rm hard
        ln -s file symbolic
        run tool "${remove[@]}" symbolic
        [ "$status" -ne 0 ]
        [ "$(ls)" = $'file\nsymbolic' ]
        [ "$(tool -c symbolic | tool -d)" = text ]
        echo precious > victim
        ln -s victim "file$suffix"
        tool -kf file
        [ "$(cat victim)" = precious ]
        [ ! -L "file$suffix" ]
    done
}

@test "mode and modification time are copied, to the nanosecond; the owner by root" {
    for name in $(each bswz xz gzip zstd); do
        use "$name"
        echo text > file
        chmod 640 file
        [ "$(id -u)" -ne 0 ] || chown 12345:23456 file || true
        touch -d '2001-02-03 04:05:06.123456789' file
        (umask 077 && tool -qk file)
        [ "$(stat -c '%a %y %u:%g' file)" = "$(stat -c '%a %y %u:%g' "file$suffix")" ]
        rm file
        tool -qdk "file$suffix"
        [ "$(stat -c '%a %y %u:%g' file)" = "$(stat -c '%a %y %u:%g' "file$suffix")" ]
    done
}

@test "-S changes the suffix in both directions" {
    for name in $(each bswz xz gzip); do
        use "$name"
        echo text > file
        tool -k -S .squeezed file
        mv file original
        tool -dk -S .squeezed file.squeezed
        cmp file original
    done
}

@test "a full disk is an error that says why" {
    for name in $(each bswz xz gzip); do
        use "$name"
        head -c 100000 /dev/urandom > noise
        run -1 redirected '< noise > /dev/full'
        [[ $output == *"No space left on device"* ]]
        tool -c < noise > stream
        run -1 redirected '< stream > /dev/full' -dc
        [[ $output == *"No space left on device"* ]]
        run -1 redirected '> /dev/full' --help
    done
}

@test "closed descriptors give clean errors" {
    for name in $(each bswz xz gzip); do
        use "$name"
        echo text > file
        run -1 redirected '<&- > out' -c
        [[ $output == *"Bad file descriptor"* ]]
        run -1 redirected '< file >&-' -c
        [[ $output == *"Bad file descriptor"* ]]
        redirected '< file > out 2>&-' -c
        [ "$(tool -d < out)" = text ]
        run -1 redirected '< file 2>&-' -d
        redirected '<&- >&- 2>&-' -k file # files that it opens must not become 0, 1 or 2
        [ "$(tool -dc "file$suffix")" = text ]
    done
}

@test "if the reader goes away, the program dies from SIGPIPE silently" {
    for name in $(each bswz xz gzip zstd); do
        use "$name"
        head -c 400000 /dev/urandom > noise
        tool -c < noise > stream
        for options in -c -dc; do
            [ $options = -c ] && input=noise || input=stream
            # shellcheck disable=SC2016 # for the inner shell
            run -0 --separate-stderr bash -c '"$@" | head -c 1 > /dev/null; echo "${PIPESTATUS[0]}"' - \
                env --default-signal=PIPE "${words[@]}" $options "$input"
            [ "${lines[-1]}" = 141 ]
        done
    done
}

@test "the same if SIGPIPE was ignored when the program started" {
    use bswz
    head -c 1000000 /dev/urandom > noise
    bswz < noise > stream
    for options in -c -dc; do
        [ $options = -c ] && input=noise || input=stream
        # shellcheck disable=SC2016 # for the inner shell
        run -0 --separate-stderr bash -c '"$@" | head -c 1 > /dev/null; echo "${PIPESTATUS[0]}"' - \
            env --ignore-signal=PIPE "${words[@]}" $options "$input"
        [ "$output" = 141 ]
        [ -z "$stderr" ]
    done
}

@test "a signal removes the partial file and kills; an inherited SIG_IGN is respected" {
    for name in $(each bswz xz gzip); do
        use "$name"
        truncate -s 3G large
        for signal in INT:130 TERM:143 HUP:129; do
            env --default-signal=INT,TERM,HUP "${words[@]}" -9k large &
            pid=$!
            wait_for_writing $pid
            kill -"${signal%:*}" $pid
            status=0
            wait $pid || status=$?
            [ "$status" -eq "${signal#*:}" ]
            [ ! -e "large$suffix" ]
        done
        env --ignore-signal=HUP "${words[@]}" -1kc large > /dev/null &
        pid=$!
        sleep 0.1
        kill -HUP $pid
        sleep 0.1
        kill -0 $pid
        kill -TERM $pid
        wait $pid || true
    done
}

@test "--help and --version go to standard output; a bad option is an error and points to --help" {
    for name in $(each bswz xz gzip); do
        use "$name"
        for option in --help -V; do
            run -0 --separate-stderr tool $option
            [[ $output == *"$name"* ]]
            [ -z "$stderr" ]
        done
        run -1 --separate-stderr tool --no-such-option < /dev/null
        [ -z "$output" ]
        [[ $stderr == *"'--no-such-option'"*"--help"* ]]
    done
}

@test "sizes for -M: K, M, G and KiB, MiB, GiB; trailing junk is refused" {
    for name in $(each bswz xz); do
        use "$name"
        echo text > file
        for size in 1GiB 500M 200000KiB 200000000 300m 0; do
            [ "$(tool -M "$size" < file | tool -d --memlimit="$size")" = text ]
        done
        for size in 1T 1GX 1.5G -1 "" G 99999999999999999999 99999999999G " 1M"; do
            run -1 tool -M "$size" < file
        done
    done
}

@test "exceeding the memory limit of -M is an error in both directions" {
    for name in $(each bswz xz); do
        use "$name"
        head -c 12582912 /dev/zero > file
        shape=() no_adjust=(--no-adjust)
        [ "$name" = xz ] || shape=(--raw=2048x2048x3) no_adjust=()
        run -1 --separate-stderr tool "${shape[@]}" "${no_adjust[@]}" -M 20M < file
        [[ $stderr == *[mM]emory* && $stderr == *limit* ]]
        [ "$name" = xz ] || run -1 --separate-stderr tool "${shape[@]}" -M 20K < file
        [ "$name" = xz ] || [[ $stderr == *" KiB of memory, the limit is 20 KiB"* ]]
        tool "${shape[@]}" -M 900M < file > stream
        run -1 --separate-stderr tool -d -M 5M < stream
        [[ $stderr == *[mM]emory* && $stderr == *limit* ]]
        tool -d -M 900M < stream | cmp - file
    done
}

@test "a device, pipe or descriptor named by -o is written into, and not replaced" {
    use bswz
    echo text > file
    bswz < file > stream
    bswz -o /dev/null file
    bswz -fo /dev/null --rm file # a result there could not be restored
    [ -c /dev/null ] && [ -e file ]
    mkfifo fifo
    cat fifo > got &
    bswz -o fifo file
    wait $!
    [ -p fifo ]
    cmp got stream
    bswz -fo >(cat > got) file
    wait $!
    cmp got stream
    ln -s fifo link
    cat fifo > got &
    bswz -fo link file
    wait $!
    [ -L link ]
    cmp got stream
    ln -s /dev/stdout out # root must not replace it, and neither must this
    for name in /dev/stdout /dev/fd/1 /proc/self/fd/1 out; do
        for option in -k -f; do
            bswz $option -o $name file > written
            cmp written stream
            { cat file; bswz $option -o $name file; } > written # at its position, not from the start
            cmp written <(cat file stream)
            bswz $option -o $name file | cmp - stream
        done
    done
    [ "$(readlink out)" = /dev/stdout ] && [ "$(readlink /dev/stdout)" = /proc/self/fd/1 ]
    ln -s /dev/full full
    run -1 bswz -fo full file
    assert_message "full: cannot write: No space left on device"
    [ -L full ]
    run -1 bswz -o /dev/fd/77 file
    assert_message "/dev/fd/77: Bad file descriptor"
    run -1 bswz -d -o /dev/null file
    assert_message "file: "
    mkdir folder
    run -1 bswz -fo folder file
    run -1 bswz -fo folder/ file
    [ "$(ls -A folder)" = "" ]
}

@test "a file that is both input and output is refused and left untouched" {
    use bswz
    echo text > file
    cp file original
    ln file hard
    ln -s file link
    for name in file ./file hard link; do
        for option in -k -f; do
            run -1 bswz $option -o $name file
            assert_message "file: input file is output file"
            run -1 bswz $option -o $name < file
            assert_message "(stdin): input file is output file"
            run -1 bswz -f --rm -o $name file
        done
    done
    run -1 redirected '>> file' -c file
    assert_message "input file is output file"
    run -1 redirected '>> file' -o /dev/stdout file
    assert_message "input file is output file"
    run -1 redirected '< file >> file'
    assert_message "input file is output file"
    run -1 redirected '< file 1<> file' # cat would overwrite the file
    assert_message "input file is output file"
    run -1 redirected '< file >> file' -dcf
    assert_message "input file is output file"
    cmp file original
    redirected '< file > /dev/null'
    [ -L link ]
}
