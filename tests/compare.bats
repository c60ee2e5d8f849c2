# SPDX-License-Identifier: MIT
# The table that compares sizes and times with other programs.
load helper
without_leak_check

codecs="gzip bzip2 xz PNG WebP JPEG"

# The size in $1, output of --robot, for the file $2 and the codec that starts with $3.
robot_size() {
    awk -F '\t' -v file="$2" -v codec="$3" '$1 == "file" && $2 == file && index($4, codec) == 1 { print $6; exit }' "$1"
}

@test "--compare shows a table with a row for each codec" {
    "$TOOLS/photo" 96 64 > photo.ppm
    bswz --compare photo.ppm > table
    cat table
    [ "$(head -n 1 table)" = "photo.ppm: PNM, 96x64x3" ]
    for codec in raw $codecs "bswz -1" "bswz -5" "bswz -9"; do
        [ "$(grep -c "^$codec " table)" -eq 1 ]
    done
    grep -q "^raw  *18432  *100.00 " table
    grep -q "wall-clock" table
    # the small one is smaller
    awk '/^gzip/ { gzip = $3 } /^bswz -5/ { bswz = $4 } END { exit !(bswz > 0 && bswz < gzip) }' table
}

@test "--compare gives every program the same pixels" {
    "$TOOLS/photo" 96 64 > photo.ppm
    pnmtopng photo.ppm > photo.png
    bswz --compare --robot photo.ppm photo.png > lines
    for codec in gzip bzip2 WebP "bswz -5"; do
        size=$(robot_size lines photo.ppm "$codec")
        echo "$codec: $size"
        [ -n "$size" ] && [ "$size" -gt 0 ]
        [ "$size" = "$(robot_size lines photo.png "$codec")" ]
    done
    tail -c 18432 photo.ppm | gzip -9 -n > samples.gz
    [ "$(robot_size lines photo.ppm gzip)" -eq "$(size_of samples.gz)" ]
    cwebp -quiet -lossless -exact -z 6 photo.png -o photo.webp
    [ "$(robot_size lines photo.ppm WebP)" -eq "$(size_of photo.webp)" ]
    bswz -c photo.ppm > photo.bsw
    [ "$(robot_size lines photo.ppm "bswz -5")" -eq "$(size_of photo.bsw)" ]
    [ "$(robot_size lines photo.png file)" -eq "$(size_of photo.png)" ]
}

@test "--compare --robot: nine fields per line, sums at the end" {
    "$TOOLS/photo" 48 32 > a.ppm
    "$TOOLS/photo" 32 48 > b.ppm
    cat "$BATS_TEST_DIRNAME"/*.bats > text
    bswz --compare --robot a.ppm b.ppm text > lines
    cat lines
    awk -F '\t' 'NF != 9 { exit 1 }' lines
    awk -F '\t' '
        $1 == "file" { sum[$3, $4] += $6; raw[$3, $4] += $5; files[$3, $4]++ }
        $1 == "total" {
            totals++
            if ($2 != files[$3, $4] || $5 != raw[$3, $4] || ($6 != "" && $6 != sum[$3, $4])) exit 1
        }
        END { exit totals < 14 }' lines
    [ "$(robot_size lines text file)" -eq "$(size_of text)" ]
    awk -F '\t' '$2 == "text" && $3 == "bytes" && $4 ~ /^zstd/ { found = 1 } END { exit !found }' lines
    run ! grep -q "^file	text	.*	PNG	" lines
}

@test "--compare says which versions the programs have" {
    "$TOOLS/photo" 48 32 > a.ppm
    bswz --compare --robot a.ppm > lines
    for tool in gzip xz; do
        version=$($tool --version | sed -n '1s/.* //p')
        awk -F '\t' -v tool=$tool -v version="$version" '
            $1 == "total" && index($4, tool) == 1 { found = $9 == version } END { exit !found }' lines
    done
    bswz --compare a.ppm > table
    grep -qF "Versions: gzip $(gzip --version | sed -n '1s/.* //p'), " table
    grep -qF ", bswz $(bswz --version | cut -d ' ' -f 2)." table
}

@test "--compare=PLOT draws a point for each time" {
    "$TOOLS/photo" 48 32 > a.ppm
    echo text > text
    bswz --compare=plot.svg --robot a.ppm text > lines
    /usr/bin/python3 - << 'END'
import xml.etree.ElementTree as tree
svg = "{http://www.w3.org/2000/svg}"
rows = [line.rstrip("\n").split("\t") for line in open("lines")]
rows = [row for row in rows if row[0] == "total" and row[3] != "file" and row[5]]
panels = tree.parse("plot.svg").getroot().findall(svg + "g")
assert len(panels) == 2
names = [text.text for panel in panels for text in panel.iter(svg + "text")]
assert all(row[3] in names for row in rows), (names, rows)
points = [circle for panel in panels for circle in panel.iter(svg + "circle")]
assert len(points) == sum((row[6] != "") + (row[7] != "") for row in rows)
END
    cp plot.svg before.svg
    run -1 bswz --compare=plot.svg a.ppm
    assert_message "plot.svg: already exists"
    cmp plot.svg before.svg
    bswz -f --compare=plot.svg text > table
    run ! cmp -s plot.svg before.svg
    run -1 bswz --compare=nowhere/plot.svg a.ppm
    assert_message "cannot write"
    : > empty
    run -2 bswz -q --compare=other.svg empty
    rm empty
    # the name of a file to compare is no plot
    run -1 bswz --compare=a.ppm
    assert_message "must end in .svg" 2
    [ "$(ls)" = "$(printf '%s\n' a.ppm before.svg lines plot.svg table text)" ]
}

@test "--compare=PLOT: no size is negative" {
    head -c 1000000 /dev/zero > zeros
    bswz --compare=plot.svg zeros
    grep -o '>-*[0-9.]*</text>' plot.svg > numbers
    grep -q '>0.00</text>' numbers
    run ! grep -- '>-' numbers
}

@test "--compare: the requested level and model" {
    "$TOOLS/photo" 48 32 > a.ppm
    bswz --compare --robot -3 a.ppm | cut -f 4 | grep bswz | sort -u > names
    [ "$(wc -l < names)" -eq 4 ]
    grep -qF "bswz -3 (fast)" names
    bswz --compare --robot -4 --model=best a.ppm | cut -f 4 | grep bswz | sort -u > names
    [ "$(cat names)" = "bswz -4 (best)" ]
}

@test "--compare: pictures of all kinds, and programs that cannot hold them" {
    draw png rgba8 30 20 > alpha.png
    draw png rgb16 30 20 > deep.png
    draw png palette8 30 20 transparent > palette.png
    draw pnm pgm100 30 20 > odd.pgm
    "$TOOLS/photo" 96 64 | cjpeg > lossy.jpg
    bswz --compare --robot -- *.png odd.pgm lossy.jpg > lines
    cat lines
    for file in alpha.png palette.png lossy.jpg; do
        for codec in PNG WebP; do
            [ -n "$(robot_size lines $file $codec)" ]
        done
    done
    [ -n "$(robot_size lines deep.png PNG)" ]
    [ -z "$(robot_size lines deep.png WebP)" ]
    awk -F '\t' '$1 == "file" && $3 != "picture" { exit 1 }' lines
    awk -F '\t' '$1 == "total" && $4 ~ /^WebP/ { exit $6 != "" }' lines
}

@test "--compare with no other program in PATH" {
    "$TOOLS/photo" 48 32 > a.ppm
    mkdir empty
    PATH=$PWD/empty "${PROGRAM[@]}" --compare --robot a.ppm > lines
    cat lines
    for codec in $codecs; do
        [ -z "$(robot_size lines a.ppm "$codec")" ]
    done
    [ -n "$(robot_size lines a.ppm "bswz -5")" ]
    PATH=$PWD/empty "${PROGRAM[@]}" --compare a.ppm > table
    grep -q "^gzip -9  *-  *-  *-  *-$" table
}

@test "--compare continues after files that cannot be read, and exits with 1" {
    "$TOOLS/photo" 48 32 > a.ppm
    run -1 --separate-stderr bswz --compare a.ppm missing
    assert_error missing
    [[ $output == "a.ppm: PNM"* ]]
    mkdir folder
    run -2 --separate-stderr bswz --compare folder a.ppm
    [[ $output == "a.ppm: PNM"* ]]
}

@test "--compare of standard input, of nothing, and of several files with -v" {
    "$TOOLS/photo" 48 32 > a.ppm
    bswz --compare < a.ppm | grep -q "^(stdin): PNM, 48x32x3"
    : > nothing
    bswz --compare nothing > table
    grep -q "^raw  *0 " table
    cp a.ppm b.ppm
    bswz --compare -v a.ppm b.ppm > table
    [ "$(grep -c "^codec " table)" -eq 3 ]
    grep -q "^2 pictures" table
    grep -q "^raw  *9216 " table
}

@test "--compare leaves no files when it ends or is killed" {
    mkdir temporary
    "$TOOLS/photo" 48 32 > a.ppm
    TMPDIR=$PWD/temporary bswz --compare a.ppm > table
    [ -z "$(ls temporary)" ]
    mkdir programs # one that never ends, and reports that it has started
    printf '#!/bin/sh\necho $$ > %s/begun\nexec sleep 60\n' "$PWD" > programs/gzip
    chmod +x programs/gzip
    TMPDIR=$PWD/temporary PATH=$PWD/programs:$PATH "${PROGRAM[@]}" --compare a.ppm > table &
    pid=$!
    status=0
    for _ in $(seq 200); do
        [ ! -s begun ] || break
        sleep 0.1
    done
    [ -s begun ]
    kill -TERM $pid
    wait $pid || status=$?
    [ "$status" -eq 143 ]
    for _ in $(seq 50); do
        kill -0 "$(cat begun)" 2> /dev/null || break
        sleep 0.1
    done
    run ! kill -0 "$(cat begun)"
    [ -z "$(ls temporary)" ]
}
