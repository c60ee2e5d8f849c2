/*
 * The system calls that the command can do without.
 */
#ifndef BSWZ_CLI_SANDBOX_CALLS_H
#define BSWZ_CLI_SANDBOX_CALLS_H

/* Refuse them to this thread and to those that it starts. For good: "no new privileges" must be set. */
void sandbox_refuse_calls(void);

#endif
