/* SPDX-License-Identifier: MIT */
/*
 * Reading the command line.
 *
 * Later options override earlier ones, and options that mean nothing in the chosen mode are accepted: GNU tar appends
 * -d to whatever it was told to run, so `bswz -9 -T2 -d` must work. --help lists the same options (help.c), as do the
 * man page and the completions; tests/help-in-step.bats compares them.
 */
#include "cli/arguments.h"

#include "cli/environment.h"
#include "cli/message.h"
#include "cli/numbers.h"
#include "cli/spelling.h"
#include "cli/suffix.h"

#include <getopt.h>
#include <string.h>

/* Long options without a short form. */
enum {
    OPTION_RM = 256,
    OPTION_FILES,
    OPTION_FILES0,
    OPTION_INCLUDE,
    OPTION_EXCLUDE,
    OPTION_OUTPUT_DIR,
    OPTION_SKIP_EXISTING,
    OPTION_LEVEL,
    OPTION_RAW,
    OPTION_TO,
    OPTION_SCALE,
    OPTION_RESCUE,
    OPTION_EXACT,
    OPTION_PIXELS,
    OPTION_NO_ORIGIN,
    OPTION_MODEL,
    OPTION_MAP,
    OPTION_COMPARE,
    OPTION_VERIFY,
    OPTION_NO_VERIFY,
    OPTION_ROBOT,
    OPTION_JSON,
    OPTION_PROGRESS,
    OPTION_NO_PROGRESS
};

static const char letters[] = ":zdtlcko:rfT:M:S:123456789qvhVLnN";

static const struct option names[] = {
    {"compress", no_argument, NULL, 'z'},
    {"decompress", no_argument, NULL, 'd'},
    {"uncompress", no_argument, NULL, 'd'},
    {"test", no_argument, NULL, 't'},
    {"list", no_argument, NULL, 'l'},
    {"stdout", no_argument, NULL, 'c'},
    {"to-stdout", no_argument, NULL, 'c'},
    {"output", required_argument, NULL, 'o'},
    {"output-dir", required_argument, NULL, OPTION_OUTPUT_DIR},
    {"recursive", no_argument, NULL, 'r'},
    {"include", required_argument, NULL, OPTION_INCLUDE},
    {"exclude", required_argument, NULL, OPTION_EXCLUDE},
    {"files", optional_argument, NULL, OPTION_FILES},
    {"files0", optional_argument, NULL, OPTION_FILES0},
    {"skip-existing", no_argument, NULL, OPTION_SKIP_EXISTING},
    {"keep", no_argument, NULL, 'k'},
    {"rm", no_argument, NULL, OPTION_RM},
    {"force", no_argument, NULL, 'f'},
    {"threads", required_argument, NULL, 'T'},
    {"memlimit", required_argument, NULL, 'M'},
    {"suffix", required_argument, NULL, 'S'},
    {"no-name", no_argument, NULL, 'n'},
    {"name", no_argument, NULL, 'N'},
    {"level", required_argument, NULL, OPTION_LEVEL},
    {"fast", no_argument, NULL, '1'},
    {"best", no_argument, NULL, '9'},
    {"raw", required_argument, NULL, OPTION_RAW},
    {"to", required_argument, NULL, OPTION_TO},
    {"scale", required_argument, NULL, OPTION_SCALE},
    {"rescue", no_argument, NULL, OPTION_RESCUE},
    {"exact", no_argument, NULL, OPTION_EXACT},
    {"pixels", no_argument, NULL, OPTION_PIXELS},
    {"no-origin", no_argument, NULL, OPTION_NO_ORIGIN},
    {"model", required_argument, NULL, OPTION_MODEL},
    {"map", no_argument, NULL, OPTION_MAP},
    {"compare", optional_argument, NULL, OPTION_COMPARE},
    {"verify", no_argument, NULL, OPTION_VERIFY},
    {"no-verify", no_argument, NULL, OPTION_NO_VERIFY},
    {"robot", no_argument, NULL, OPTION_ROBOT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"progress", no_argument, NULL, OPTION_PROGRESS},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"license", no_argument, NULL, 'L'},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *name, *suffix;
    enum bswz_target target;
} targets[] = {
    {"png", ".png", BSWZ_TO_PNG}, {"ppm", ".ppm", BSWZ_TO_PPM},    {"pam", ".pam", BSWZ_TO_PAM},
    {"raw", ".raw", BSWZ_TO_RAW}, {"webp", ".webp", BSWZ_TO_WEBP},
};

static bool set_target(const char *name, struct options *options) {
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (strcmp(name, targets[i].name) == 0) {
            options->target = targets[i].target;
            options->target_suffix = targets[i].suffix;
            return true;
        }
    }
    message_error(NULL, "'%s' is not a valid format (png, ppm, pam, raw, webp)", name);
    return false;
}

static bool set_scale(const char *text, struct options *options) {
    static const char *const scales[] = {"1/2", "1/4", "1/8", "1/16"};
    for (unsigned i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        if (strcmp(text, scales[i]) == 0) {
            options->scale = i + 1;
            return true;
        }
    }
    message_error(NULL, "'%s' is not a valid scale (1/2, 1/4, 1/8, 1/16)", text);
    return false;
}

static bool set_suffix(const char *suffix, struct options *options) {
    if (*suffix == '\0' || strchr(suffix, '/') != NULL) {
        message_error(NULL, "'%s' is not a valid suffix", suffix);
        return false;
    }
    options->suffix = suffix;
    return true;
}

static bool set_threads(const char *text, struct options *options) {
    uint32_t number;
    if (!parse_number(text, 0, BSWZ_THREADS_MAX, &number)) {
        message_error(NULL, "'%s' is not a valid number of threads (0 to %u)", text, BSWZ_THREADS_MAX);
        return false;
    }
    options->threads = number;
    options->threads_given = true;
    return true;
}

static bool set_level(const char *text, struct options *options) {
    uint32_t number;
    if (!parse_number(text, 1, 9, &number)) {
        message_error(NULL, "'%s' is not a level (1 to 9)", text);
        return false;
    }
    options->level = (int)number;
    return true;
}

/* A word of the command line that gives a level of two digits, or NULL. getopt would take -10 for -1 and -0, and -15
 * for -5. */
static const char *find_long_level(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *letter = argv[i] + 1;
        if (argv[i][0] != '-' || *letter == '-') {
            continue;
        }
        for (; *letter != '\0' && strchr("oTMS", *letter) == NULL; letter++) {
            if (letter[0] >= '0' && letter[0] <= '9' && letter[1] >= '0' && letter[1] <= '9') {
                return argv[i];
            }
        }
        i += *letter != '\0' && letter[1] == '\0'; /* the next word is its argument */
    }
    return NULL;
}

static bool set_list(const char *list, char end, struct options *options) {
    options->has_list = true;
    options->list = list;
    options->list_end = end;
    return true;
}

static bool set_pattern(const char *text, bool excludes, struct options *options) {
    if (!patterns_add(&options->patterns, text, excludes)) {
        message_error(NULL, "out of memory");
        return false;
    }
    return true;
}

/* A name of another kind may be that of a file to compare. */
static bool set_compare(const char *plot, struct options *options) {
    if (plot != NULL && !suffix_at_end(plot, ".svg")) {
        message_error(NULL, "'%s' is not a valid name of a plot: it must end in .svg", plot);
        return false;
    }
    options->mode = MODE_COMPARE;
    options->plot = plot;
    return true;
}

static bool set_memory(const char *text, struct options *options) {
    if (!parse_size(text, &options->memory_limit)) {
        message_error(NULL, "'%s' is not a valid size, such as 200M or 1GiB", text);
        return false;
    }
    return true;
}

static bool set_shape(const char *text, struct options *options) {
    if (!parse_shape(text, &options->raw_width, &options->raw_height, &options->raw_channels, &options->raw_bits,
                     &options->raw_big_endian)) {
        message_error(NULL, "'%s' is not a valid shape, such as 640x480x3 (1 to 4 channels) or 512x512x1:16le", text);
        return false;
    }
    return true;
}

/* Report what is wrong with the argument at which getopt stopped. */
static void complain(int result, char **argv) {
    const char *word = argv[optind - 1], *begun[2];
    if (result == ':') {
        message_error(NULL, "option '%s' requires an argument", word);
    } else if (optopt == 0 && spelling_begins(word, names, begun)) {
        message_error(NULL, "option '%s' is ambiguous; did you mean '--%s' or '--%s'?", word, begun[0], begun[1]);
    } else if (optopt == 0) { /* a long option */
        const char *meant = spelling_nearest(word, names);
        message_error(NULL,
                      meant != NULL ? "unrecognized option '%s'; did you mean '--%s'?" : "unrecognized option '%s'",
                      word, meant);
    } else if (optopt >= OPTION_RM || strchr(letters, optopt) != NULL) {
        message_error(NULL, "option '%s' does not take an argument", word);
    } else if (optopt == '0') {
        message_error(NULL, "'-0' is not a level (-1 to -9)");
    } else {
        message_error(NULL, "unrecognized option '-%c'", optopt);
    }
}

/* unbswz means bswz -d, and bswzcat means bswz -dcf. */
static void read_program_name(struct options *options) {
    if (strcmp(message_program(), "unbswz") == 0) {
        options->mode = MODE_DECOMPRESS;
    } else if (strcmp(message_program(), "bswzcat") == 0) {
        options->mode = MODE_DECOMPRESS;
        options->to_stdout = true;
        options->force = true;
    }
}

/* Options that cannot be used together. */
static const char *contradiction(const struct options *options) {
    if (options->mode == MODE_COMPRESS && options->target != BSWZ_TO_SOURCE) {
        return "--to can only be used with -d and --map";
    }
    if (options->mode == MODE_COMPRESS && options->scale > 0) {
        return "--scale can only be used with -d and --map";
    }
    if ((options->mode == MODE_COMPRESS || options->mode == MODE_MAP) && options->rescue) {
        return "--rescue can only be used with -d";
    }
    if (options->mode == MODE_MAP && options->remove_source) {
        return "--rm cannot be used with --map: a map does not replace its source";
    }
    if (options->scale > 0 && options->mode == MODE_DECOMPRESS && options->remove_source) {
        return "--rm cannot be used with --scale: the smaller picture does not replace its source";
    }
    if (options->output != NULL && (options->recursive || options->has_list)) {
        return "-o allows only one file; use --output-dir";
    }
    if (options->output != NULL && options->output_dir != NULL) {
        return "-o and --output-dir cannot be used together";
    }
    if (options->patterns.count > 0 && !options->recursive) {
        return "--include and --exclude can only be used with -r";
    }
    return NULL;
}

static bool check_together(struct options *options) {
    if (options->output != NULL && strcmp(options->output, "-") == 0) {
        options->output = NULL;
        options->to_stdout = true;
    } else if (options->output != NULL) {
        options->to_stdout = false;
    } else if (options->mode == MODE_MAP && options->output_dir == NULL) {
        options->to_stdout = true;
    }
    if (options->output != NULL && options->file_count > 1) {
        message_error(NULL, "-o allows only one file, but %d are given", options->file_count);
        return false;
    }
    const char *wrong = contradiction(options);
    if (wrong != NULL) {
        message_error(NULL, "%s", wrong);
        return false;
    }
    for (int i = 0; options->has_list && options->list == NULL && i < options->file_count; i++) {
        if (strcmp(options->files[i], "-") == 0) {
            message_error(NULL, "standard input cannot be both data and a list of names");
            return false;
        }
    }
    return true;
}

void arguments_free(struct options *options) {
    patterns_free(&options->patterns);
}

enum arguments_result arguments_read(int argc, char **argv, struct options *options) {
    static char dash[] = "-", *only_stdin[] = {dash, NULL};
    *options = (struct options){.mode = MODE_COMPRESS, .suffix = DEFAULT_SUFFIX};
    read_program_name(options);

    const char *level = find_long_level(argc, argv);
    bool right = level == NULL;
    int option;
    if (!right) {
        message_error(NULL, "'%s' is not a level (-1 to -9)", level);
    }
    opterr = 0; /* getopt would print the bytes of argv unmasked */
    while (right && (option = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        switch (option) {
        case 'z': options->mode = MODE_COMPRESS; break;
        case 'd': options->mode = MODE_DECOMPRESS; break;
        case 't': options->mode = MODE_TEST; break;
        case 'l': options->mode = MODE_LIST; break;
        /* of -c and --output-dir, the later one counts */
        case 'c': options->to_stdout = true, options->output_dir = NULL; break;
        case OPTION_OUTPUT_DIR: options->output_dir = optarg, options->to_stdout = false; break;
        case 'o': options->output = optarg; break;
        case 'r': options->recursive = true; break;
        case OPTION_INCLUDE: right = set_pattern(optarg, false, options); break;
        case OPTION_EXCLUDE: right = set_pattern(optarg, true, options); break;
        case OPTION_FILES: right = set_list(optarg, '\n', options); break;
        case OPTION_FILES0: right = set_list(optarg, '\0', options); break;
        case OPTION_SKIP_EXISTING: options->skip_existing = true; break;
        case 'k': options->remove_source = false; break;
        case OPTION_RM: options->remove_source = true; break;
        case 'f': options->force = true; break;
        case 'T': right = set_threads(optarg, options); break;
        case 'M': right = set_memory(optarg, options); break;
        case 'S': right = set_suffix(optarg, options); break;
        case OPTION_LEVEL: right = set_level(optarg, options); break;
        case OPTION_RAW: right = set_shape(optarg, options); break;
        case OPTION_TO: right = set_target(optarg, options); break;
        case OPTION_SCALE: right = set_scale(optarg, options); break;
        case OPTION_RESCUE: options->rescue = true; break;
        /* --exact promises what --pixels gives up: the later one counts */
        case OPTION_EXACT: options->exact = true, options->keep_pixels = false; break;
        case OPTION_PIXELS: options->keep_pixels = true, options->exact = false; break;
        case OPTION_NO_ORIGIN: options->no_origin = true; break;
        case OPTION_MODEL: options->model = optarg; break;
        case OPTION_MAP: options->mode = MODE_MAP; break;
        case OPTION_COMPARE: right = set_compare(optarg, options); break;
        case OPTION_VERIFY: options->verify = true; break;
        case OPTION_NO_VERIFY: options->no_verify = true; break;
        case OPTION_ROBOT: options->robot = true, options->json = false; break;
        case OPTION_JSON: options->json = true, options->robot = false; break;
        case OPTION_PROGRESS: options->progress = PROGRESS_ALWAYS; break;
        case OPTION_NO_PROGRESS: options->progress = PROGRESS_NEVER; break;
        case 'q': options->verbosity--; break;
        case 'v': options->verbosity++; break;
        case 'h': return ARGUMENTS_HELP;
        case 'V': return ARGUMENTS_VERSION;
        case 'L': return ARGUMENTS_LICENSE;
        case 'n':
        case 'N': break; /* as for gzip; a stream never contains a name or a time */
        case ':':
        case '?':
            complain(option, argv);
            right = false;
            break;
        default: options->level = option - '0'; break;
        }
    }
    options->files = optind < argc || options->has_list ? argv + optind : only_stdin;
    options->file_count = optind < argc || options->has_list ? argc - optind : 1;
    if (!right || !check_together(options)) {
        message_try_help();
        return ARGUMENTS_WRONG;
    }
    message_set_verbosity(options->verbosity);
    environment_read(options);
    options->level = options->level != 0 ? options->level : BSWZ_DEFAULT_LEVEL;
    return ARGUMENTS_RUN;
}
