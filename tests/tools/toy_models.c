/* SPDX-License-Identifier: MIT */
/*
 * Writes apt toy models under the names of the embedded ones, for programs that code a very large number of streams.
 *
 *     toy_models FOLDER
 */
#include "toy_coefficients.h"

#include <stdlib.h>

static int write_model(const char *folder, const char *name, struct byte_buffer model) {
    char path[4096];
    const int length = snprintf(path, sizeof path, "%s/%s.bsm", folder, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "wb") : NULL;
    bool is_written = file != NULL && fwrite(model.data, 1, model.size, file) == model.size;
    is_written = file != NULL && fclose(file) == 0 && is_written;
    free(model.data);
    if (!is_written) {
        fprintf(stderr, "toy_models: cannot write %s\n", path);
    }
    return is_written ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: toy_models FOLDER\n");
        return 2;
    }
    return write_model(argv[1], "fast", toy_model_of(3, 2, 1, 16, 0, true)) +
           write_model(argv[1], "default", toy_model_of(3, 3, 2, 16, 1, true)) +
           write_model(argv[1], "best", toy_model_of(3, 4, 3, 16, 1, true)) +
           write_model(argv[1], "jpeg", toy_coefficients_of(16, 16, true));
}
