# The command line itself: options, names, environment, documents.
# shellcheck disable=SC2154 # stderr_lines is set by bats
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
        --raw=0x4x3 --raw=3x4x5 --raw=3x4x3x --to=gif --suffix= --suffix=a/b --output; do
        echo "option: $option"
        run -1 --separate-stderr bswz "$option" < /dev/null
        [ -z "$output" ]
        assert_error "" 2
        [ "${stderr_lines[1]}" = "Try 'bswz --help'." ]
    done
}

@test "options that do not exist yet are refused, not ignored" {
    for option in --exact --verify -M --memlimit=1M --progress -L; do
        run -1 bswz "$option" < /dev/null
        assert_message "unrecognized option" 2
    done
}

@test "a bad option is shown with its unprintable bytes masked" {
    run -1 bswz $'--\e[31mred'
    assert_message "'--?[31mred'" 2
}

@test "--to without -d is refused" {
    run -1 bswz --to=png < /dev/null
    assert_message "-d" 2
}

@test "short options combine and later ones win" {
    echo text > file
    bswz -zkq9 file
    run -0 bswz -dck9T1 file.bsw
    [ "$output" = text ]
    run -0 bswz -tdc file.bsw
    [ "$output" = text ]
}

@test "-d takes and ignores what only matters to compression" {
    echo text | bswz -9 -T2 > file.bsw
    run -0 bswz -9 -T2 --pixels --no-origin --raw=1x1x1 --fast --best -d < file.bsw
    [ "$output" = text ]
}

@test "-n and -N are accepted and ignored" {
    echo text | bswz -nN > named.bsw
    echo text | bswz > plain.bsw
    cmp named.bsw plain.bsw
}

@test "-- ends the options" {
    echo text > -d
    bswz -- -d
    [ -s ./-d.bsw ]
}

@test "long options may be shortened" {
    echo text | bswz --compr --thr=1 | bswz --dec > back
    [ "$(cat back)" = text ]
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

@test "-v says what was done, and without it nothing is said" {
    draw png rgb8 40 30 > a.png
    run -0 --separate-stderr sh -c "$COMMAND < a.png > a.bsw"
    [ -z "$stderr" ]
    run -0 --separate-stderr sh -c "$COMMAND -v < a.png > a.bsw"
    [[ $stderr == *"bswz: (stdin): "* ]]
    run -0 --separate-stderr sh -c "$COMMAND -dv < a.bsw > b.png"
    [[ $stderr == *"bswz: (stdin): "* ]]
}

@test "a model file that is none is refused" {
    echo text > model
    run -1 bswz --model=model < /dev/null
    assert_message "model"
    run -1 bswz --model=missing < /dev/null
    assert_message "missing: No such file"
    run -1 bswz --model=/ < /dev/null
    assert_message "Is a directory"
}

# ---- documents ----

# The long and the short options, one a line, of a text that names them.
options_in() {
    grep -oE -- '(^|[^-[:alnum:]])--?[[:alnum:]][-[:alnum:]]*' "$1" | grep -oE -- '--?[[:alnum:]].*' | sort -u
}

# What the program takes, from its own table.
known_options() {
    local source=$PROJECT/src/cli/arguments.c
    sed -n '/ names\[\]/,/^};/s/^    {"\([-a-z]*\)",.*/--\1/p' "$source"
    sed -n 's/^static const char letters\[\] = ":\(.*\)";/\1/p' "$source" | tr -d : | sed 's/./-&\n/g' | sed '/^$/d'
}

@test "--help lists exactly the options that exist" {
    known_options | sort -u > known
    [ "$(wc -l < known)" -gt 40 ]
    bswz --help | sed 's/-1 \.\.\. -9/-1 -2 -3 -4 -5 -6 -7 -8 -9/; s/bswz -d.*//; s/with -dc\?, //' > help
    options_in help > listed
    diff known listed
}

@test "the manual page lists exactly the options that exist" {
    known_options | sort -u > known
    # .It Fl T Ar N , Fl -threads Ns = Ns Ar N
    grep '^\.It Fl' "$PROJECT/man/bswz.1" | grep -oE 'Fl [-[:alnum:]]+' | sed 's/^Fl /-/' > found
    if grep -q '^-9$' found; then
        printf '%s\n' -2 -3 -4 -5 -6 -7 -8 >> found # "-1 ... -9"
    fi
    sort -u found > listed
    diff known listed
}

@test "the completions offer exactly the long options that exist" {
    known_options | grep -- '^--' | sort -u > known
    for file in bswz.bash _bswz bswz.fish; do
        sed 's/^\s*#.*//; s/ -l \([a-z]\)/ --\1/g' "$PROJECT/completions/$file" | grep -oE -- '(^|[^-[:alnum:]])--[a-z][-a-z]*' |
            grep -oE -- '--[a-z].*' | sort -u > listed
        diff known listed
    done
}

@test "the manual pages are clean" {
    command -v mandoc > /dev/null || skip "no mandoc"
    for page in "$PROJECT"/man/*.[15]; do
        mandoc -Tlint -Wwarning "$page"
    done
    mandoc -Tutf8 "$PROJECT/man/bswz.1" | col -b > text
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" ENVIRONMENT "USE WITH TAR" EXAMPLES "SEE ALSO" BUGS; do
        grep -q "^$section" text
    done
}

@test "the completion for bash completes" {
    # shellcheck disable=SC2016 # for the inner shell
    run -0 bash -c '. "$1"; COMP_WORDS=(bswz --dec); COMP_CWORD=1; _bswz; echo "${COMPREPLY[*]}"' - "$PROJECT/completions/bswz.bash"
    [ "$output" = --decompress ]
    # shellcheck disable=SC2016 # for the inner shell
    run -0 bash -c '. "$1"; COMP_WORDS=(bswz --to = p); COMP_CWORD=3; _bswz; echo "${COMPREPLY[*]}"' - "$PROJECT/completions/bswz.bash"
    [ "$output" = "png ppm pam" ]
}

@test "the other completions are understood by their shells" {
    tried=
    if command -v zsh > /dev/null; then
        zsh -n "$PROJECT/completions/_bswz"
        tried=1
    fi
    if command -v fish > /dev/null; then
        fish --no-execute "$PROJECT/completions/bswz.fish"
        tried=1
    fi
    [ -n "$tried" ] || skip "neither zsh nor fish"
}
