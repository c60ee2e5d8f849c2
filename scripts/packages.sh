# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # the lists are for the scripts that source this
# The Debian packages needed for building, running and testing, and how to install the missing ones. Sourced by
# scripts/demo and scripts/check.

build_packages=(gcc make libc6-dev libpng-dev libjpeg-dev libwebp-dev libzstd-dev libxxhash-dev)
# loaded at run time, and only by processors without AVX2 or NEON, or when BSWZ_KERNEL=blas asks for it
run_packages=(libopenblas0)
# other codecs, and converters between formats
demo_packages=(bzip2 gzip netpbm webp xz-utils libjpeg-turbo-progs)
test_packages=(bats perl webp libjpeg-turbo-progs netpbm mandoc groff-base shellcheck bsdutils bsdextrautils util-linux binutils pkg-config g++ git
    zsh fish tar libarchive-tools busybox cpio optipng pngcrush zopfli imagemagick libtiff-tools clang-format)
# fuzzing
test_packages+=(clang libclang-rt-dev)
# programs with which the tests compare the command's behaviour
test_packages+=(gzip bzip2 xz-utils zstd less diffutils)
# many files on several machines
test_packages+=(parallel openssh-client netcat-openbsd python3-paramiko procps)
# a library without leaks
test_packages+=(valgrind)
# the page in the browser: a compiler for WebAssembly
test_packages+=(clang lld wasi-libc libclang-rt-14-dev-wasm32)
# and a browser without a window, which some architectures lack: without it, those tests are skipped
optional_packages=(chromium-headless-shell)
# the Python module
test_packages+=(python3 python3-numpy python3-pil mypy)
# desktops
test_packages+=(file shared-mime-info libglib2.0-bin libgdk-pixbuf-2.0-dev libgdk-pixbuf2.0-bin)
# Debian packages
test_packages+=(build-essential debhelper dh-python lintian)
# the trainer
test_packages+=(python3 python3-numpy python3-pil python3-torch)
# other processors (doc/machines.md)
test_packages+=(qemu-user gcc-aarch64-linux-gnu gcc-s390x-linux-gnu)

fail() {
    printf '%s: %s\n' "$0" "$1" >&2
    exit 1
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# install_packages PACKAGE...: install the missing ones without asking.
install_packages() {
    local missing=() package apt=(apt-get)
    if ! command -v dpkg-query > /dev/null; then
        echo "This is not Debian. Make sure that the equivalents of these packages are installed: $*"
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

# install_optional PACKAGE...: install those that can be installed.
install_optional() {
    local package
    for package; do
        (install_packages "$package") || echo "Without $package, some tests are skipped."
    done
}

# with_needs PACKAGE...: of the installed packages, these, those that every Debian system has, and all their
# dependencies.
with_needs() {
    # shellcheck disable=SC2016 # dpkg's fields
    dpkg-query -W -f '${db:Status-Status}\t${Package}\t${binary:Package}\t${Essential}\t${Priority}\t${Provides}\t${Pre-Depends}, ${Depends}\n' |
        awk -F '\t' -v wanted="$*" '
            # the names in a field, without versions and architectures
            function names(text, list) {
                gsub(/\([^)]*\)|:[a-z0-9]+|[[:space:]]/, "", text)
                return split(text, list, /[,|]/)
            }
            $1 == "installed" {
                full[$2] = $3
                needs[$2] = $7
                count = names($6, list)
                for (i = 1; i <= count; i++) if (list[i] != "") provider[list[i]] = provider[list[i]] " " $2
                if ($4 == "yes" || $5 == "required") wanted = wanted " " $2
            }
            END {
                total = split(wanted, queue, " ")
                for (at = 1; at <= total; at++) {
                    name = queue[at]
                    if (name in seen) continue
                    seen[name] = 1
                    if (name in full) print full[name]
                    count = names(needs[name], list)
                    for (i = 1; i <= count; i++) if (list[i] != "") queue[++total] = list[i]
                    count = split(provider[name], list, " ")
                    for (i = 1; i <= count; i++) queue[++total] = list[i]
                }
            }'
}

# link_programs FOLDER PACKAGE...: fill FOLDER with links to the programs of these packages and their dependencies. As
# PATH, it contains the programs of a machine with only those packages.
link_programs() {
    local folder=$1 name
    shift
    with_needs "$@" | xargs dpkg -L | sed -n -E 's|^(/usr)?(/s?bin/[^/]+)$|/usr\2|p' | sort -u | xargs ln -s -t "$folder"
    # names that several packages provide, such as awk and cc
    find /usr/bin /usr/sbin -maxdepth 1 -lname '/etc/alternatives/*' | while read -r name; do
        [ ! -e "$folder/$(basename "$(realpath "$name")")" ] || ln -s -f -t "$folder" "$name"
    done
}
