/*
 * What --help and --version print.
 */
#ifndef BSWZ_CLI_HELP_H
#define BSWZ_CLI_HELP_H

void help_print(void);
void help_print_version(void);

#endif
