# SPDX-License-Identifier: MIT
# What desktops need: the MIME type, file(1), and the loader of gdk-pixbuf, each with the programs that use them.
load helper

setup_file() {
    [ -z "$SANITIZED$WRAPPER" ] || return 0
    local build modules
    build=$(dirname "$BSWZ")
    modules=$(pkg-config --variable=gdk_pixbuf_moduledir gdk-pixbuf-2.0)
    export LIBRARY=$BATS_FILE_TMPDIR/lib
    mkdir "$LIBRARY"
    cp "$build/libbswz.so" "$LIBRARY/libbswz.so.0"
    cp "$build/libpixbufloader-bswz.so" "$LIBRARY"
    mkdir -p "$BATS_FILE_TMPDIR/share/mime/packages"
    cp "$PROJECT/desktop/bswz.xml" /usr/share/mime/packages/freedesktop.org.xml "$BATS_FILE_TMPDIR/share/mime/packages"
    update-mime-database "$BATS_FILE_TMPDIR/share/mime"
    export XDG_DATA_DIRS=$BATS_FILE_TMPDIR/share XDG_DATA_HOME=$BATS_FILE_TMPDIR/home
    export GDK_PIXBUF_MODULE_FILE=$BATS_FILE_TMPDIR/loaders
    with_library "$(dirname "$modules")/../gdk-pixbuf-query-loaders" "$LIBRARY"/libpixbufloader-bswz.so \
        "$modules"/*.so > "$GDK_PIXBUF_MODULE_FILE"
}

setup() {
    [ -z "$SANITIZED$WRAPPER" ] || skip "a sanitizer or an emulator is in the library"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# Run a program with the library of the build.
with_library() {
    LD_LIBRARY_PATH=$LIBRARY "$@"
}

# thumbnail SIZE FILE: to small.png, with the command of the thumbnailer's entry.
thumbnail() {
    local words
    read -r -a words < <(sed -n "s|^Exec=\\(.*\\) -s %s %u %o$|\\1|p" "$PROJECT/desktop/bswz.thumbnailer")
    rm -f small.png
    with_library "${words[@]}" -s "$1" "$2" small.png
}

@test "file(1) knows streams" {
    draw pnm ppm 30 20 > a.ppm
    bswz < a.ppm > a
    version=$(od -An -tu1 -j8 -N1 a)
    [ "$(file -b -m "$PROJECT/desktop/magic" a)" = "bswz compressed data, version ${version// /}" ]
    [ "$(file -b --mime-type -m "$PROJECT/desktop/magic" a)" = image/x-bswz ]
    [ "$(file -b --extension -m "$PROJECT/desktop/magic" a)" = bsw ]
    [[ $(file -b -m "$PROJECT/desktop/magic" a.ppm) != *bswz* ]]
}

@test "the MIME database knows streams by content, and archives by name" {
    type_of() {
        gio info -a standard::content-type "$1" | sed -n 's/ *standard::content-type: //p'
    }
    bswz < "$PROJECT/README.md" > without-a-name
    cp without-a-name photo.png.bsw
    cp without-a-name photos.tar.bsw
    [ "$(type_of without-a-name)" = image/x-bswz ]
    [ "$(type_of photo.png.bsw)" = image/x-bswz ]
    [ "$(type_of photos.tar.bsw)" = application/x-bswz-compressed-tar ]
    [ "$(type_of "$PROJECT/README.md")" != image/x-bswz ]
}

@test "viewers get the same pixels" {
    for kind in "png rgb8" "png rgba8" "png palette8" "png greyalpha8" "png grey8"; do
        echo "$kind"
        # shellcheck disable=SC2086 # two words
        draw $kind 60 40 > a.png
        bswz -kf a.png
        thumbnail 60 a.png.bsw # not smaller than the picture
        convert a.png -depth 8 rgba:expected
        convert small.png -depth 8 rgba:- | cmp - expected
    done
}

@test "thumbnails are of the size that is asked for" {
    draw pnm ppm 300 200 > a.ppm
    bswz -k a.ppm
    thumbnail 75 a.ppm.bsw # exactly a quarter
    bswz -dc --scale=1/4 --to=ppm a.ppm.bsw > quarter.ppm
    convert small.png ppm:- | cmp - quarter.ppm
    thumbnail 64 a.ppm.bsw
    [ "$(identify -format '%w %h' small.png)" = "64 43" ]
    thumbnail 3 a.ppm.bsw
    [ "$(identify -format '%w %h' small.png)" = "3 2" ]
}

@test "JPEG and GIF files go through their own loaders" {
    draw pnm ppm 80 60 > a.ppm
    cjpeg -quality 90 a.ppm > a.jpg
    convert a.ppm -colors 20 -delay 5 "(" +clone -negate ")" a.gif
    for file in a.jpg a.gif; do
        bswz -k "$file"
        bswz -l "$file.bsw"
        thumbnail 80 "$file.bsw"
        cp small.png through.png
        thumbnail 80 "$file"
        assert_same_pixels through.png small.png
    done
}

@test "ImageMagick reads and writes through its delegates" {
    mkdir programs && ln -s "$BSWZ" programs/bswz
    cp "$PROJECT/desktop/delegates.xml" .
    magick() {
        PATH=$PWD/programs:$PATH MAGICK_CONFIGURE_PATH=$PWD convert "$@"
    }
    draw png rgba8 60 40 > a.png
    bswz -k a.png
    magick a.png.bsw back.png
    assert_same_pixels a.png back.png
    magick a.png -flip flipped.bsw
    bswz -dc flipped.bsw > flipped.png
    convert a.png -flip expected.png
    assert_same_pixels expected.png flipped.png
}

@test "what is not a picture, and what is damaged, gives an error" {
    bswz < "$PROJECT/README.md" > words.bsw
    draw pnm ppm 80 60 | bswz > a.bsw
    head -c 500 a.bsw > cut.bsw
    head -c 9 a.bsw > start.bsw
    bswz < a.bsw > twice.bsw
    thumbnail 50 a.bsw
    for file in words cut start twice; do
        run thumbnail 50 $file.bsw
        echo "$file: $output"
        [ "$status" -ne 0 ]
        [[ $output != *"format for file"* ]] # which would mean that the loader was not found
        [ ! -e small.png ]
    done
}
