/* SPDX-License-Identifier: MIT */
/*
 * How a piece of work ended, and therefore the exit status: the numbers are those that the shell sees.
 */
#ifndef BSWZ_CLI_OUTCOME_H
#define BSWZ_CLI_OUTCOME_H

enum outcome {
    OUTCOME_DONE = 0,
    OUTCOME_ERROR = 1,
    OUTCOME_SKIPPED = 2 /* a named file was skipped; nothing failed */
};

/* The combined outcome of two pieces of work: an error outweighs a skipped file. */
static inline enum outcome outcome_worse(enum outcome one, enum outcome other) {
    if (one == OUTCOME_ERROR || other == OUTCOME_ERROR) {
        return OUTCOME_ERROR;
    }
    return one == OUTCOME_DONE ? other : one;
}

#endif
