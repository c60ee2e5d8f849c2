/* SPDX-License-Identifier: MIT */
/*
 * The system calls that the command does not need.
 */
#ifndef BSWZ_CLI_SANDBOX_CALLS_H
#define BSWZ_CLI_SANDBOX_CALLS_H

/* Deny them to this thread and to those that it starts, permanently. "No new privileges" must be set. */
void sandbox_refuse_calls(void);

#endif
