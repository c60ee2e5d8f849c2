# shellcheck shell=bash disable=SC2034 # the lists are for the scripts that source this
# The Debian packages that building, running and testing need, and how to get those that
# are missing. Sourced by scripts/demo and scripts/check.

build_packages=(gcc make libc6-dev libpng-dev libjpeg-dev libwebp-dev libzstd-dev libxxhash-dev)
# loaded at run time, and only by processors without AVX2 or NEON, or when BSWZ_KERNEL=blas asks for it
run_packages=(libopenblas0)
# other codecs, and converters between formats
demo_packages=(bzip2 gzip netpbm webp xz-utils libjpeg-turbo-progs)
test_packages=(bats perl webp libjpeg-turbo-progs netpbm mandoc shellcheck bsdutils bsdextrautils binutils pkg-config zsh fish
    tar libarchive-tools busybox cpio optipng pngcrush zopfli)
# what the tests compare the command's behaviour with
test_packages+=(gzip bzip2 xz-utils zstd)
# other processors (doc/machines.md)
test_packages+=(qemu-user gcc-aarch64-linux-gnu gcc-s390x-linux-gnu)

fail() {
    printf '%s: %s\n' "$0" "$1" >&2
    exit 1
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# install_packages PACKAGE...: those that are missing, without a question.
install_packages() {
    local missing=() package apt=(apt-get)
    if ! command -v dpkg-query > /dev/null; then
        echo "This is no Debian: make sure to have what the packages $* are there."
        return
    fi
    for package; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "Installing ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2> /dev/null || fail "these packages are missing, and installing them needs root: ${missing[*]}"
        apt=(sudo -n env DEBIAN_FRONTEND=noninteractive apt-get)
    fi
    export DEBIAN_FRONTEND=noninteractive
    "${apt[@]}" -q update > /dev/null || echo "apt-get update failed, trying what is known"
    "${apt[@]}" -q -y install --no-install-recommends "${missing[@]}" > /dev/null ||
        fail "these packages could not be installed: ${missing[*]}"
}
