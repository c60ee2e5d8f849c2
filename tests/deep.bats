# SPDX-License-Identifier: MIT
# Pictures of 9 to 16 bits: every layout comes back at every kind of level.
load helper

# draw_deep: 9 to 16 bits in each layout, as PGM, PPM and PAM files: a bright spot, noise, and an alpha that fades.
draw_deep() {
    /usr/bin/python3 - << 'END'
import random, struct
random.seed(3)
width, height = 61, 47
for bits in range(9, 17):
    top = (1 << bits) - 1
    for channels, name in (1, "GRAYSCALE"), (2, "GRAYSCALE_ALPHA"), (3, "RGB"), (4, "RGB_ALPHA"):
        samples = []
        for y in range(height):
            for x in range(width):
                light = top * 0.9 / (1 + ((x - 20) ** 2 + (y - 25) ** 2) / 300)
                for c in range(channels):
                    if channels % 2 == 0 and c == channels - 1:
                        samples.append(min(top, max(0, (x - 10) * top // 30)))
                    else:
                        samples.append(min(top, int(light * (3 + c) / 6 + random.gauss(0, top / 400 + 1) + 2)) if light > 0 else 0)
        data = struct.pack(">%dH" % len(samples), *(max(0, s) for s in samples))
        header = "P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n" % (width, height, channels, top, name)
        open("%d-%d.pam" % (bits, channels), "wb").write(header.encode() + data)
END
}

@test "9 to 16 bits, grey and colour, with and without alpha" {
    draw_deep
    for file in *.pam; do
        for level in 1 5; do
            echo "$file -$level"
            bswz -$level < "$file" > a.bsw
            bswz -d < a.bsw | cmp - "$file"
            [ "$(size_of a.bsw)" -lt "$(size_of "$file")" ]
        done
    done
    for channels in 1 2 3 4; do
        bswz -9 < 12-$channels.pam > a.bsw
        bswz -d < a.bsw | cmp - 12-$channels.pam
    done
}

