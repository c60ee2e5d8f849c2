# SPDX-License-Identifier: MIT
# -l: the contents of a stream.
# shellcheck disable=SC2154 # stderr_lines is set by bats
load helper

@test "-l shows sizes, ratio, kind, dimensions and name" {
    draw png rgb8 40 30 > a.png
    bswz a.png
    run -0 bswz -l a.png.bsw
    [ "${#lines[@]}" -eq 2 ]
    read -r -a heading <<< "${lines[0]}"
    [ "${heading[*]}" = "compressed restored ratio of-file kind dimensions name" ]
    read -r -a row <<< "${lines[1]}"
    [ "${row[0]}" -eq "$(size_of a.png.bsw)" ]
    [ "${row[1]}" -eq $((40 * 30 * 3)) ]
    [[ ${row[2]} =~ ^[0-9]+\.[0-9]{3}$ ]]
    [ "${row[3]}" = "$(awk -v one="$(size_of a.png.bsw)" -v other="$(size_of a.png)" 'BEGIN { printf "%.3f", one / other }')" ]
    [ "${row[4]}" = picture ]
    [ "${row[5]}" = 40x30x3 ]
    [ "${row[6]}" = a.png.bsw ]
    rm a.png # only if the source is there
    run -0 bswz -l a.png.bsw
    read -r -a row <<< "${lines[1]}"
    [ "${row[3]}" = - ]
}

@test "-lv shows format, origin, promise, frames, tiles and model of each part" {
    draw png grey16 40 30 > a.png
    { bswz < a.png; echo text | bswz; } > both.bsw
    run -0 bswz -lv both.bsw
    read -r -a heading <<< "${lines[0]}"
    [ "${heading[*]}" = "compressed restored ratio kind dimensions format origin promise frames tiles model name" ]
    [[ ${lines[1]} == *picture*40x30x1/16*PNG*pixels* ]]
    [[ ${lines[2]} == *bytes*bytes* ]]
    read -r -a heading <<< "${lines[3]}"
    [ "${heading[*]}" = "bytes share bits/sample spent on" ]
    run -0 bswz -l both.bsw
    [[ ${lines[1]} == *"2 parts"* ]]
}

@test "-l reads standard input and other names than .bsw" {
    echo text | bswz > stream
    run -0 bswz -l < stream
    [[ ${lines[1]} == *" 5 "*bytes*"(stdin)" ]]
    run -0 bswz -l stream
    [[ ${lines[1]} == *stream ]]
}

@test "-l adds up several files" {
    echo text | bswz > one
    echo longer text | bswz > two
    run -0 bswz -l one two
    read -r -a row <<< "${lines[3]}"
    [ "${row[0]}" -eq $(($(size_of one) + $(size_of two))) ]
    [ "${row[1]}" -eq 17 ]
    [[ ${lines[3]} == *"2 files" ]]
}

@test "-l fails for non-streams and truncated ones, and lists the others" {
    echo text > plain
    draw png rgb8 40 30 | bswz > whole
    head -c -1 whole > short
    run -1 --separate-stderr bswz -l plain short missing whole
    [ "${#stderr_lines[@]}" -eq 3 ]
    [ "${#lines[@]}" -eq 3 ]
    [[ ${lines[1]} == *whole ]]
    [[ ${lines[2]} == *"1 file" ]]
    run -1 bswz -l < /dev/null
}

@test "-l of anything that is not a stream prints no table" {
    echo text > a
    echo text > b
    run -1 --separate-stderr bswz -l a b
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 2 ]
    run -1 --separate-stderr bswz -l a <(bswz < b)
    [ "${#lines[@]}" -eq 3 ]
}

@test "-lv counts tiles of 64 by 64 pixels if a model is used" {
    "$TOOLS/photo" 150 70 > a.ppm
    bswz < a.ppm > a.bsw
    run -0 bswz -lv a.bsw
    read -r -a row <<< "${lines[1]}"
    [ "${row[4]} ${row[9]} ${row[10]}" = "150x70x3 6 default" ]
    [[ ${row[11]} =~ ^[0-9a-f]{16}$ ]]
}

@test "--robot: the same information in tab-separated columns" {
    draw png grey16 40 30 > a.png
    { bswz < a.png; echo text | bswz; } > both.bsw
    bswz < /dev/null > empty.bsw
    bswz -l --robot both.bsw empty.bsw > list
    [ "$(cut -f 1 list | tr '\n' ' ')" = "name file part part name file totals " ]
    sizes=$(printf '%s\t%s' "$(size_of both.bsw)" $((40 * 30 * 2 + 5)))
    [ "$(sed -n 1p list)" = $'name\tboth.bsw' ]
    [[ $(sed -n 2p list) == $'file\t2\t'$sizes$'\t'[0-9].[0-9][0-9][0-9]$'\t-\t---' ]]
    IFS=$'\t' read -r -a part < <(sed -n 3p list)
    [ "${#part[@]}" -eq 17 ]
    [ "${part[1]} ${part[3]} ${part[*]:5:6} ${part[12]}" = "1 2400 picture 40 30 1 16 PNG pixels" ]
    IFS=$'\t' read -r -a part < <(sed -n 4p list)
    [ "${#part[@]}" -eq 17 ]
    [ "${part[1]} ${part[3]} ${part[*]:5}" = "2 5 bytes - - - - bytes - bytes 1 0 - -" ]
    [ "$(sed -n 6p list)" = $'file\t0\t'"$(size_of empty.bsw)"$'\t0\t---\t-\t---' ]
    [[ $(sed -n 7p list) == $'totals\t2\t2\t'* ]]
    # the columns do not depend on -q or a terminal
    bswz -lvq --robot both.bsw empty.bsw | cmp - list
}

@test "--json: the same information as --robot, and names that come back" {
    draw png grey16 40 30 > a.png
    { bswz < a.png; echo text | bswz; } > both.bsw
    cp a.png both
    odd=$'q"b\\s\n\xff\xc3\xa9.bsw'
    bswz < /dev/null > "$odd"
    bswz -lv --json both.bsw "$odd" > list
    bswz -lv --robot both.bsw "$odd" > robot
    python3 - both.bsw "$odd" << 'END'
import json, os, sys
listed = json.load(open("list", encoding="utf-8"))
assert [os.fsencode(file["name"]) for file in listed["files"]] == [os.fsencode(name) for name in sys.argv[1:]]
rows = [line.rstrip("\n").split("\t") for line in open("robot", encoding="ascii")]
files = [row for row in rows if row[0] == "file"]
parts = [row for row in rows if row[0] == "part"]
shares = [row for row in rows if row[0] == "share"]
for file, row in zip(listed["files"], files, strict=True):
    assert [len(file["parts"]), file["compressed_size"], file["restored_size"]] == [int(text) for text in row[1:4]]
assert listed["files"][0]["source_size"] == os.path.getsize("both") and listed["files"][1]["source_size"] is None
picture, data = listed["files"][0]["parts"]
assert [str(picture[name]) for name in ("kind", "width", "height", "channels", "depth", "format", "origin", "promise")] == parts[0][5:13]
assert [data["kind"], data["format"], data["promise"]] == [parts[1][i] for i in (5, 10, 12)] and "width" not in data
assert [(share["name"], str(share["bytes"])) for file in listed["files"] for share in file["shares"]] == [(row[1], row[2]) for row in shares]
assert [str(listed["totals"][name]) for name in ("files", "parts", "compressed_size", "restored_size")] == rows[-1][1:5]
END
    bswz -l --json both.bsw | python3 -m json.tool > /dev/null
    run -1 bswz -l --json a.png missing
    [[ $output == *'"files": []'* ]]
}

@test "--robot masks names, so that they cannot break lines" {
    name=$'a\tb\nc'
    echo text | bswz > "$name"
    bswz -l --robot "$name" > list
    [ "$(wc -l < list)" -eq 4 ]
    [ "$(head -n 1 list)" = $'name\ta?b?c' ]
}

@test "-lv says where the bits go, and the sum is right" {
    "$TOOLS/photo" 300 200 > a.ppm
    { bswz < a.ppm; echo text | bswz; } > both.bsw
    bswz -lv both.bsw > list
    # bytes, share, bits per sample, what
    awk '$2 ~ /%$/ { if ($4 == "all") all = $1; else sum += $1 } END { exit !(sum == all && all > 0) }' list
    for share in level-0 level-1 index top stack bytes headers; do
        grep -q " $share " list
    done
    [ "$(awk '$4 == "all" { print $1 }' list)" -eq "$(size_of both.bsw)" ]
    bswz -lv --robot both.bsw > robot
    [ "$(grep -c '^share' robot)" -eq 24 ]
    awk -F '\t' -v size="$(size_of both.bsw)" '$1 == "share" { sum += $3; bits += $4 }
        END { exit !(sum == size && bits > 8 * size / 180000 - 0.001 && bits < 8 * size / 180000 + 0.001) }' robot
    bswz -lvT1 --robot both.bsw | cmp - robot
    grep -v '^share' robot | cmp - <(bswz -l --robot both.bsw)
    bswz < /dev/null | bswz -lv --robot > robot
    grep -q $'^share\theaders\t15\t---$' robot
}
