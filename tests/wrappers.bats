# SPDX-License-Identifier: MIT
# bswzless and bswzdiff.
load helper

setup() {
    [ -z "$WRAPPER" ] || skip "they call bswz by its name"
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir bin
    ln -s "$BSWZ" bin/bswz
    ln -s "$PROJECT"/sh/* bin
    PATH=$PWD/bin:$PATH
}

@test "bswzless shows data, lists pictures, and leaves other files to less" {
    echo "some text" > file
    bswz file
    draw png rgb8 40 30 > a.png
    bswz a.png
    run -0 bswzless --open file.bsw
    [ "$output" = "some text" ]
    run -0 bswzless --open a.png.bsw
    [[ $output == *"bits/sample"*a.png.bsw* || $output == *a.png.bsw*"bits/sample"* ]]
    run -1 bswzless --open file
    [ -z "$output" ]
    [ "$(bswzless --open - < file.bsw)" = "some text" ]
    # less passes its output on if that is not a terminal
    [ "$(bswzless file.bsw)" = "some text" ]
    [ "$(bswzless < file.bsw)" = "some text" ]
    [ "$(bswzless file)" = "some text" ]
    [[ $(bswzless a.png.bsw) == *picture*40x30x3*a.png.bsw* ]]
    name="odd name \$(touch oops) 'n"
    cp file.bsw "$name.bsw"
    [ "$(bswzless "$name.bsw")" = "some text" ]
    [ ! -e oops ]
    run -2 bswzless --open
    run -0 bswzless --version
    [ "$output" = "$(bswz -V)" ]
    [[ $(bswzless --help) == Usage:* ]]
}

@test "bswzdiff compares contents, and pixels where only pixels are promised" {
    printf 'one\ntwo\n' > file
    bswz file
    bswzdiff file
    bswzdiff file.bsw
    bswzdiff file file.bsw
    printf 'one\nthree\n' > other
    run -1 bswzdiff -u file.bsw other
    [ "${lines[0]} ${lines[1]}" = "--- file.bsw +++ other" ]
    [[ $output == *$'\n-two\n+three' ]]
    run -1 bswzdiff -u --ignore-matching-lines="it's" file other
    run -1 bswzdiff -U 0 -I "isn't" file.bsw other
    [[ $output == *$'\n@@ -2 +2 @@\n'* ]]
    run -0 bswzdiff -s file.bsw file
    [ "$output" = "Files file.bsw and file are identical" ]
    run -2 bswzdiff -U
    [ "$output" = "bswzdiff: option '-U' requires an argument" ]
    # a PNG file comes back with other bytes, but the same pixels
    draw pnm ppm 40 30 | pnmtopng -compression 1 > a.png
    bswz a.png
    run ! cmp a.png <(bswz -dc a.png.bsw)
    bswzdiff a.png
    draw png rgb8 40 31 > b.png
    run -1 bswzdiff a.png.bsw b.png
    [[ $output == *"a.png.bsw"*"b.png"*differ* ]]
    # where bytes are promised, they count
    bswz -dc a.png.bsw > again.png
    bswzdiff a.png.bsw again.png
    bswz -f --exact a.png
    bswzdiff a.png
    run -1 bswzdiff a.png.bsw again.png
    cp file.bsw "odd name 'n.bsw"
    bswzdiff "odd name 'n.bsw" file
    run -2 bswzdiff missing
    [[ $output == *"missing: cannot be read" ]]
    head -c -2 file.bsw > cut.bsw
    run -2 bswzdiff cut.bsw file
    [[ $output == "bswz: cut.bsw: "* ]]
    run -2 bswzdiff
}
