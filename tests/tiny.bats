# SPDX-License-Identifier: MIT
# Tiny pictures of every kind come back: a sample of what `make check-tiny` checks.
load helper

@test "a sample of all tiny pictures, kinds, motifs and levels" {
    # in a single process, to avoid thousands of program starts
    run -0 "$TOOLS/tiny" "$([ -n "$SANITIZED" ] && echo 200 || echo 1200)"
    [[ $output == *" 0 failed" ]]
}
