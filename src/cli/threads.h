/*
 * How many threads to run.
 */
#ifndef BSWZ_CLI_THREADS_H
#define BSWZ_CLI_THREADS_H

/* More than any machine needs; keeps a slip of the finger from exhausting one. */
#define THREADS_MAX 1024u

/* The cores that this process may use, 1 ... THREADS_MAX. */
unsigned threads_available(void);

#endif
