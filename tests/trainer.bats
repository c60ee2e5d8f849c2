# The trainer, from pictures to a model that codes: a few steps of everything. What
# the steps are worth is no matter of tests. Needs python3-torch, and is skipped
# without it.
load helper
without_leak_check

# Pictures as in $BSWZ_DATA, drawn here, each kind twice.
draw_data() {
    mkdir -p data/train/jpeg data/train/lossless data/train/synthetic
    for seed in 1 2; do
        "$TOOLS/photo" 224 216 $seed > photo.ppm
        cjpeg -quality 85 photo.ppm > data/train/jpeg/$seed.jpg
        cwebp -quiet -lossless photo.ppm -o data/train/lossless/$seed.webp
        pnmtopng -quiet photo.ppm > data/train/synthetic/$seed.png
    done
}

train() {
    "$PROJECT/scripts/train" --data data --out out --width 16 --size 8 --counts 2,2,1 --minutes 5 "$@"
}

needs_torch() {
    /usr/bin/python3 -c 'import torch, numpy, PIL' 2> /dev/null || skip "needs python3-torch, python3-numpy and python3-pil"
    export XDG_CACHE_HOME=$PWD/cache
}

@test "the trainer's operators in C agree with those in PyTorch, gradients too" {
    needs_torch
    run -0 env PYTHONPATH="$PROJECT/scripts" OMP_NUM_THREADS=1 /usr/bin/python3 -m training.compare
}

@test "a model is trained, resumed, exported, and codes a picture as well as the float nets say" {
    needs_torch
    draw_data
    train --level 0 --iterations 3
    train --level 0 --iterations 6
    grep -q '^resuming after .* 3 iterations' out/level0.log
    train --level 1 --iterations 2 --from out/level0.pt
    "$PROJECT/scripts/train-top" --data data --out out --iterations 2
    "$PROJECT/scripts/export" --name tiny out tiny.bsm

    "$TOOLS/photo" 320 224 3 > other.ppm
    bswz --model=tiny.bsm < other.ppm > other.bsw
    bswz -l -v other.bsw | grep -q 'tiny'
    bswz -d --model=tiny.bsm < other.bsw | cmp - other.ppm
    run -1 bswz -d < other.bsw
    assert_message "needs model tiny"

    # a net of its own for an origin is another place for the same weights
    djpeg -pnm data/train/jpeg/1.jpg > decoded.ppm
    cp out/level0.pt out/level0-jfif.pt
    "$PROJECT/scripts/export" --name tiny out split.bsm
    bswz --model=tiny.bsm < decoded.ppm > shared.bsw
    bswz -lv shared.bsw | grep -q 'JFIF .*tiny'
    bswz --model=split.bsm < decoded.ppm > split.bsw
    [ "$(wc -c < shared.bsw)" -eq "$(wc -c < split.bsw)" ]
    rm out/level0-jfif.pt

    # "float F rounded R stream S other.ppm": the engine's integers against the rounded floats
    run -0 "$PROJECT/scripts/evaluate" --bswz "$BSWZ" out tiny.bsm other.ppm
    awk '/other.ppm$/ { found = 1; ratio = $6 / $4 } END { print ratio; exit !(found && ratio > 0.99 && ratio < 1.01) }' <<< "$output"
}
