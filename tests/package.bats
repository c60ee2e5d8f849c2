# SPDX-License-Identifier: MIT
# Debian packages: built from the files of the working tree, linted, unpacked, installed and removed (make check-package). Not
# part of make check, since everything is compiled once more.
load helper

setup_file() {
    export PACKAGES=$BATS_FILE_TMPDIR/packages
    local tree=$PACKAGES/tree
    mkdir -p "$tree"
    if [ -e "$PROJECT/.git" ]; then
        git -c safe.directory="$PROJECT" -C "$PROJECT" ls-files -z | tar -C "$PROJECT" --null -T - -cf - | tar -C "$tree" -xf -
    else
        tar -C "$PROJECT" --exclude='./build*' -cf - . | tar -C "$tree" -xf -
    fi
    # the build itself is tested elsewhere, so it may be quick; gzip, because xz would take as long as compiling
    (cd "$tree" && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u WERROR -u BSWZ -u TOOLS \
        DPKG_DEB_COMPRESSOR_TYPE=gzip DEB_CFLAGS_APPEND='-O1 -g0' DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" dpkg-buildpackage -us -uc -b) > "$PACKAGES/log" 2>&1 ||
        { tail -n 30 "$PACKAGES/log"; return 1; }
    rm -rf "$tree"
    export UNPACKED=$PACKAGES/unpacked
    for package in "$PACKAGES"/*.deb; do
        dpkg-deb -x "$package" "$UNPACKED"
    done
}

# The folder of libraries of this machine.
libraries() {
    printf '%s\n' "$UNPACKED"/usr/lib/*-linux-*
}

@test "there are five packages, and lintian finds nothing" {
    [ "$(cd "$PACKAGES" && echo *.deb | sed 's/_[^ ]*//g')" = "bswz-gdk-pixbuf bswz libbswz-dev libbswz0 python3-bswz" ]
    run lintian --allow-root --fail-on error,warning "$PACKAGES"/*.changes
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$(sed '/^N:/d' <<< "$output")" ]
}

@test "each file is where it belongs" {
    in_package() {
        dpkg-deb -c "$PACKAGES/$1"_*.deb | awk '{ print $6 }' | grep -qE "$2"
    }
    in_package bswz '^./usr/bin/bswz$'
    in_package bswz '^./usr/bin/unbswz$'
    for page in bswz.1 unbswz.1 bswzcat.1 bswzless.1 bswzdiff.1; do
        in_package bswz "man1/$page.gz\$"
    done
    in_package bswz 'man5/bsw.5.gz$'
    for command in bswzcat bswzless bswzdiff; do
        in_package bswz "^./usr/bin/$command\$"
    done
    in_package bswz 'mime/packages/bswz.xml$'
    in_package bswz 'share/bswz/magic$'
    in_package bswz 'share/bswz/delegates.xml$'
    in_package bswz-gdk-pixbuf 'loaders/libpixbufloader-bswz.so$'
    in_package bswz-gdk-pixbuf 'thumbnailers/bswz.thumbnailer$'
    in_package libbswz0 'libbswz.so.0$'
    in_package libbswz-dev 'include/bswz.h$'
    in_package libbswz-dev 'man3/libbswz.3.gz$'
    in_package libbswz-dev 'examples/thumbnail.c$'
    in_package python3-bswz 'dist-packages/bswz/__init__.py$'
    [ "$(dpkg-deb -f "$PACKAGES"/python3-bswz_*.deb Architecture)" = all ]
    [[ $(dpkg-deb -f "$PACKAGES"/bswz_*.deb Depends) == *"libbswz0 (>= "* ]]
    # whatever make install installs is in one of them
    run ! grep -E 'dh_missing.*(warning|not installed)' "$PACKAGES/log"
}

@test "the models are there once: in the shared library" {
    [ "$(stat -Lc %s "$(libraries)/libbswz.so.0")" -gt 5000000 ]
    [ "$(stat -c %s "$UNPACKED/usr/bin/bswz")" -lt 500000 ]
    run ! grep -E 'RPATH|RUNPATH' <(readelf -d "$UNPACKED/usr/bin/bswz")
}

@test "unpacked, they work together" {
    draw pnm ppm 60 40 > a.ppm
    export LD_LIBRARY_PATH
    LD_LIBRARY_PATH=$(libraries)
    "$UNPACKED/usr/bin/bswz" < a.ppm > a.bsw
    "$UNPACKED/usr/bin/unbswz" < a.bsw | cmp - a.ppm
    PYTHONPATH=$UNPACKED/usr/lib/python3/dist-packages /usr/bin/python3 -B -c '
import bswz
assert bswz.decode(open("a.bsw", "rb").read()).shape == (40, 60, 3)'
    examples=$UNPACKED/usr/share/doc/libbswz-dev/examples
    compile -I"$UNPACKED/usr/include" "$examples/thumbnail.c" -L"$LD_LIBRARY_PATH" -lbswz -o thumbnail
    ./thumbnail 30 < a.bsw > small.ppm
    bswz -dc --scale=1/2 --to=ppm a.bsw | cmp - small.ppm
}

@test "installed, they work; purged, they leave nothing" {
    [ "$(id -u)" -eq 0 ] || skip "only root can install packages"
    mkdir layer
    draw pnm ppm 60 40 > a.ppm
    # on a copy of this system that disappears afterwards
    cat > in-copy << 'END'
set -e
mount -t tmpfs none layer
mkdir layer/upper layer/work layer/root
mount -t overlay none -o lowerdir=/,upperdir=layer/upper,workdir=layer/work layer/root || exit 77
mkdir -p layer/root/try
cp "$PACKAGES"/*.deb a.ppm layer/root/try
cat > layer/root/try/run << 'DONE'
set -e
cd /try
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
dpkg -i *.deb
mkdir folder && cp a.ppm folder
tar -I bswz -cf folder.tar.bsw folder && mv folder other && tar -I bswz -xf folder.tar.bsw && diff -r folder other
/usr/bin/python3 -c 'import bswz; assert bswz.info("folder.tar.bsw").pictures == 1'
bswz < a.ppm | bswzcat | cmp - a.ppm
bswz -k a.ppm
[ "$(gio info -a standard::content-type a.ppm.bsw | tail -n 1)" = "  standard::content-type: image/x-bswz" ]
gdk-pixbuf-thumbnailer -s 30 a.ppm.bsw small.png
man -w bswz > page 2> /dev/null || ls /usr/share/man/man1/bswz.1.gz
dpkg --purge python3-bswz bswz-gdk-pixbuf libbswz-dev bswz libbswz0
dpkg -l | grep bswz && exit 1
find /usr /etc /var/lib -xdev -name '*bswz*' -not -path '/var/lib/dpkg/*' -newer /try/run > left
cat left
[ ! -s left ]
DONE
/usr/sbin/chroot layer/root /bin/bash /try/run
END
    run unshare -m bash in-copy
    echo "$output"
    [ "$status" -ne 77 ] || skip "this system has no overlays"
    [ "$status" -eq 0 ]
}
