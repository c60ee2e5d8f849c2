# SPDX-License-Identifier: MIT
# The programs that tests call are in packages that scripts/packages.sh lists; missing ones are named.
load helper

setup_file() {
    command -v dpkg-query > /dev/null || skip "this is not Debian"
}

@test "a test that lacks a program names its package" {
    mkdir none
    PATH=$PWD/none run -127 zopflipng a b
    [ "$output" = "zopflipng is missing, which this test needs: it is in Debian's package zopfli" ]
    PATH=$PWD/none run -127 fish
    [[ $output == *"package fish" ]]
    run -1 needs_modules no_such_module
    [[ $output == *"package python3-no_such_module" ]]
}

@test "every package named like that is listed" {
    # shellcheck source=scripts/packages.sh
    . "$PROJECT/scripts/packages.sh"
    sed -n 's/.*) package=\([^ ]*\) ;;/\1/p' "$PROJECT/tests/helper.bash" > named
    [ "$(wc -l < named)" -ge 10 ]
    sed -n 's/.*needs_modules \([a-zA-Z].*\)/\L\1/p' "$PROJECT"/tests/trainer.bats "$PROJECT"/tests/png-file.bats |
        tr ' ' '\n' | sed 's/^/python3-/' >> named
    grep -qx python3-torch named
    printf '%s\n' "${build_packages[@]}" "${test_packages[@]}" > listed
    while read -r package; do
        echo "$package"
        grep -qx "$package" listed
    done < named
}

@test "scripts/check shows the tests only programs of listed packages" {
    # shellcheck source=scripts/packages.sh
    . "$PROJECT/scripts/packages.sh"
    mkdir some
    link_programs some gcc zopfli
    for program in sh awk ls dpkg gcc cc as zopflipng; do # from Debian's base, these two, and gcc's dependencies
        echo "$program"
        [ -x "some/$program" ]
    done
    for program in cjpeg bats zsh c++; do
        echo "$program"
        [ ! -e "some/$program" ]
    done
    grep -q '^ *link_programs .*packages' "$PROJECT/scripts/check"
}
