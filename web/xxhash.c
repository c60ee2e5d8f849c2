/* SPDX-License-Identifier: MIT */
/*
 * xxHash, compiled from its header: there is no library of it for browsers.
 */
#define XXH_STATIC_LINKING_ONLY
#define XXH_IMPLEMENTATION
#include <xxhash.h>
