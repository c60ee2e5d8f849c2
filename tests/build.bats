# SPDX-License-Identifier: MIT
# The results of the build: hardened, with no names except those of the library, and with no trace of the machine that it was
# built on.
load helper

BUILD=$(dirname "$BSWZ")

setup() {
    [ -z "$SANITIZED$WRAPPER" ] || skip "a sanitizer or an emulator is in the program"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# The program and the shared library.
files=("$BSWZ" "$BUILD/libbswz.so")

@test "addresses are randomised, and no memory is both writable and executable" {
    readelf -hW "$BSWZ" | grep -q 'Type: *DYN'
    readelf -dW "$BSWZ" | grep -q 'FLAGS_1.*PIE'
    for file in "${files[@]}"; do
        echo "$file"
        readelf -lW "$file" > segments
        grep -q 'GNU_STACK .* RW ' segments
        run ! grep -E 'RWE|W +E' segments
        run ! grep -q TEXTREL <(readelf -dW "$file")
    done
}

@test "relocations are read-only after start-up" {
    for file in "${files[@]}"; do
        echo "$file"
        readelf -lW "$file" | grep -q GNU_RELRO
        readelf -dW "$file" | grep -q 'FLAGS.*NOW'
    done
}

@test "code and data are mapped separately" {
    for file in "${files[@]}"; do
        echo "$file"
        readelf -lW "$file" | awk '$1 == "LOAD" { kinds = kinds (kinds ? "," : "") $7 (($8 == "E") ? "E" : "") }
            END { print kinds; exit kinds != "R,RE,R,RW" }'
    done
}

@test "the stack is protected, and the C library's checked functions are used" {
    for file in "${files[@]}"; do
        echo "$file"
        readelf -sW --dyn-syms "$file" > symbols
        grep -q '__stack_chk_fail' symbols
        grep -q '__[a-z]*printf_chk' symbols
    done
}

@test "every object was compiled with hardening" {
    readelf --debug-dump=info "$BUILD/libbswz.a" | grep 'DW_AT_producer' > producers
    grep -q 'GNU C17' producers || skip "the compiler does not write down its options"
    [ "$(grep -c 'GNU C17' producers)" -gt 100 ]
    for flag in -fstack-clash-protection -fstack-protector-strong -fPIC -fvisibility=hidden; do
        run ! grep -v -e "$flag" producers
    done
}

@test "branch targets are marked, even in assembly" {
    case $(uname -m) in
    x86_64) mark='IBT, SHSTK' ;;
    aarch64) mark='BTI, PAC' ;;
    *) skip "this processor has no such marks" ;;
    esac
    readelf -nW "$BUILD/libbswz.a" | grep -q "feature: .*$mark"
}

@test "nothing reveals where, when or by whom it was built" {
    for file in "${files[@]}" "$BUILD/libbswz.a"; do
        echo "$file"
        run ! grep -q -a -F -e "$PROJECT/" "$file"
    done
    [ "$(TZ=UTC ar tv "$BUILD/libbswz.a" | awk '{ print $2, $4, $5, $6, $7 }')" = "0/0 Jan 1 00:00 1970" ]
}

@test "both libraries define the interface and nothing else" {
    grep -oE '\bbswz_[a-z_]+\(' "$PROJECT/include/bswz.h" | tr -d '(' | sort -u > declared
    [ "$(wc -l < declared)" -ge 10 ]
    nm -g --defined-only "$BUILD/libbswz.a" | awk 'NF == 3 { print $3 }' | sort > defined
    diff declared defined
    nm -D --defined-only "$BUILD/libbswz.so" | awk '$2 != "A" { sub("@.*", "", $3); print $3 }' | sort > exported
    diff declared exported
}

@test "every exported function has a version" {
    nm -D --defined-only "$BUILD/libbswz.so" | awk '$2 != "A" { print $3 }' > exported
    [ "$(wc -l < exported)" -ge 10 ]
    run ! grep -v '@@BSWZ_[0-9.]*$' exported
}

@test "programs that were compiled before keep working: every symbol, value and field is where it was" {
    [ "$(getconf LONG_BIT)" = 64 ] || skip "the list is of machines of 64 bits"
    { sed -n 1p "$PROJECT/tests/interface.txt" && "$TOOLS/interface" && nm -D --defined-only "$BUILD/libbswz.so" | awk '$2 != "A" { print $3 }' | sort; } > now
    [ "$(wc -l < now)" -ge 100 ]
    # what is new must be entered; whatever else differs breaks programs, and needs another SONAME (Makefile)
    diff "$PROJECT/tests/interface.txt" now
}

@test "every field of the header is in that list" {
    sed 's:/\*.*\*/::' "$PROJECT/include/bswz.h" | awk '/^struct [a-z_]* \{$/ { name = $2 } /^};/ { name = "" }
        name && match($0, /\(\*[a-z_]+\)\(/) { print name "." substr($0, RSTART + 2, RLENGTH - 4) }' | sort > pointers
    [ "$(wc -l < pointers)" -ge 5 ]
    sed -n 's/^struct \(.*\): .*+.*/\1/p' "$PROJECT/tests/interface.txt" | sort > listed
    [ -z "$(comm -23 pointers listed)" ]
    # any other field changes the size of its struct, or fills a hole
    sed -n 's/^struct \([a-z_]*\) {$/\1/p' "$PROJECT/include/bswz.h" | while read -r name; do
        grep -q "^struct $name: " "$PROJECT/tests/interface.txt"
    done
}

@test "the builder's flags are used" {
    make_it() {
        env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u WERROR make -s -n -C "$PROJECT" BUILD=none none/src/base/error.o none/bswz V=1 "$@"
    }
    make_it CPPFLAGS=-D_FORTIFY_SOURCE=3 CFLAGS=-Os LDFLAGS=-Wl,-z,lam > commands
    grep -q -e '-D_FORTIFY_SOURCE=3 -Os .*-o none/src/base/error.o' commands
    run ! grep -e '-D_FORTIFY_SOURCE=2' commands
    grep -q -e '-Wl,-z,lam .*-o none/bswz' commands
    run ! grep -e '-Werror' commands # other compilers have other warnings
    make_it WERROR=1 | grep -q -e '-Werror .*-o none/src/base/error.o'
    make_it | grep -q -e '-D_FORTIFY_SOURCE=2'
}
