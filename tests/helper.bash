# SPDX-License-Identifier: MIT
# Shared by all bats files. Each test runs in a directory of its own.
#
#   BSWZ       the program to test (./bswz) TOOLS      the directory of draw, pngdump and photo (build/tools) WRAPPER
#   put before the program: valgrind, qemu ... SANITIZED  not empty: the program runs under a sanitizer or valgrind

# shellcheck disable=SC2034,SC2154 # variables that the tests use, and those of bats

bats_require_minimum_version 1.5.0

BSWZ=$(realpath "${BSWZ:-./bswz}")
TOOLS=$(realpath "${TOOLS:-build/tools}")
WRAPPER=${WRAPPER:-}
SANITIZED=${SANITIZED:-}
PROJECT=$(realpath "$BATS_TEST_DIRNAME/..")
unset BSWZ_LEVEL BSWZ_THREADS BSWZ_MODEL_PATH POSIXLY_CORRECT TAR_OPTIONS
export LC_ALL=C

# The program as words, and as one string for tar -I and sh -c.
read -r -a PROGRAM <<< "$WRAPPER"
PROGRAM+=("$BSWZ")
COMMAND="${PROGRAM[*]}"

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

# A test fails if a program is missing, and bash calls this function to say what to install (scripts/check does that).
command_not_found_handle() {
    local package=$1
    case $1 in
    cjpeg | djpeg | jpegtran) package=libjpeg-turbo-progs ;;
    cwebp | dwebp) package=webp ;;
    pam* | pnm* | ppm* | pgm* | pbm* | *topam | *topnm | *toppm) package=netpbm ;;
    bsdtar) package=libarchive-tools ;;
    convert) package=imagemagick ;;
    zopflipng) package=zopfli ;;
    gdk-pixbuf-thumbnailer) package=libgdk-pixbuf2.0-bin ;;
    gio) package=libglib2.0-bin ;;
    update-mime-database) package=shared-mime-info ;;
    xz) package=xz-utils ;;
    script) package=bsdutils ;;
    col) package=bsdextrautils ;;
    ar | nm | objdump | readelf) package=binutils ;;
    cc) package=gcc ;;
    c++) package=g++ ;;
    esac
    echo "$1 is missing, which this test needs: it is in Debian's package $package" >&2
    return 127
}

# needs_modules NAME...: Python modules, as packaged by Debian.
needs_modules() {
    local name
    for name; do
        /usr/bin/python3 -c "import $name" 2> /dev/null || {
            echo "Python's $name is missing, which this test needs: it is in Debian's package python3-${name,,}" >&2
            return 1
        }
    done
}

# For files that run the program many hundred times: checking for leaks doubles the time, and the unit tests and the
# other files do it.
without_leak_check() {
    export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
}

bswz() {
    "${PROGRAM[@]}" "$@"
}

# draw FORMAT TYPE WIDTH HEIGHT [FLAG]... > picture
draw() {
    "$TOOLS/draw" "$@"
}

# Do two PNG files hold the same samples and chunks?
assert_same_png() {
    "$TOOLS/pngdump" "$1" > one.dump && "$TOOLS/pngdump" "$2" > other.dump && cmp one.dump other.dump
}

# Do two PNG files show the same pixels, whatever their types?
assert_same_pixels() {
    "$TOOLS/pngdump" --pixels "$1" > one.dump && "$TOOLS/pngdump" --pixels "$2" > other.dump &&
        cmp one.dump other.dump
}

# assert_roundtrip FILE [OPTION]...: the same bytes come back through two pipes.
assert_roundtrip() {
    local file=$1
    shift
    bswz "$@" < "$file" > roundtrip.bsw && [ -s roundtrip.bsw ] &&
        bswz -d < roundtrip.bsw > roundtrip.back && cmp "$file" roundtrip.back
}

# Does this look like a message: from the program, with these words in it, and with this many lines (1)?
is_message() {
    [[ $1 == bswz:* ]] && [[ $1 == *"$2"* ]] && [ "$(printf '%s\n' "$1" | wc -l)" -eq "${3:-1}" ]
}

# After `run` or `run --separate-stderr`.
assert_message() {
    is_message "$output" "$@"
}

assert_error() {
    is_message "$stderr" "$@"
}

# Has process PID opened a result in this directory, with whatever name it has so far, if any?
is_writing() {
    [ -n "$(find "/proc/$1/fd" -lname "$PWD/*" -perm -200 ! -perm -400)" ]
}

# wait_for_writing PID: until it has.
wait_for_writing() {
    local i
    for ((i = 0; i < 200; i++)); do
        ! is_writing "$1" || return 0
        sleep 0.05
    done
    return 1
}

# With the compiler that make was told to use, which may be several words, such as "ccache cc".
compile() {
    local -a compiler
    read -r -a compiler <<< "${CC:-cc}"
    "${compiler[@]}" "$@"
}

# Build faults.c, for with_fault.
build_faults() {
    export FAULTS=$BATS_FILE_TMPDIR/faults.so
    compile -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -shared -fPIC -o "$FAULTS" "$BATS_TEST_DIRNAME/faults.c" -ldl
}

# with_fault "FAULT..." COMMAND [ARGUMENT]...
with_fault() {
    env FAULT="$1" LD_PRELOAD="$FAULTS" "${@:2}"
}

# Run a command on a terminal; returns its exit status and prints its output.
on_terminal() {
    script -qec "$1" /dev/null < /dev/null
}

size_of() {
    stat -c %s "$1"
}
