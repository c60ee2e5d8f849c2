/* SPDX-License-Identifier: MIT */
/*
 * The array of inputs (inputs.h).
 */
#include "cli/inputs.h"

#include "cli/message.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum outcome inputs_add(struct inputs *inputs, const struct input *input) {
    if (inputs->count == inputs->capacity) {
        const size_t capacity = inputs->capacity > 0 ? 2 * inputs->capacity : 64;
        struct input *all = reallocarray(inputs->all, capacity, sizeof *all);
        if (all == NULL) {
            message_error(NULL, "%s", strerror(ENOMEM));
            return OUTCOME_ERROR;
        }
        inputs->all = all;
        inputs->capacity = capacity;
    }
    inputs->all[inputs->count++] = *input;
    return OUTCOME_DONE;
}

void inputs_free(struct inputs *inputs) {
    for (size_t i = 0; i < inputs->count; i++) {
        if (inputs->all[i].is_owned) {
            free((void *)(uintptr_t)inputs->all[i].name);
        }
    }
    free(inputs->all);
    *inputs = (struct inputs){0};
}
