# SPDX-License-Identifier: MIT
# On a terminal: what is refused, which questions are asked, and the line of progress.
load helper

@test "compressed data is not written to a terminal" {
    echo text > file
    for tool in xz gzip; do
        run -1 on_terminal "$tool < file"
    done
    run -1 on_terminal "$COMMAND < file"
    [[ $output == *"not written to a terminal"* ]]
    run -1 on_terminal "$COMMAND -c file"
    [[ $output == *"not written to a terminal"* ]]
    run -0 on_terminal "$COMMAND -f < file | cat > out; $COMMAND -d < out"
    [[ $output == *text* ]]
}

@test "compressed data is not read from a terminal" {
    for tool in xz gzip; do
        run -1 on_terminal "$tool -d"
    done
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

@test "on a terminal, the user is asked before an existing target is replaced" {
    echo text > file
    echo precious > file.bsw
    { sleep 1; echo n; } | script -qec "$COMMAND file" /dev/null > screen || true
    grep -q "file.bsw: already exists; replace it? (y/n)" screen
    [ "$(cat file.bsw)" = precious ]
    { sleep 1; echo y; } | script -qec "$COMMAND file" /dev/null > screen
    [ "$(bswz -dc file.bsw)" = text ]
}

@test "several threads ask one question at a time" {
    for i in 1 2 3 4; do
        echo text > $i
        echo precious > $i.bsw
    done
    {
        for answer in y n y n; do
            sleep 0.5
            echo $answer
        done
    } | script -qec "$COMMAND -T4 1 2 3 4" /dev/null > screen || true
    # each answer is that to the last question
    for i in 1 2 3 4; do
        if grep -qE "(^|K)bswz: $i\.bsw: already exists; replace it\? \(y/n\) y" screen; then
            [ "$(bswz -dc $i.bsw)" = text ]
        else
            grep -qE "(^|K)bswz: $i\.bsw: already exists; replace it\? \(y/n\) n" screen
            [ "$(cat $i.bsw)" = precious ]
        fi
    done
}

@test "nothing is asked unless stdin and stderr are both terminals" {
    echo text > file
    echo precious > file.bsw
    run -1 on_terminal "$COMMAND file < /dev/null"
    [[ $output == *"already exists (use -f to replace)"* && $output != *"(y/n)"* ]]
    run -1 on_terminal "$COMMAND file 2> message"
    [[ $(cat message) == *"already exists (use -f to replace)"* ]]
    [ "$(cat file.bsw)" = precious ]
}

# What was drawn, one per line, without the sequence that clears a line.
lines_of() {
    tr '\r' '\n' < "$1" | sed 's/^\x1b\[K//'
}

@test "--progress: a bar with percentage, sizes, speed and time left, cleared at the end" {
    "$TOOLS/photo" 720 500 > photo.ppm # large enough for the line to be drawn several times
    on_terminal "$COMMAND -9 --progress photo.ppm" > screen
    lines_of screen > drawn
    grep -qE '^photo\.ppm: \[[# ]{20}\] +[0-9]+ %  [0-9.]+ MiB -> [0-9.]+ (B|KiB)  [0-9.]+ MB/s  0:[0-9]{2} left$' drawn
    [ "$(tail -c 4 screen)" = $'\r\e[K' ]
    on_terminal "$COMMAND -df --progress photo.ppm.bsw" > screen
    lines_of screen | grep -qE '^photo\.ppm\.bsw: \[[# ]{20}\] +[0-9]+ %  '
    # it drops at most once, from the share read to the share coded
    sed -n 's/.*\] *\([0-9]*\) %.*/\1/p' drawn | awk '$1 < last { falls++ } { last = $1 } END { exit falls > 1 || last > 100 }'
}

@test "the line of progress fits the terminal, and messages replace it" {
    "$TOOLS/photo" 300 200 > photo.ppm
    long=$(printf 'n%.0s' {1..90})
    cp photo.ppm "$long"
    on_terminal "stty cols 60; $COMMAND --progress $long" > screen
    lines_of screen > drawn
    [ "$(wc -L < drawn)" -le 59 ]
    on_terminal "$COMMAND --progress -fv photo.ppm" > screen
    lines_of screen | grep -q '^bswz: photo.ppm: PNM 300x200'
}

@test "operations of a second or more show progress, as a filter only with -v or --progress" {
    # slow_run OPTION...: a slow filter
    slow_run() {
        on_terminal "{ echo one; sleep 1.2; echo two; } | $COMMAND $* | cat > out" > screen
        [ "$(bswz -dc out)" = $'one\ntwo' ]
        lines_of screen
    }
    [ -z "$(slow_run)" ]
    [[ $(slow_run --progress) == *" B -> 0 B"* ]]
    [[ $(slow_run -v) == *" B -> 0 B"* ]]
    [ -z "$(slow_run --progress --no-progress)" ]
}

@test "no progress if stderr is not a terminal, or the data goes to one" {
    echo text > file
    run -0 --separate-stderr bswz --progress -fo out file
    [ -z "$output$stderr" ]
    bswz file
    run -0 on_terminal "$COMMAND -dc --progress file.bsw"
    [ "$(tr -d '\r' <<< "$output")" = text ]
    run -0 on_terminal "TERM=dumb $COMMAND -f --progress file"
    [ -z "$output" ]
    run -0 on_terminal "$COMMAND -f --no-progress -v file"
    [[ $output != *$'\e'* ]]
}

@test "a signal clears the line of progress" {
    { sleep 1; printf '\003'; sleep 1; } | script -qec "env --default-signal=INT $COMMAND --progress -o out" /dev/null > screen || true
    [ ! -e out ]
    [ "$(lines_of screen | tail -n 1 | tr -d '^C')" = "" ]
}
