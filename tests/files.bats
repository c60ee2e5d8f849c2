# As a file tool: names, existing targets, links, attributes, removal.
load helper

@test "FILE becomes FILE.bsw and stays; FILE.bsw becomes FILE and stays" {
    echo text > file
    bswz file
    [ "$(ls)" = $'file\nfile.bsw' ]
    mv file original
    bswz -d file.bsw
    cmp file original
    [ -s file.bsw ]
}

@test "--rm removes the source once the result is there, -k and the default do not" {
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

@test "an existing target is left untouched without -f" {
    echo text > file
    echo precious > file.bsw
    run -1 bswz file < /dev/null
    assert_message "file.bsw: already exists"
    [ "$(cat file.bsw)" = precious ]
    bswz -f file
    [ "$(bswz -dc file.bsw)" = text ]
}

@test "an existing target survives a failure even with -f" {
    echo precious > file
    echo text | bswz > file.bsw
    truncate -s -1 file.bsw
    run -1 bswz -df file.bsw
    [ "$(cat file)" = precious ]
    [ "$(ls -A)" = $'file\nfile.bsw' ]
}

@test "an existing target is asked about on a terminal" {
    echo text > file
    echo precious > file.bsw
    { sleep 1; echo n; } | script -qec "$COMMAND file" /dev/null > screen || true
    grep -q "file.bsw: already exists; replace it? (y/n)" screen
    [ "$(cat file.bsw)" = precious ]
    { sleep 1; echo y; } | script -qec "$COMMAND file" /dev/null > screen
    [ "$(bswz -dc file.bsw)" = text ]
}

@test "a missing file does not keep the others from being processed" {
    echo one > one
    echo two > two
    run -1 bswz one missing two
    assert_message "missing: No such file or directory"
    [ "$(bswz -dc one.bsw two.bsw)" = $'one\ntwo' ]
}

@test "what makes no sense is skipped, exit 2, and the others are processed" {
    echo text > file
    mkdir folder
    mkfifo fifo
    echo text > old.bsw
    run -2 bswz folder fifo old.bsw file
    [ "${#lines[@]}" -eq 3 ]
    [ "${lines[0]}" = "bswz: folder: is a directory, skipped" ]
    [ "${lines[1]}" = "bswz: fifo: is not a regular file, skipped" ]
    [ "${lines[2]}" = "bswz: old.bsw: already has the suffix .bsw, skipped" ]
    [ -s file.bsw ]
    run -2 bswz -d file
    assert_message "has no suffix .bsw, skipped"
    echo text > .bsw
    run -2 bswz -d .bsw
    run -1 bswz folder missing
}

@test "with -c any name and any kind of file will do" {
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

@test "a device or a folder is never replaced" {
    echo text > file
    mkdir target
    run -1 bswz -f -o target file
    assert_message "target: already exists and is not a regular file"
    mkfifo fifo
    run -1 bswz -f -o fifo file
    [ -p fifo ]
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
    bswz -f -o file file # in place
    [ "$(bswz -dc file)" = text ]
}

@test "-S changes the suffix" {
    echo text > file
    bswz -S .squeezed file
    [ -s file.squeezed ]
    run -2 bswz -S .squeezed file.squeezed
    mv file original
    bswz -d -S .squeezed file.squeezed
    cmp file original
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

@test "mode and modification time are copied, to the nanosecond" {
    echo text > file
    chmod 640 file
    touch -d '2001-02-03 04:05:06.123456789' file
    (umask 077 && bswz file)
    [ "$(stat -c '%a %y' file)" = "$(stat -c '%a %y' file.bsw)" ]
    [[ $(stat -c %y file.bsw) == *06.123456789* ]]
    rm file
    bswz -d file.bsw
    [ "$(stat -c '%a %y' file)" = "$(stat -c '%a %y' file.bsw)" ]
}

@test "owner and group are copied by root" {
    [ "$(id -u)" -eq 0 ] || skip "not root"
    echo text > file
    chown 12345:23456 file || skip "cannot give files away here"
    bswz file
    [ "$(stat -c '%u:%g' file.bsw)" = 12345:23456 ]
}

@test "the output of standard input obeys the umask" {
    (umask 027 && echo text | bswz -o stream)
    [ "$(stat -c %a stream)" = 640 ]
}

@test "a file is private while it is written" {
    mkfifo fifo
    bswz -o stream < fifo &
    exec 5> fifo
    echo text >&5
    for ((i = 0; i < 100; i++)); do
        [ ! -e stream ] || break
        sleep 0.1
    done
    [ "$(stat -c %a stream)" = 600 ]
    exec 5>&-
    wait $!
    [ "$(stat -c %a stream)" != 600 ]
}

@test "bytes behind the stream: the result is kept, and so is the source" {
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

@test "no right to write here" {
    [ "$(id -u)" -ne 0 ] || skip "root may write anywhere"
    mkdir locked
    echo text > locked/file
    chmod 500 locked
    run -1 bswz locked/file
    chmod 700 locked
    assert_message "locked/file.bsw: Permission denied"
}

@test "no right to read" {
    [ "$(id -u)" -ne 0 ] || skip "root may read anything"
    echo text > file
    chmod 0 file
    run -1 bswz file
    assert_message "file: Permission denied"
}

@test "a file size limit is an error with its reason, and nothing is left" {
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
