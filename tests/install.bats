# SPDX-License-Identifier: MIT
# make install, uninstall and dist; the library, and what a program that uses it needs.
load helper

# Where the tested program was built, relative to the project's directory.
BUILD=$(dirname "$BSWZ")
BUILD=${BUILD#"$PROJECT/"}

can_install() {
    [ -z "$SANITIZED$WRAPPER" ]
}

setup_file() {
    export STAGE="$BATS_FILE_TMPDIR/with blank"
    ! can_install || make_it install > "$BATS_FILE_TMPDIR/log"
}

setup() {
    can_install || skip "a sanitizer or an emulator is in the program"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# make_it TARGET [VARIABLE=VALUE]...: in the project, with the existing build.
make_it() {
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$PROJECT" BUILD="$BUILD" PREFIX=/usr pythondir=/usr/lib/python3 pixbufdir=/usr/lib/loaders \
        DESTDIR="$STAGE" "$@"
}

@test "everything is installed, and installcheck finds it" {
    make_it installcheck
    cd "$STAGE/usr"
    [ -x bin/bswz ] && [ -L bin/unbswz ] && [ -L bin/bswzcat ]
    [ -x bin/bswzless ] && [ -x bin/bswzdiff ]
    for page in bswz unbswz bswzcat bswzless bswzdiff; do
        [ -s share/man/man1/$page.1 ]
    done
    [ -s share/man/man3/libbswz.3 ] && [ -s share/man/man5/bsw.5 ]
    cmp include/bswz.h "$PROJECT/include/bswz.h"
    [ "$(stat -c %a include/bswz.h bin/bswz lib/libbswz.a | tr '\n' ' ')" = "644 755 644 " ]
}

@test "installcheck detects what is missing" {
    mv "$STAGE/usr/lib/libbswz.a" "$STAGE/usr/lib/away"
    run make_it installcheck
    mv "$STAGE/usr/lib/away" "$STAGE/usr/lib/libbswz.a"
    [ "$status" -ne 0 ]
    [[ $output == *libbswz.a* ]]
}

@test "the soname has a version, and the links lead to the library" {
    cd "$STAGE/usr/lib"
    [ "$(objdump -p libbswz.so | awk '$1 == "SONAME" { print $2 }')" = libbswz.so.0 ]
    [ "$(readlink libbswz.so)" = libbswz.so.0 ]
    version=$("$STAGE/usr/bin/bswz" -V)
    [ "$(readlink -f libbswz.so.0)" = "$PWD/libbswz.so.${version#bswz }" ]
    run ! grep TEXTREL <(objdump -p libbswz.so)
}

# A program as its author would write it, in the common subset of C and C++. One of its functions has a name that the
# library uses internally.
write_program() {
    cat << 'END'
#include <bswz.h>
#include <stdio.h>

size_t input_read(void *context, uint8_t *bytes, size_t size);
int main(void);

size_t input_read(void *context, uint8_t *bytes, size_t size) {
    return fread(bytes, 1, size, (FILE *)context);
}

static int put(void *context, const uint8_t *bytes, size_t size) {
    return fwrite(bytes, 1, size, (FILE *)context) == size ? 0 : -1;
}

int main(void) {
    struct bswz_input input = {input_read, stdin};
    struct bswz_output output = {put, stdout};
    struct bswz_error error;
    return bswz_compress(input, output, NULL, &error) != BSWZ_OK;
}
END
}

# flags [OPTION]...: the output of pkg-config for the staged library.
flags() {
    PKG_CONFIG_PATH=$STAGE/usr/lib/pkgconfig pkg-config --define-variable=prefix="$PWD/here" "$@" bswz
}

@test "a program finds the library through pkg-config, shared and static, C and C++" {
    write_program | tee program.c > program.cc
    draw pnm ppm 30 20 > a.ppm
    bswz < a.ppm > expected.bsw
    [ "bswz $(flags --modversion)" = "$("$STAGE/usr/bin/bswz" -V)" ]
    ln -s "$STAGE/usr" here # the installed files say /usr
    read -r -a shared < <(flags --cflags --libs)
    read -r -a static < <(flags --static --cflags --libs | sed 's/-lbswz/-l:libbswz.a/')
    for compiler in "${CC:-cc} -std=c11 program.c" "${CXX:-c++} -std=c++17 program.cc"; do
        read -r -a compiler <<< "$compiler"
        echo "${compiler[*]}"
        "${compiler[@]}" -Wall -Wextra -pedantic -Werror -o program "${shared[@]}"
        LD_LIBRARY_PATH=here/lib ./program < a.ppm | cmp - expected.bsw
        run -127 ./program < /dev/null # without the path it is not found, so it is the shared one that was used
        "${compiler[@]}" -Wall -Wextra -pedantic -Werror -o program "${static[@]}"
        ./program < a.ppm | cmp - expected.bsw
    done
}

@test "the program in README.md does what it says" {
    sed -n '/^    #include <bswz.h>/,/^    cc /{/^    cc /!p}' "$PROJECT/README.md" > program.c
    draw pnm ppm 30 20 > a.ppm
    bswz -9 < a.ppm > expected.bsw
    compile -Wall -Wextra -Werror -I"$STAGE/usr/include" -o program program.c -L"$STAGE/usr/lib" -lbswz
    LD_LIBRARY_PATH=$STAGE/usr/lib ./program < a.ppm | cmp - expected.bsw
}

@test "options are set in C and in C++" {
    cat > options.c << 'END'
#include <bswz.h>

int main(void) {
    const struct bswz_compress_options options = {.size = sizeof options, .level = 9};
    const struct bswz_decompress_options back = {.size = sizeof back, .target = BSWZ_TO_PNG};
    return !(options.size > sizeof options.level && options.threads == 0 && back.scale == 0);
}
END
    cat > options.cc << 'END'
#include <bswz.h>

int main() {
    bswz_compress_options options = {};
    options.size = sizeof options;
    options.level = 9;
    return options.threads;
}
END
    compile -std=c11 -Wall -Wextra -pedantic -Werror -I"$STAGE/usr/include" -o options options.c
    ./options
    "${CXX:-c++}" -std=c++17 -Wall -Wextra -pedantic -Werror -I"$STAGE/usr/include" -o options options.cc
    ./options
}

# build_examples OPTION...: in this directory, with the installed library.
build_examples() {
    read -r -a installed < <(flags --cflags --libs)
    compile -std=c11 -Wall -Wextra -pedantic -Werror "$@" -o thumbnail "$PROJECT/examples/thumbnail.c" "${installed[@]}"
    "${CXX:-c++}" -std=c++17 -Wall -Wextra -pedantic -Werror "$@" -o pixels "$PROJECT/examples/pixels.cc" "${installed[@]}"
}

# Run a program with the installed library.
with_library() {
    LD_LIBRARY_PATH=here/lib "$@"
}

@test "the examples are built with the installed library, and work" {
    ln -s "$STAGE/usr" here
    build_examples
    with_library ./pixels 90 70 > rings.bsw
    bswz -d < rings.bsw > rings.png
    [[ $(pngtopnm rings.png | head -n 2 | tail -n 1) == "90 70" ]]
    with_library ./thumbnail 50 < rings.bsw > small.ppm
    bswz -dc --scale=1/2 --to=ppm rings.bsw | cmp - small.ppm
    draw pnm pgm 40 30 > grey.pgm
    bswz < grey.pgm | with_library ./thumbnail 100 > grey.ppm
    pgmtoppm white grey.pgm | cmp - grey.ppm
    run ! with_library ./thumbnail 50 < "$PROJECT/README.md"
    bswz < "$PROJECT/README.md" > text.bsw
    run -1 with_library ./thumbnail 50 < text.bsw
    [ "$output" = "the stream is not a single picture with pixels" ]
}

@test "valgrind finds nothing wrong in programs that use the library" {
    ln -s "$STAGE/usr" here
    build_examples -g
    # the built-in models are kept, and are still reachable at the end
    lost=definite,indirect,possible
    check=(with_library valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds="$lost" --errors-for-leak-kinds="$lost")
    "${check[@]}" ./pixels 40 30 > rings.bsw
    "${check[@]}" ./thumbnail 20 < rings.bsw > small.ppm
    bswz -dc --scale=1/2 --to=ppm rings.bsw | cmp - small.ppm
    head -c 200 rings.bsw > cut.bsw
    run -1 "${check[@]}" ./thumbnail 20 < cut.bsw
}

@test "the Python module finds the installed library" {
    ln -s "$STAGE/usr" here
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=here/lib/python3 with_library /usr/bin/python3 -c 'import bswz
assert bswz.decompress(bswz.compress(b"words")) == b"words"
print("bswz", bswz.version())' > version
    "$STAGE/usr/bin/bswz" -V | cmp - version
}

@test "the source archive has what building and testing need" {
    [ -e "$PROJECT/.git" ] || skip "not in a repository"
    archive=bswz-$(sed -n 's/^#define BSWZ_VERSION "\(.*\)"/\1/p' "$PROJECT/include/bswz.h")
    git -c safe.directory="$PROJECT" -C "$PROJECT" archive --prefix="$archive/" HEAD | tar -t > held
    for file in Makefile README.md include/bswz.h src/cli/main.c src/model/embedded_models.S models/default.bsm man/bswz.1 \
        completions/_bswz tests/helper.bash tests/tools/draw.c scripts/check; do
        grep -qx "$archive/$file" held
    done
    run ! grep -E '\.o$|/build/' held
}

@test "the installed command uses the shared library, and finds it" {
    readelf -d "$STAGE/usr/bin/bswz" > needed
    grep -q 'NEEDED.*libbswz.so.0' needed
    [ "$(stat -c %s "$STAGE/usr/bin/bswz")" -lt 1000000 ] # so it has no models
    cp -R "$STAGE/usr" moved
    draw pnm ppm 30 20 > a.ppm
    moved/bin/bswz < a.ppm | cmp - <(bswz < a.ppm)
}

@test "the source archive is the same whoever makes it" {
    [ -e "$PROJECT/.git" ] || skip "not in a repository"
    mkdir one other
    make_it dist DIST="$PWD/one"
    (umask 077 && sleep 1.1 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 make_it dist DIST="$PWD/other")
    cmp one/*.tar.gz other/*.tar.gz
    [ "$(tar -tzf one/*.tar.gz | head -n 1)" = "$(basename one/*.tar.gz .tar.gz)/" ]
}

@test "without a repository, there is no source archive, and an error" {
    [ -e "$PROJECT/.git" ] || skip "not in a repository"
    mkdir bin
    printf '#!/bin/sh\nexit 128\n' > bin/git && chmod +x bin/git
    PATH=$PWD/bin:$PATH run ! make_it dist DIST="$PWD"
    [ -z "$(find . -name '*.tar*')" ]
}

@test "the loader for gdk-pixbuf finds the library that it is installed with" {
    for prefix in /one /other; do
        make_it install PREFIX=$prefix DESTDIR="$PWD"
        readelf -d "$PWD/usr/lib/loaders/libpixbufloader-bswz.so" > needed
        grep -E "(RPATH|RUNPATH).*\\[$prefix/lib\\]" needed
    done
}

@test "uninstall leaves nothing" {
    mkdir -p "$STAGE/usr/share/zsh/other" # belongs to somebody else
    make_it uninstall
    [ -z "$(find "$STAGE" ! -type d)" ]
    [ "$(cd "$STAGE/usr" && find . -mindepth 2 -type d)" = $'./share/zsh\n./share/zsh/other' ]
    make_it uninstall # nothing is there
}
