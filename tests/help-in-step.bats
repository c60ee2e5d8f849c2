# SPDX-License-Identifier: MIT
# --help, the manual page and the completions list exactly the options of the program.
load helper

# The long and short options in a text, one per line.
options_in() {
    grep -oE -- '(^|[^-[:alnum:]])--?[[:alnum:]][-[:alnum:]]*' "$1" | grep -oE -- '--?[[:alnum:]].*' | sort -u
}

# The options of the program, from its own table.
known_options() {
    local source=$PROJECT/src/cli/arguments.c
    sed -n '/ names\[\]/,/^};/s/^    {"\([-a-z0-9]*\)",.*/--\1/p' "$source"
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
        sed 's/^\s*#.*//; s/ -l \([a-z]\)/ --\1/g' "$PROJECT/completions/$file" | grep -oE -- '(^|[^-[:alnum:]])--[a-z][-a-z0-9]*' |
            grep -oE -- '--[a-z].*' | sort -u > listed
        diff known listed
    done
}

@test "the manual pages are clean" {
    for page in "$PROJECT"/man/*.[135]; do
        mandoc -Tlint -Wwarning "$page"
    done
    mandoc -Tutf8 "$PROJECT/man/bswz.1" | col -b > text
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" ENVIRONMENT "USE WITH TAR" EXAMPLES "SEE ALSO" MEMORY BUGS; do
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

@test "completions of -d, -t and -l offer streams only, and the others any file" {
    touch a.png a.png.bsw
    mkdir folder
    # shellcheck disable=SC2016 # for the inner shell
    words='. "$1"; shift; COMP_WORDS=("$@" ""); COMP_CWORD=$#; _bswz; printf "%s\n" "${COMPREPLY[@]}" | sort'
    for restoring in "bswz -d" "bswz -vt" "bswz --list" unbswz; do
        # shellcheck disable=SC2086
        [ "$(bash -c "$words" - "$PROJECT/completions/bswz.bash" $restoring)" = $'a.png.bsw\nfolder' ]
        run -0 fish -c "source '$PROJECT/completions/bswz.fish'; complete -C '$restoring '"
        [ "$(sort <<< "$output")" = $'a.png.bsw\nfolder/' ]
    done
    for other in bswz "bswz --verify" bswzcat; do
        # shellcheck disable=SC2086
        [ "$(bash -c "$words" - "$PROJECT/completions/bswz.bash" $other)" = $'a.png\na.png.bsw\nfolder' ]
    done
}

# zsh_completes LINE EXPECTED: a zsh in a pseudo-terminal shows EXPECTED after a tab.
zsh_completes() {
    cat > complete.zsh << 'END'
zmodload zsh/zpty
TERM=dumb zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D; print rea''dy"
zpty -r shell seen '*ready*'
zpty -w -n shell "$2"$'\t'
zpty -r shell seen "*$3*" # waits for it
END
    timeout 60 zsh -f complete.zsh "$PROJECT/completions" "$1" "$2"
}

@test "the completion for zsh completes" {
    echo text > text
    bswz -k text
    zsh_completes "bswz --decom" "--decompress "
    zsh_completes "bswz -dc --to=we" "--to=webp"
    zsh_completes "bswz -d " "text.bsw"
}

@test "the other completions are valid for their shells" {
    zsh -n "$PROJECT/completions/_bswz"
    fish --no-execute "$PROJECT/completions/bswz.fish"
}
