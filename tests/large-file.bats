# SPDX-License-Identifier: MIT
# Files that need more than 32 bits for their size.
load helper

@test "a file of more than 2 GiB can be opened" {
    truncate -s 3G large.bsw
    run -1 --separate-stderr bswz -dc large.bsw
    assert_error "not in bswz format"
}
