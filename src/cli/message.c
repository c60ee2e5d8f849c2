/* SPDX-License-Identifier: MIT */
/*
 * Messages. A line is assembled in memory and written in one go, so that lines of several programs in a pipeline do
 * not mix.
 */
#include "cli/message.h"

#include <stdarg.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* Longer messages are truncated. */
#define MESSAGE_MAX 4096

/* Set while the command line is read, and constant afterwards. */
static const char *program_name = "bswz";
static int program_verbosity = VERBOSITY_NORMAL;
static const char *before_line = "";

void message_set_program(const char *program) {
    if (program != NULL && *program != '\0') {
        const char *slash = strrchr(program, '/');
        program_name = slash != NULL ? slash + 1 : program;
    }
}

void message_set_verbosity(int verbosity) {
    program_verbosity = verbosity;
}

void message_set_over_progress(void) {
    before_line = MESSAGE_CLEAR_LINE;
}

const char *message_program(void) {
    return program_name;
}

void message_put_masked(FILE *stream, const char *text) {
    mbstate_t state = {0};
    size_t left = strlen(text);
    while (left > 0) {
        wchar_t character;
        size_t length = mbrtowc(&character, text, left, &state);
        if (length == 0 || length > left) { /* not a character: mask one byte and continue after it */
            memset(&state, 0, sizeof state);
            fputc('?', stream);
            length = 1;
        } else if (iswprint((wint_t)character)) {
            fwrite(text, 1, length, stream);
        } else {
            fputc('?', stream);
        }
        text += length;
        left -= length;
    }
}

static void say(const char *file, const char *text, va_list arguments) {
    char words[MESSAGE_MAX]; /* on the stack, since the message may be that memory ran out */
    vsnprintf(words, sizeof words, text, arguments);
    char line[3 * MESSAGE_MAX];
    FILE *memory = fmemopen(line, sizeof line, "w");
    FILE *stream = memory != NULL ? memory : stderr;
    fputs(before_line, stream);
    message_put_masked(stream, program_name);
    fputs(": ", stream);
    if (file != NULL) {
        message_put_masked(stream, file);
        fputs(": ", stream);
    }
    message_put_masked(stream, words);
    fputc('\n', stream);
    if (memory != NULL) {
        fflush(memory);
        const long size = ftell(memory);
        fclose(memory);
        if (size > 0) {
            line[size - 1] = '\n'; /* even if the line was truncated */
            fwrite(line, 1, (size_t)size, stderr);
        }
    }
}

void message_error(const char *file, const char *text, ...) {
    if (program_verbosity >= VERBOSITY_ERRORS) {
        va_list arguments;
        va_start(arguments, text);
        say(file, text, arguments);
        va_end(arguments);
    }
}

void message_warning(const char *file, const char *text, ...) {
    if (program_verbosity >= VERBOSITY_NORMAL) {
        va_list arguments;
        va_start(arguments, text);
        say(file, text, arguments);
        va_end(arguments);
    }
}

void message_notice(const char *file, const char *text, ...) {
    if (program_verbosity >= VERBOSITY_NOTICES) {
        va_list arguments;
        va_start(arguments, text);
        say(file, text, arguments);
        va_end(arguments);
    }
}

void message_try_help(void) {
    if (program_verbosity >= VERBOSITY_ERRORS) {
        fprintf(stderr, "Try '%s --help'.\n", program_name);
    }
}

/* Several threads may have a question. Until one is answered, the others wait, and messages and the line of progress
 * do, too. */
int message_confirm(const char *file, const char *question) {
    flockfile(stdin);
    flockfile(stderr);
    fputs(before_line, stderr);
    fprintf(stderr, "%s: ", program_name);
    message_put_masked(stderr, file);
    fprintf(stderr, ": %s (y/n) ", question);
    int answer = getchar();
    for (int rest = answer; rest != '\n' && rest != EOF;) {
        rest = getchar();
    }
    funlockfile(stderr);
    funlockfile(stdin);
    return answer == 'y' || answer == 'Y';
}
