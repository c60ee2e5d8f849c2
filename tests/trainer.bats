# SPDX-License-Identifier: MIT
# The trainer, from pictures to a model that codes: a few steps of everything. Tests do not check how much these steps
# achieve.
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

setup() {
    needs_modules torch numpy PIL
    cd "$BATS_TEST_TMPDIR" || return 1
    export XDG_CACHE_HOME=$PWD/cache OMP_NUM_THREADS=1 # such small networks gain nothing from several
}

@test "the C operators of the trainer agree with those in PyTorch, including gradients" {
    run -0 env PYTHONPATH="$PROJECT/scripts" /usr/bin/python3 -m training.compare
}

@test "the networks see in training what they see in coding" {
    run -0 env PYTHONPATH="$PROJECT/scripts" /usr/bin/python3 "$PROJECT/tests/compare_lattice.py" "$TOOLS/lattice_input"
}

@test "importing a module of the trainer compiles nothing" {
    local module modules=()
    for module in "$PROJECT"/scripts/training/*.py; do
        module=$(basename "$module" .py)
        case $module in __init__ | compare | run_*) ;; *) modules+=("training.$module") ;; esac # those are programs
    done
    run -0 env PYTHONPATH="$PROJECT/scripts" /usr/bin/python3 -c "$(printf 'import %s\n' "${modules[@]}")"
    [ ! -e "$XDG_CACHE_HOME/bswz-train" ]
}

@test "a model is trained, resumed and exported, and codes a picture as well as the float networks predict" {
    draw_data
    train --level 0 --iterations 3
    train --level 0 --iterations 6
    grep -q '^resuming after .* 3 iterations' out/level0.log
    train --level 1 --iterations 2 --from out/level0.pt
    train --latents 2 --iterations 2
    "$PROJECT/scripts/export" --name tiny out tiny.bsm

    "$TOOLS/photo" 320 224 3 > other.ppm
    bswz --model=tiny.bsm < other.ppm > other.bsw
    bswz -l -v other.bsw | grep -q 'tiny'
    bswz -d --model=tiny.bsm < other.bsw | cmp - other.ppm
    run -1 bswz -d < other.bsw
    assert_message "needs model tiny"

    # a separate network for an origin is another place for the same weights
    # (Photo CD: even networks after a few steps do better on its planes than the drawn coder on RGB)
    "$TOOLS/photo_cd" < other.ppm > decoded.ppm
    cp out/level0.pt out/level0-photoycc.pt
    "$PROJECT/scripts/export" --name tiny out split.bsm
    bswz -3 --model=tiny.bsm < decoded.ppm > shared.bsw
    bswz -lv shared.bsw | grep -q 'PhotoYCC .*tiny'
    bswz -3 --model=split.bsm < decoded.ppm > split.bsw
    [ "$(wc -c < shared.bsw)" -eq "$(wc -c < split.bsw)" ]
    rm out/level0-photoycc.pt

    # networks for grey; levels without them use those for JFIF
    ppmtopgm other.ppm > grey.pgm
    for origin in grey grey-grid; do
        train --level 0 --origin $origin --from out/level0.pt --iterations 2
    done
    "$PROJECT/scripts/export" --name tiny out grey.bsm
    bswz -3 --model=split.bsm < grey.pgm > shared-grey.bsw
    bswz -3 --model=grey.bsm < grey.pgm > grey.bsw
    bswz -d --model=grey.bsm < grey.bsw | cmp - grey.pgm
    run -1 cmp shared-grey.bsw grey.bsw
    "$PROJECT/scripts/import" grey.bsm grey
    [ "$(cd grey && echo *)" = "latents.pt level0-grey-grid.pt level0-grey.pt level0.pt level1.pt" ]
    cp -r data/train data/val
    run -0 "$PROJECT/scripts/rate" --data data --kinds 'grey;grey, grid' out/level0-grey.pt
    grep -q ': grey [1-9].*, grey, grid [1-9]' <<< "$output"
    run -0 "$PROJECT/scripts/evaluate" --grey --bswz "$BSWZ" out grey.bsm other.ppm
    awk '/other.ppm$/ { found = 1; ratio = $6 / $4 } END { print ratio; exit !(found && ratio > 0.99 && ratio < 1.01) }' <<< "$output"
    rm out/level0-grey*

    # checkpoints made from a model file are the same networks, and always give the same file
    "$PROJECT/scripts/import" split.bsm again
    "$PROJECT/scripts/export" --name tiny again again.bsm
    [ "$(wc -c < again.bsm)" -eq "$(wc -c < split.bsm)" ]
    bswz -3 --model=again.bsm < decoded.ppm > again.bsw
    [ "$(wc -c < again.bsw)" -eq "$(wc -c < split.bsw)" ]
    "$PROJECT/scripts/import" again.bsm twice
    "$PROJECT/scripts/export" --name tiny twice twice.bsm
    cmp again.bsm twice.bsm
    train --level 0 --depth 3 --iterations 1 --from again/level0-photoycc.pt --out further
    run -1 "$PROJECT/scripts/import" other.ppm none
    grep -q 'other.ppm: not a model file' <<< "$output"

    # "float F rounded R stream S other.ppm": the engine's integers against the rounded floats
    run -0 "$PROJECT/scripts/evaluate" --bswz "$BSWZ" out tiny.bsm other.ppm
    awk '/other.ppm$/ { found = 1; ratio = $6 / $4 } END { print ratio; exit !(found && ratio > 0.99 && ratio < 1.01) }' <<< "$output"
}

@test "models without a lattice are trained directly on pictures, grown by layers, and code" {
    draw_data
    # the form of MNIST: a header of 16 bytes, images of 28 x 28
    mkdir data/mnist
    { head -c 16 /dev/zero; "$TOOLS/photo" 28 112 | ppmtopgm | tail -c 3136; } | gzip > data/mnist/train-images-idx3-ubyte.gz
    train --lattice 0 --pictures mnist --latents 1 --channels 1 --samples 2 --iterations 2 --out digits1
    train --lattice 0 --pictures mnist --latents 2 --channels 1 --samples 2 --iterations 2 --from digits1/latents.pt --out digits2
    train --lattice 0 --latents 2 --size 32 --samples 2 --iterations 3 --out colours
    train --lattice 0 --latents 3 --cells 2,2,1 --averages --adam 1 --size 32 --samples 2 --iterations 3 --out halved
    run -2 train --lattice 0 --latents 3 --cells 2,3,1 --out none
    grep -q 'needs 2 for the first layer' <<< "$output"
    "$TOOLS/photo" 75 44 > photo.ppm
    ppmtopgm photo.ppm > photo.pgm
    for folder in digits1 digits2 colours halved; do
        "$PROJECT/scripts/export" --name $folder --levels 0 $folder $folder.bsm
        "$PROJECT/scripts/import" $folder.bsm again
        "$PROJECT/scripts/export" --name $folder --levels 0 again again.bsm
        cmp $folder.bsm again.bsm
        for picture in photo.ppm photo.pgm; do
            bswz --model=$folder.bsm < $picture > coded.bsw
            bswz -d --model=$folder.bsm < coded.bsw | cmp - $picture
        done
    done

    # -ELBO of the integer networks is that of the rounded float networks
    "$TOOLS/photo" 32 320 | tail -c 30720 > tiles
    for folder in colours halved; do
        "$PROJECT/scripts/elbo" $folder/latents.pt 32x32x3 < tiles | cut -f 4 > rounded
        "$TOOLS/../bench/depth_study" $folder.bsm 32x32x3 < tiles > study
        awk -F '\t' 'NR == FNR { rounded = $1; next } $1 == "layer" { integer += $4 }
            END { print rounded, integer; exit !(integer > 0.995 * rounded && integer < 1.005 * rounded) }' rounded study
    done
}

@test "networks for JPEG coefficients are trained and exported, and code files as well as the float networks predict" {
    mkdir -p data/train/jpeg
    "$TOOLS/photo" 224 216 1 > photo.ppm
    cjpeg -quality 85 photo.ppm > data/train/jpeg/1.jpg
    cjpeg -quality 95 -sample 1x1 photo.ppm > data/train/jpeg/2.jpg
    train --coefficients luma --sums 16 --blocks 500 --iterations 3
    train --coefficients luma --sums 16 --blocks 500 --iterations 6
    grep -q '^resuming after .* 3 iterations' out/luma.log
    train --coefficients chroma --sums 16 --blocks 500 --iterations 2
    train --dc luma --blocks 500 --iterations 2
    train --dc chroma --blocks 500 --iterations 2
    "$PROJECT/scripts/export-jpeg" out tiny.bsm

    "$TOOLS/photo" 320 240 3 > other.ppm
    cjpeg -quality 90 -sample 1x1 other.ppm > full.jpg
    cjpeg -quality 80 -sample 2x2 other.ppm > half.jpg
    cjpeg -quality 85 -sample 2x1 other.ppm > across.jpg
    cjpeg -quality 85 -grayscale other.ppm > grey.jpg
    # "float F rounded R NAME" for each file: the engine's integers against the rounded floats
    run -0 "$PROJECT/scripts/evaluate-jpeg" out full.jpg half.jpg across.jpg grey.jpg
    grep '^float' <<< "$output" > rounded
    [ "$(wc -l < rounded)" -eq 4 ]
    "$TOOLS/../bench/coefficients" tiny.bsm full.jpg half.jpg across.jpg grey.jpg > integer
    paste -d ' ' rounded integer | awk '{ print; if (!($9 > 0.99 * $4 && $9 < 1.01 * $4 + 50)) bad = 1 } END { exit bad }'

    "$PROJECT/scripts/import" tiny.bsm again
    "$PROJECT/scripts/export-jpeg" again again.bsm
    "$TOOLS/../bench/coefficients" again.bsm full.jpg half.jpg across.jpg grey.jpg > same
    diff <(cut -d ' ' -f 1-5 integer) <(cut -d ' ' -f 1-5 same)
}

@test "all networks of several models are trained further, those that they share only once" {
    draw_data
    train --level 0 --iterations 1
    train --latents 1 --iterations 1
    for name in one other; do
        "$PROJECT/scripts/export" --name $name --levels 2 out $name.bsm
    done
    "$PROJECT/scripts/train-all" --data data --iterations 2 --jobs 2 all one.bsm other.bsm
    [ "$(cd all && echo */*.log)" = "one/latents.log one/level0.log" ]
    cmp all/one/level0.pt all/other/level0.pt
    "$TOOLS/photo" 75 44 > photo.ppm
    for name in one other; do
        run -1 cmp -s $name.bsm all/$name.bsm
        bswz -3 --model=all/$name.bsm < photo.ppm > coded.bsw
        bswz -d --model=all/$name.bsm < coded.bsw | cmp - photo.ppm
    done

    # others are left as they are
    "$PROJECT/scripts/train-all" --data data --iterations 1 --only latents some one.bsm
    "$PROJECT/scripts/import" some/one.bsm again
    cmp <(cd again && md5sum level0.pt) <(cd some/one/start && md5sum level0.pt)

    # half of the pictures, to take along
    half=$(($(cat data/train/*/* | wc -c) / 2000))
    "$PROJECT/scripts/train-all" --data data --pack "0.$(printf '%03d' $half)" part
    [ "$(cat part/train/*/* | wc -c)" -le $((1000 * half)) ]
    [ "$(find part -type f | wc -l)" -ge 2 ]
    cmp <(cat part/train/*/* | wc -c) <(cd part && find . -type f -printf 'data/%P\n' | (cd .. && xargs cat) | wc -c)
}
