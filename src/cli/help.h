/* SPDX-License-Identifier: MIT */
/*
 * What --help, --version and --license print.
 */
#ifndef BSWZ_CLI_HELP_H
#define BSWZ_CLI_HELP_H

void help_print(void);
void help_print_version(void);
void help_print_license(void);

#endif
