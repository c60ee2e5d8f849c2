# Tiny pictures of every kind come back: a sample of what `make check-tiny` goes through.
load helper

@test "a sample of all tiny pictures, kinds, motifs and levels" {
    # one after the other: no need for the processor time of thousands of starts
    run -0 "$TOOLS/tiny" "$([ -n "$SANITIZED" ] && echo 100000 || echo 8000)"
    [[ $output == *" 0 failed" ]]
}
