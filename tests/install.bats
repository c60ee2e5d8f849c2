# make install, uninstall and dist; the library and what a program needs that uses it.
load helper

# Where the tested program was built, from the project's folder.
BUILD=$(dirname "$BSWZ")
BUILD=${BUILD#"$PROJECT/"}

can_install() {
    [ -z "$SANITIZED$WRAPPER" ] && [ -e "$PROJECT/$BUILD/libbswz.so" ]
}

setup_file() {
    export STAGE="$BATS_FILE_TMPDIR/with blank"
    ! can_install || make_it install > "$BATS_FILE_TMPDIR/log"
}

setup() {
    can_install || skip "no shared library was built beside the program, or a sanitizer is in it"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# make_it TARGET: the project's own, with the build as it is.
make_it() {
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$PROJECT" BUILD="$BUILD" PREFIX=/usr DESTDIR="$STAGE" "$1"
}

@test "everything is installed, and installcheck finds it" {
    make_it installcheck
    cd "$STAGE/usr"
    [ -x bin/bswz ] && [ -L bin/unbswz ] && [ -L bin/bswzcat ]
    for page in bswz unbswz bswzcat; do
        [ -s share/man/man1/$page.1 ]
    done
    [ -s share/man/man5/bsw.5 ]
    cmp include/bswz.h "$PROJECT/include/bswz.h"
    [ "$(stat -c %a include/bswz.h bin/bswz lib/libbswz.a | tr '\n' ' ')" = "644 755 644 " ]
}

@test "installcheck notices what is missing" {
    mv "$STAGE/usr/lib/libbswz.a" "$STAGE/usr/lib/away"
    run make_it installcheck
    mv "$STAGE/usr/lib/away" "$STAGE/usr/lib/libbswz.a"
    [ "$status" -ne 0 ]
    [[ $output == *libbswz.a* ]]
}

@test "the shared library exports the interface, all of it, and nothing else" {
    command -v nm > /dev/null || skip "no nm"
    nm -D --defined-only "$STAGE/usr/lib/libbswz.so" | awk '{ print $NF }' | sort > exported
    grep -oE '\bbswz_[a-z_]+\(' "$PROJECT/include/bswz.h" | tr -d '(' | sort -u > declared
    diff declared exported
    [ "$(wc -l < exported)" -ge 10 ]
}

@test "the soname has a version, and the links lead to the library" {
    command -v objdump > /dev/null || skip "no objdump"
    cd "$STAGE/usr/lib"
    [ "$(objdump -p libbswz.so | awk '$1 == "SONAME" { print $2 }')" = libbswz.so.0 ]
    [ "$(readlink libbswz.so)" = libbswz.so.0 ]
    version=$("$STAGE/usr/bin/bswz" -V)
    [ "$(readlink -f libbswz.so.0)" = "$PWD/libbswz.so.${version#bswz }" ]
    run ! grep TEXTREL <(objdump -p libbswz.so)
}

# A program as its author would write it.
write_program() {
    cat > program.c << 'END'
#include <bswz.h>
#include <stdio.h>

static size_t get(void *context, uint8_t *bytes, size_t size) {
    return fread(bytes, 1, size, context);
}

static int put(void *context, const uint8_t *bytes, size_t size) {
    return fwrite(bytes, 1, size, context) == size ? 0 : -1;
}

int main(void) {
    const struct bswz_compress_options options = {.level = 5, .threads = 1};
    struct bswz_error error;
    return bswz_compress((struct bswz_input){get, stdin}, (struct bswz_output){put, stdout}, &options, &error) != BSWZ_OK;
}
END
}

@test "a program finds the library through pkg-config, shared and static, C and C++" {
    command -v pkg-config > /dev/null || skip "no pkg-config"
    write_program
    draw pnm ppm 30 20 > a.ppm
    bswz < a.ppm > expected.bsw
    export PKG_CONFIG_PATH=$STAGE/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=
    [ "bswz $(pkg-config --modversion bswz)" = "$("$STAGE/usr/bin/bswz" -V)" ]
    ln -s "$STAGE/usr" here # the installed files say /usr
    read -r -a flags < <(pkg-config --define-variable=prefix="$PWD/here" --define-variable=libdir="$PWD/here/lib" \
        --define-variable=includedir="$PWD/here/include" --cflags --libs bswz)
    "${CC:-cc}" -Wall -Wextra -Werror -o program program.c "${flags[@]}"
    LD_LIBRARY_PATH=here/lib ./program < a.ppm | cmp - expected.bsw
    run -127 ./program < /dev/null # without the path there is none: it is the shared one that was used
    read -r -a flags < <(pkg-config --static --libs-only-l --libs-only-other bswz)
    "${CC:-cc}" -o program program.c -Ihere/include "${flags[@]/#-lbswz/here/lib/libbswz.a}"
    ./program < a.ppm | cmp - expected.bsw
    if command -v c++ > /dev/null; then
        echo '#include <bswz.h>
              int main() { return bswz_version()[0] == 0; }' > program.cc
        c++ -Wall -Wextra -Werror -o program program.cc -Ihere/include -Lhere/lib -lbswz
        LD_LIBRARY_PATH=here/lib ./program
    fi
}

@test "the source archive holds what building and testing need" {
    git -C "$PROJECT" rev-parse HEAD > /dev/null 2>&1 || skip "not in a repository"
    archive=bswz-$(sed -n 's/^#define BSWZ_VERSION "\(.*\)"/\1/p' "$PROJECT/include/bswz.h")
    git -C "$PROJECT" archive --prefix="$archive/" HEAD | tar -t > held
    for file in Makefile README.md include/bswz.h src/cli/main.c src/model/embedded_models.S models/default.bsm man/bswz.1 \
        completions/_bswz tests/helper.bash tests/tools/draw.c scripts/check; do
        grep -qx "$archive/$file" held
    done
    run ! grep -E '\.o$|/build/' held
}

@test "uninstall leaves nothing" {
    make_it uninstall
    [ -z "$(find "$STAGE" ! -type d)" ]
}
