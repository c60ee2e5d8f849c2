# SPDX-License-Identifier: MIT
# Signals: no partial file remains, and the process dies from the signal.
load helper

# Start `bswz -o out $1` with the signals set up for env, on a pipe that stays open, and wait until it has begun to
# write. Sets $pid; descriptor 5 feeds it.
start_writing() {
    mkfifo fifo
    # A shell without job control starts background programs with SIGINT ignored.
    env --default-signal=INT,HUP,TERM "${@:2}" "${PROGRAM[@]}" -o out ${1:+"$1"} < fifo 2> message &
    pid=$!
    exec 5> fifo
    echo text >&5
    wait_for_writing "$pid"
}

finish() {
    exec 5>&-
    status=0
    wait "$pid" || status=$?
}

@test "SIGINT, SIGTERM and SIGHUP remove the partial output and kill" {
    for signal in INT:130 TERM:143 HUP:129; do
        start_writing ""
        kill -"${signal%:*}" "$pid"
        finish
        echo "$signal: status $status"
        [ "$status" -eq "${signal#*:}" ]
        [ ! -s message ]
        [ "$(ls -A)" = $'fifo\nmessage' ]
        rm fifo
    done
}

@test "a signal leaves the old target of -f alone" {
    echo precious > out
    start_writing -f
    kill -TERM "$pid"
    finish
    [ "$status" -eq 143 ]
    [ "$(cat out)" = precious ]
    [ "$(ls -A)" = $'fifo\nmessage\nout' ]
}

@test "an inherited SIG_IGN is respected" {
    start_writing "" --ignore-signal=HUP
    kill -HUP "$pid"
    sleep 0.3
    echo more >&5
    finish
    [ "$status" -eq 0 ]
    [ "$(bswz -dc out)" = $'text\nmore' ]
}

@test "SIGKILL leaves no file that looks complete, and does not disturb the next run" {
    start_writing ""
    kill -KILL "$pid"
    finish
    [ "$status" -eq 137 ]
    [ ! -e out ]
    echo text > file
    bswz -o out file
    [ "$(bswz -dc out)" = text ]
}

@test "a signal in the middle of the work" {
    "$TOOLS/photo" 1600 1200 > a.ppm
    env --default-signal=TERM "${PROGRAM[@]}" -9 a.ppm &
    pid=$!
    wait_for_writing "$pid"
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    [ "$(ls -A)" = a.ppm ]
}
