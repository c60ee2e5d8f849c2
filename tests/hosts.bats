# SPDX-License-Identifier: MIT
# Many files on two machines, as in doc/many-files.md: both are this one, with a server of ssh for each (machine.py). One
# of them dies while it works, and so does GNU parallel.
load helper

# serve NAME: a machine.
serve() {
    /usr/bin/python3 "$PROJECT/tests/tools/machine.py" key "$1.socket" > "$1.log" 2>&1 3>&- &
    echo $! > "$1.pid"
    wait_for [ -e "$1.socket" ]
    cat >> ssh.conf << END
Host $1
    ProxyCommand nc.openbsd -U '$PWD/$1.socket'
    IdentityFile $PWD/key
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
END
    echo "1/ssh -F $PWD/ssh.conf $1" >> hosts
}

# Processes that stem from process PID, itself included.
family() {
    local child
    echo "$1"
    for child in $(pgrep -P "$1"); do
        family "$child"
    done
}

# All of a machine's processes at once.
kill_machine() {
    local -a pids
    mapfile -t pids < <(family "$(cat "$1.pid")")
    kill -KILL "${pids[@]}" 2> /dev/null || true
    rm "$1.pid" # its number may soon be that of another process
}

setup() {
    [ -z "$SANITIZED$WRAPPER" ] || skip "too slow under a sanitizer or an emulator"
    cd "$BATS_TEST_TMPDIR" || return 1
    # parallel and ssh start the user's shell; without SHELL, parallel takes the parent, which is bats here
    export SHELL=/bin/sh PARALLEL_HOME=$PWD/parallel
    unset PARALLEL PARALLEL_SHELL PARALLEL_SSH
    mkdir parallel && touch parallel/will-cite
    needs_modules paramiko
    ssh-keygen -q -t ed25519 -N '' -f key
    serve one
    serve two
}

teardown() {
    for machine in one two; do
        [ ! -e $machine.pid ] || kill_machine $machine
    done
}

# The command of the document. From the fourth list on, work only begins when there is a file "go", so that what is
# killed is killed in the middle of the work, however fast the machine is.
prepare() {
    cat > job << END
#!/bin/sh
case \$1 in
lists/0000[0-2]) ;;
*) until [ -e go ]; do sleep 0.05; done ;;
esac
exec "$BSWZ" -q -7 "--files=\$1" --skip-existing
END
    chmod +x job
    work=(parallel --sshloginfile hosts --wd "$PWD" --joblog log --retries 4)
    job=("$PWD/job" '{}' ::: lists/*)
}

# wait_for COMMAND...: until it succeeds.
wait_for() {
    local i
    for ((i = 0; i < 600; i++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    return 1
}

logged() {
    [ -e log ] && [ "$(wc -l < log)" -gt "$1" ]
}

works() {
    family "$(cat "$1.pid")" | xargs ps -o comm= -p | grep -q '^job$'
}

@test "two machines compress a collection, although one dies, and parallel, too" {
    mkdir -p photos/sub lists
    for i in {1..6}; do
        "$TOOLS/photo" $((200 + i)) 200 > photos/sub/"$i.ppm"
        draw png rgb8 $((20 + i)) 30 > "photos/$i.png"
    done
    cp -a photos original
    find photos -type f | LC_ALL=C sort > manifest
    split -l 2 -a 5 -d manifest lists/

    prepare
    "${work[@]}" "${job[@]}" > out 2>&1 &
    pid=$!
    wait_for logged 1 || { cat out; return 1; }
    kill -KILL $pid
    wait $pid || true
    done_before=$(tail -n +2 log | wc -l)
    [ "$done_before" -lt 6 ]

    "${work[@]}" --resume "${job[@]}" > out 2>&1 &
    pid=$!
    wait_for works two || { cat out log; return 1; }
    touch go
    kill_machine two
    wait $pid || { cat out log; return 1; }

    cat log
    # each list is in the log once, and has worked
    [ "$(awk -F '\t' 'NR > 1 && $7 == 0 { print $1 }' log | sort -u | wc -l)" -eq 6 ]
    sed 's/$/.bsw/' manifest | bswz -t --files
    sed 's/$/.bsw/' manifest | bswz -d --files --output-dir=back
    while IFS= read -r file; do
        case $file in
        *.png) assert_same_png "original/${file#photos/}" "back/$file" ;;
        *) cmp "original/${file#photos/}" "back/$file" ;;
        esac
    done < manifest

    # nothing is left to be done
    find photos -name '*.bsw' -exec stat -c '%i %n' {} + | sort > before
    "${work[@]}" --resume "${job[@]}"
    find photos -name '*.bsw' -exec stat -c '%i %n' {} + | sort | cmp - before
}
