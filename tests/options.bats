# SPDX-License-Identifier: MIT
# The command line itself: options, names, environment, documents.
# shellcheck disable=SC2154,SC2030,SC2031 # stderr_lines is set by bats; each test has an environment of its own
load helper

@test "--help goes to standard output and names every mode" {
    run -0 --separate-stderr bswz --help
    [[ $output == "Usage: bswz "* ]]
    [[ $output == *--decompress* && $output == *--list* && $output == *--no-origin* ]]
    [ -z "$stderr" ]
    run -0 bswz -h
    [[ $output == "Usage: bswz "* ]]
}

@test "--version prints the version of the header" {
    version=$(sed -n 's/^#define BSWZ_VERSION "\(.*\)"/\1/p' "$PROJECT/include/bswz.h")
    [ -n "$version" ]
    run -0 bswz -V
    [ "$output" = "bswz $version" ]
    run -0 bswz --version
    [ "$output" = "bswz $version" ]
}

@test "--help to a full disk is an error" {
    run -1 sh -c "$COMMAND --help > /dev/full"
    assert_message "No space left on device"
}

@test "a bad option: two lines on standard error, exit 1, nothing written" {
    for option in --no-such-thing -j --force=3 -T --threads=many --threads=-1 --threads=1x --threads=99999 --raw=3x4 \
        --raw=0x4x3 --raw=3x4x5 --raw=3x4x3x --to=gif --suffix= --suffix=a/b --output --level --output-dir --include --include=png --memlimit --memlimit=1X -M; do
        echo "option: $option"
        run -1 --separate-stderr bswz "$option" < /dev/null
        [ -z "$output" ]
        assert_error "" 2
        [ "${stderr_lines[1]}" = "Try 'bswz --help'." ]
    done
}

@test "a mistyped option is answered with what it may have been" {
    run -1 bswz --levle=3 < /dev/null
    assert_message "unrecognized option '--levle=3'; did you mean '--level'?" 2
    run -1 bswz --recusrive < /dev/null
    assert_message "did you mean '--recursive'?" 2
    run -1 bswz --comp
    assert_message "option '--comp' is ambiguous; did you mean '--compress' or '--compare'?" 2
    run -1 bswz --something-else < /dev/null
    [[ $output != *"did you mean"* ]]
    assert_message "unrecognized option '--something-else'" 2
}

@test "levels: --level=N, and what is not a level" {
    draw png rgb8 60 40 > a.png
    bswz -3 < a.png | cmp - <(bswz --level=3 < a.png)
    for level in -10 -19 -k10 -0 --level=0 --level=10 --level=x --level=; do
        run -1 bswz "$level" < /dev/null
        echo "$level: $output"
        assert_message "is not a level" 2
    done
    # these are numbers, but not levels
    bswz -T 10 -M 100M -S .10 < a.png | cmp - <(bswz < a.png)
    bswz -T10 < a.png | cmp - <(bswz < a.png)
    echo text > -10
    bswz -c -- -10 > /dev/null
}

@test "a bad option is shown with its unprintable bytes masked" {
    run -1 bswz $'--\e[31mred'
    assert_message "'--?[31mred'" 2
}

@test "--to without -d is refused" {
    run -1 bswz --to=png < /dev/null
    assert_message "-d" 2
}

@test "-d accepts and ignores options that only affect compression" {
    echo text | bswz -9 -T2 > file.bsw
    run -0 bswz -9 -T2 --pixels --no-origin --raw=1x1x1 --fast --best -d < file.bsw
    [ "$output" = text ]
}

@test "-n and -N are accepted and ignored" {
    echo text | bswz > plain.bsw
    for options in -nN --no-name --name; do
        echo text | bswz $options | cmp - plain.bsw
    done
}

@test "unbswz and bswzcat decompress" {
    ln -s "$BSWZ" unbswz
    ln -s "$BSWZ" bswzcat
    echo text > file
    bswz file
    rm file
    alias_of() { "${PROGRAM[@]:0:${#PROGRAM[@]}-1}" "$@"; }
    alias_of ./unbswz file.bsw
    [ "$(cat file)" = text ]
    [ "$(alias_of ./bswzcat file.bsw file)" = $'text\ntext' ]
    run -1 alias_of ./unbswz --bad
    [[ $output == "unbswz: "* ]]
}

@test "-1 to -9, --fast and --best all restore" {
    draw png rgb8 40 30 > a.png
    for level in -1 -2 -3 -4 -5 -6 -7 -8 -9 --fast --best; do
        bswz $level < a.png > a.bsw
        bswz -d < a.bsw > b.png
        assert_same_png a.png b.png
    done
}

@test "BSWZ_LEVEL and BSWZ_THREADS set defaults" {
    draw png rgb8 60 40 > a.png
    bswz -1 < a.png > one.bsw
    BSWZ_LEVEL=1 BSWZ_THREADS=2 bswz < a.png > environment.bsw
    cmp one.bsw environment.bsw
    bswz -9 < a.png > nine.bsw
    BSWZ_LEVEL=1 bswz -9 < a.png > option.bsw
    cmp nine.bsw option.bsw
}

@test "a bad BSWZ_LEVEL or BSWZ_THREADS is a warning" {
    echo text > file
    for setting in BSWZ_LEVEL=11 BSWZ_LEVEL= BSWZ_LEVEL=x BSWZ_THREADS=-1 BSWZ_THREADS=2x; do
        run -0 --separate-stderr env "$setting" "${PROGRAM[@]}" -fo out file
        assert_error "${setting%%=*}"
    done
    run -0 --separate-stderr env BSWZ_LEVEL=x "${PROGRAM[@]}" -qfo out file
    [ -z "$stderr" ]
    run -0 --separate-stderr env BSWZ_LEVEL=x "${PROGRAM[@]}" -3 -fo out file
    [ -z "$stderr" ]
}

@test "-q silences warnings, twice errors, and neither changes the exit status" {
    echo text > file.bsw
    run -2 bswz file.bsw
    assert_message "already has the suffix"
    run -2 bswz -q file.bsw
    [ -z "$output" ]
    run -1 bswz -q missing
    assert_message "No such file"
    run -1 bswz -qq missing
    [ -z "$output" ]
}

@test "-v reports what was done; without it, nothing is printed" {
    draw png rgb8 40 30 > a.png
    run -0 --separate-stderr sh -c "$COMMAND < a.png > a.bsw"
    [ -z "$stderr" ]
    run -0 --separate-stderr sh -c "$COMMAND -v < a.png > a.bsw"
    [[ $stderr == *"bswz: (stdin): "* ]]
    run -0 --separate-stderr sh -c "$COMMAND -dv < a.bsw > b.png"
    [[ $stderr == *"bswz: (stdin): "* ]]
}

@test "an invalid model file is refused" {
    echo text > model
    run -1 bswz --model=model < /dev/null
    assert_message "model"
    run -1 bswz --model=missing < /dev/null
    assert_message "missing: No such file"
    assert_message "the built-in models are fast, default and best"
    run -1 bswz --model=/ < /dev/null
    assert_message "Is a directory"
}

@test "--license prints the licence" {
    run -0 --separate-stderr bswz -L
    [ "$output" = "$(cat "$PROJECT/LICENSE")" ]
    [ -z "$stderr" ]
    run -0 bswz --license
    [[ $output == *WARRANTY* ]]
}

@test "options of -d, -t and -l are accepted everywhere" {
    echo text > file
    [ "$(bswz --exact --verify --robot --no-progress --progress -M 1G < file | bswz -d --exact --verify --robot -M 1G)" = text ]
    bswz --verify file
    bswz -t --verify --exact -M 1G --robot file.bsw
    bswz -l --verify --exact -M 1G file.bsw
}

@test "--verify: the same stream, and promises that hold" {
    draw png rgb8 40 30 > a.png
    draw pnm ppm 40 30 > a.ppm
    head -c 100000 /dev/urandom > noise
    : > nothing
    cat a.ppm noise a.png > mixture
    for file in a.png a.ppm noise nothing mixture; do
        for threads in 1 3; do
            bswz -T1 < $file > plain.bsw
            bswz --verify -T$threads < $file | cmp - plain.bsw
        done
    done
    run -1 bash -c "head -c 100000 noise | $COMMAND --verify > /dev/full"
    assert_message "No space left on device"
}

@test "--no-verify is accepted with everything, but --rm still checks" {
    draw pnm ppm 40 30 > a.ppm
    bswz < a.ppm > plain.bsw
    for options in --no-verify "--no-verify --verify" "--verify --no-verify"; do
        # shellcheck disable=SC2086
        bswz $options < a.ppm | cmp - plain.bsw
    done
    bswz --no-verify --rm a.ppm
    [ ! -e a.ppm ]
    bswz -d --no-verify < a.ppm.bsw > /dev/null
    bswz -t --no-verify a.ppm.bsw
}

# ---- models in files ----

@test "BSWZ_MODEL_PATH: --model=NAME is searched for in its directories, and so is a stream's model" {
    mkdir one two
    cp "$PROJECT/models/fast.bsm" two/other.bsm
    echo "no model" > one/odd
    "$TOOLS/photo" 100 80 > a.ppm
    export BSWZ_MODEL_PATH=$PWD/one:$PWD/two
    bswz --model=other < a.ppm > a.bsw
    bswz -d < a.bsw | cmp - a.ppm
    run -1 bswz --model=odd < a.ppm
    assert_message "one/odd: "
    run -1 bswz --model=none < a.ppm
    assert_message "none: No such file"
}

# A model that is not built in: one of its own, with another name.
renamed_model() {
    perl -e 'undef $/; $_ = <STDIN>; s/fast/fest/ or die; print' < "$PROJECT/models/fast.bsm" > "$1"
}

@test "a stream whose model is not built in is restored if the path leads to it" {
    mkdir -p good bad
    renamed_model good/fest.bsm
    bswz --model=good/fest.bsm < /dev/null > /dev/null
    "$TOOLS/photo" 100 80 > a.ppm
    bswz --model=good/fest.bsm < a.ppm > a.bsw
    run -0 --separate-stderr bswz -lv a.bsw
    [[ ${lines[1]} == *" fest "* ]]
    assert_error "needs model fest ("
    run -1 --separate-stderr bswz -d < a.bsw
    assert_error "needs model fest ("
    bswz -d --model=good/fest.bsm < a.bsw | cmp - a.ppm
    export BSWZ_MODEL_PATH=$PWD/bad
    run -1 --separate-stderr bswz -d < a.bsw
    assert_error "needs model fest ("
    cp "$PROJECT/models/fast.bsm" bad/fest.bsm # has that name, but is a different model
    run -1 --separate-stderr bswz -d < a.bsw
    assert_error "needs model fest ("
    export BSWZ_MODEL_PATH=$PWD/bad:$PWD/good
    bswz -d < a.bsw | cmp - a.ppm
    bswz -t a.bsw a.bsw
    mv good/fest.bsm good/fest # the extension is not needed
    bswz -d < a.bsw | cmp - a.ppm
    BSWZ_MODEL_PATH=$PWD/good bswz --verify --model=fest < a.ppm | cmp - a.bsw
}

@test "-d continues without the file of --model: the stream may not need it" {
    echo text | bswz > file.bsw
    run -0 --separate-stderr bswz --model=missing -d < file.bsw
    [ "$output" = text ]
    assert_error "missing: No such file"
}

@test "a bad BSWZ_MODEL_PATH is a warning" {
    echo text > file
    for path in "" missing file "$PWD:missing"; do
        run -0 --separate-stderr env BSWZ_MODEL_PATH="$path" "${PROGRAM[@]}" -fo out file
        assert_error BSWZ_MODEL_PATH
    done
    run -0 --separate-stderr env BSWZ_MODEL_PATH=missing "${PROGRAM[@]}" -qfo out file
    [ -z "$stderr" ]
}
