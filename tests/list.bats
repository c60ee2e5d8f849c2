# -l: what a stream holds.
# shellcheck disable=SC2154 # stderr_lines is set by bats
load helper

@test "-l shows sizes, ratio, kind, dimensions and name" {
    draw png rgb8 40 30 > a.png
    bswz a.png
    run -0 bswz -l a.png.bsw
    [ "${#lines[@]}" -eq 2 ]
    read -r -a heading <<< "${lines[0]}"
    [ "${heading[*]}" = "compressed restored ratio kind dimensions name" ]
    read -r -a row <<< "${lines[1]}"
    [ "${row[0]}" -eq "$(size_of a.png.bsw)" ]
    [ "${row[1]}" -eq $((40 * 30 * 3)) ]
    [[ ${row[2]} =~ ^[0-9]+\.[0-9]{3}$ ]]
    [ "${row[3]}" = picture ]
    [ "${row[4]}" = 40x30x3 ]
    [ "${row[5]}" = a.png.bsw ]
}

@test "-lv shows format, origin, promise, frames and model of each part" {
    draw png grey16 40 30 > a.png
    { bswz < a.png; echo text | bswz; } > both.bsw
    run -0 bswz -lv both.bsw
    [ "${#lines[@]}" -eq 3 ]
    read -r -a heading <<< "${lines[0]}"
    [ "${heading[*]}" = "compressed restored ratio kind dimensions format origin promise frames model name" ]
    [[ ${lines[1]} == *picture*40x30x1/16*PNG*pixels* ]]
    [[ ${lines[2]} == *bytes*bytes* ]]
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

@test "-l of what is no stream, or is cut off, fails and lists the others" {
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
