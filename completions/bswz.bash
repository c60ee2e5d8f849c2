# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of bswz, unbswz and bswzcat for bash.

# Do the words so far ask for something that needs a .bsw file?
_bswz_restores() {
    local word
    case ${COMP_WORDS[0]##*/} in
    unbswz) return 0 ;;
    bswzcat) return 1 ;;
    esac
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        --decompress | --uncompress | --test | --list | --map) return 0 ;;
        --*) ;;
        -*[dtl]*) return 0 ;;
        esac
    done
    return 1
}

_bswz() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local options='--compress --decompress --uncompress --test --list --map --compare --stdout --to-stdout --output= --output-dir=
        --recursive --include= --exclude= --files --files0 --skip-existing --keep --rm --force --threads= --memlimit= --suffix= --level= --fast --best --raw= --to= --scale= --rescue --exact --pixels --no-origin --model=
        --verify --no-verify --quiet --verbose --progress --no-progress --robot --json --no-name --name --help --version --license'
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
    --include | --exclude)
        mapfile -t COMPREPLY < <(compgen -W 'pictures png jpeg webp gif bmp tiff dicom fits pnm' -- "$word")
        return
        ;;
    --level)
        mapfile -t COMPREPLY < <(compgen -W '1 2 3 4 5 6 7 8 9' -- "$word")
        return
        ;;
    --output-dir)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    -T | --threads | -M | --memlimit | -S | --suffix | --raw)
        return
        ;;
    --model)
        mapfile -t COMPREPLY < <(compgen -W "fast default best" -f -- "$word")
        return
        ;;
    -o | --output | --files | --files0)
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
        if _bswz_restores; then
            mapfile -t COMPREPLY < <(compgen -f -X '!*.bsw' -- "$word" && compgen -d -- "$word")
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
        fi
        ;;
    esac
}

complete -o filenames -F _bswz bswz unbswz bswzcat
