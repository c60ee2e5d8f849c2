/* SPDX-License-Identifier: MIT */
/*
 * What JPEG-LS (CharLS, libcharls-dev) makes of 16-bit PGM files: a line for each, with its bits per sample and bytes.
 *
 *     jpegls FILE.pgm...
 */
#include <charls/charls.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct grey {
    uint32_t width, height;
    int32_t bits; /* of the largest sample */
    uint16_t *samples;
};

static bool load(const char *name, struct grey *grey) {
    FILE *file = fopen(name, "rb");
    unsigned most;
    if (file == NULL || fscanf(file, "P5 %u %u %u", &grey->width, &grey->height, &most) != 3 || most < 256) {
        return false;
    }
    getc(file);
    const size_t count = (size_t)grey->width * grey->height;
    unsigned largest = 0;
    grey->samples = malloc(count * sizeof *grey->samples);
    for (size_t i = 0; i < count; i++) {
        const unsigned sample = (unsigned)getc(file) << 8;
        grey->samples[i] = (uint16_t)(sample | (unsigned)getc(file));
        largest |= grey->samples[i];
    }
    for (grey->bits = 2; largest >> grey->bits != 0;) {
        grey->bits++;
    }
    const bool is_whole = !feof(file);
    fclose(file);
    return is_whole;
}

static bool encode(const struct grey *grey, size_t *size) {
    const size_t raw = (size_t)grey->width * grey->height * 2, room = 2 * raw + 1024;
    const charls_frame_info info = {grey->width, grey->height, grey->bits, 1};
    charls_jpegls_encoder *encoder = charls_jpegls_encoder_create();
    void *out = malloc(room);
    const bool is_coded = charls_jpegls_encoder_set_frame_info(encoder, &info) == 0 &&
                          charls_jpegls_encoder_set_destination_buffer(encoder, out, room) == 0 &&
                          charls_jpegls_encoder_encode_from_buffer(encoder, grey->samples, raw, 0) == 0 &&
                          charls_jpegls_encoder_get_bytes_written(encoder, size) == 0;
    charls_jpegls_encoder_destroy(encoder);
    free(out);
    return is_coded;
}

int main(int count, char **arguments) {
    int status = 0;
    for (int i = 1; i < count; i++) {
        struct grey grey = {0};
        size_t size;
        if (load(arguments[i], &grey) && encode(&grey, &size)) {
            printf("%s\t%d\t%zu\n", arguments[i], grey.bits, size);
        } else {
            fprintf(stderr, "%s: not a 16-bit PGM file\n", arguments[i]);
            status = 1;
        }
        free(grey.samples);
    }
    return status;
}
