# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of bswz, unbswz and bswzcat for bash.

_bswz() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local options='--compress --decompress --uncompress --test --list --compare --stdout --to-stdout --output=
        --keep --rm --force --threads= --memlimit= --suffix= --fast --best --raw= --to= --scale= --rescue --exact --pixels --no-origin --model=
        --verify --no-verify --quiet --verbose --progress --no-progress --robot --help --version --license'
    COMPREPLY=()

    # bash splits --to=png into three words
    if [ "$word" = = ]; then
        word=
    elif [ "$before" = = ]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $before in
    --to)
        mapfile -t COMPREPLY < <(compgen -W 'png ppm pam raw webp' -- "$word")
        return
        ;;
    --scale)
        mapfile -t COMPREPLY < <(compgen -W '1/2 1/4 1/8 1/16' -- "$word")
        return
        ;;
    -T | --threads | -M | --memlimit | -S | --suffix | --raw)
        return
        ;;
    --model)
        mapfile -t COMPREPLY < <(compgen -W "fast default best" -f -- "$word")
        return
        ;;
    -o | --output)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    esac
    case $word in
    -*)
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
        if [[ ${COMPREPLY[0]-} == *= ]]; then
            compopt -o nospace 2> /dev/null
        fi
        ;;
    *)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        ;;
    esac
}

complete -o filenames -F _bswz bswz unbswz bswzcat
