# SPDX-License-Identifier: MIT
# As a file tool: names, existing targets, links, attributes, removal.
load helper

@test "FILE becomes FILE.bsw and is kept; FILE.bsw becomes FILE and is kept" {
    echo text > file
    bswz file
    [ "$(ls)" = $'file\nfile.bsw' ]
    mv file original
    bswz -d file.bsw
    cmp file original
    [ -s file.bsw ]
}

@test "--rm removes the source once the result is complete; -k and the default do not" {
    echo text > file
    bswz --rm file
    [ "$(ls)" = file.bsw ]
    bswz -d --rm file.bsw
    [ "$(ls)" = file ]
    bswz --rm -k file
    [ -s file ]
    rm file.bsw
    bswz --rm -c file > out
    [ -s file ]
    bswz --rm -o other.bsw file
    [ ! -e file ]
    bswz -t --rm other.bsw
    bswz -l --rm other.bsw
    [ -s other.bsw ]
}

@test "--rm keeps the source when the result failed" {
    echo text | bswz > file.bsw
    truncate -s -1 file.bsw
    run -1 bswz -d --rm file.bsw
    [ "$(ls)" = file.bsw ]
}

@test "an existing target survives a failure even with -f" {
    echo precious > file
    echo text | bswz > file.bsw
    truncate -s -1 file.bsw
    run -1 bswz -df file.bsw
    [ "$(cat file)" = precious ]
    [ "$(ls -A)" = $'file\nfile.bsw' ]
}

@test "unsuitable files are skipped, exit 2, and the others are processed" {
    echo text > file
    mkdir folder
    mkfifo fifo
    echo text > old.bsw
    run -2 bswz folder fifo old.bsw file
    [ "${#lines[@]}" -eq 3 ]
    [ "${lines[0]}" = "bswz: folder: is a directory (use -r), skipped" ]
    [ "${lines[1]}" = "bswz: fifo: is not a regular file, skipped" ]
    [ "${lines[2]}" = "bswz: old.bsw: already has the suffix .bsw, skipped" ]
    [ -s file.bsw ]
    run -2 bswz -d file
    assert_message "has no suffix .bsw, skipped"
    echo text > .bsw
    run -2 bswz -d .bsw
    run -1 bswz folder missing
}

@test "with -c any name and any kind of file is accepted" {
    echo text > file.bsw
    bswz -c file.bsw > stream
    bswz -dc stream > back
    cmp file.bsw back
    mkfifo fifo
    cat stream > fifo &
    [ "$(bswz -dc fifo)" = text ]
    run -2 bswz -c . > out
}

@test "links are read, but --rm refuses them without -f" {
    echo text > file
    ln -s file symbolic
    bswz symbolic
    [ "$(bswz -dc symbolic.bsw)" = text ]
    rm symbolic.bsw
    run -2 bswz --rm symbolic
    assert_message "symbolic: is a symbolic link, skipped"
    ln file hard
    run -2 bswz --rm hard
    assert_message "hard: has more than one hard link, skipped"
    [ "$(ls)" = $'file\nhard\nsymbolic' ]
    bswz --rm -f symbolic hard
    [ "$(ls)" = $'file\nhard.bsw\nsymbolic.bsw' ]
}

@test "a symbolic link is never followed when writing" {
    echo text > file
    echo precious > victim
    ln -s victim file.bsw
    run -1 bswz file
    bswz -f file
    [ "$(cat victim)" = precious ]
    [ ! -L file.bsw ]
    ln -s nowhere other.bsw
    cp file other
    run -1 bswz other
    [ ! -e nowhere ]
}

@test "a device or a directory is never replaced" {
    echo text > file
    mkdir target
    run -1 bswz -f -o target file
    assert_message "target: already exists and is not a regular file"
    mkfifo file.bsw # unexpected
    run -1 bswz -f file
    assert_message "file.bsw: already exists and is not a regular file"
    [ -p file.bsw ]
}

@test "-o names the target" {
    echo text > file
    bswz -o stream file
    bswz -d --output=back stream
    cmp file back
    run -1 bswz -o stream file
    bswz -f -o stream file
    bswz < file -o other
    cmp stream other
    [ "$(bswz -d -o - stream)" = text ]
    run -1 bswz -o x file file
    assert_message "-o" 2
    run -1 bswz -o missing/x file
    assert_message "missing/x: No such file or directory"
}

@test "--to changes the name as well" {
    draw png rgb8 20 10 > a.png
    bswz --rm a.png
    bswz -d --to=ppm a.png.bsw
    [ "$(ls)" = $'a.png.bsw\na.png.ppm' ]
    [ "$(head -c 2 a.png.ppm)" = P6 ]
    bswz -d --to=png a.png.bsw
    [ -s a.png ]
}

@test "the output of standard input obeys the umask" {
    (umask 027 && echo text | bswz -o stream)
    [ "$(stat -c %a stream)" = 640 ]
}

@test "bytes after the stream: the result is kept, and so is the source" {
    echo text | bswz > file.bsw
    echo garbage >> file.bsw
    run -1 bswz -d --rm file.bsw
    assert_message "file.bsw: "
    [ "$(cat file)" = text ]
    [ -s file.bsw ]
}

@test "a failure leaves no partial file" {
    draw png rgb8 64 64 noise > a.png
    bswz --rm a.png
    size=$(size_of a.png.bsw)
    for length in 5 20 $((size / 2)) $((size - 1)); do
        head -c "$length" a.png.bsw > cut.bsw
        run -1 bswz -d cut.bsw
        [ "$(ls -A)" = $'a.png.bsw\ncut.bsw' ]
    done
}

# Run something without the right of root to ignore file modes.
unprivileged() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --bounding-set=-dac_override,-dac_read_search "$@"
    else
        "$@"
    fi
}

@test "no permission to write here" {
    mkdir locked
    echo text > locked/file
    chmod 500 locked
    run -1 unprivileged "${PROGRAM[@]}" locked/file
    chmod 700 locked
    assert_message "locked/file.bsw: Permission denied"
}

@test "no permission to read" {
    echo text > file
    chmod 0 file
    run -1 unprivileged "${PROGRAM[@]}" file
    assert_message "file: Permission denied"
}

@test "a file size limit is an error that says why, and nothing is left" {
    head -c 200000 /dev/urandom > noise
    run -1 bash -c "trap '' XFSZ; ulimit -f 100; exec $COMMAND noise"
    assert_message "File too large"
    [ "$(ls -A)" = noise ]
}

@test "unprintable bytes of file names are masked in messages and lists" {
    name=$'bad\e[31m\nname'
    run -1 bswz "$name"
    assert_message "bad?[31m?name: No such file"
    echo text | bswz > "$name"
    run -0 bswz -l "$name"
    [[ ${lines[1]} == *"bad?[31m?name" ]]
    run -1 env LC_ALL=C.UTF-8 "${PROGRAM[@]}" $'gr\xc3\xbcn\xc2\x85\xff'
    assert_message $'gr\xc3\xbcn??'
}

@test "several files and - in one call" {
    echo one > one
    echo three > three
    echo two | bswz -c one - three | bswz -d > back
    [ "$(cat back)" = $'one\ntwo\nthree' ]
}
