/* SPDX-License-Identifier: MIT */
/*
 * Accounts (account.h).
 */
#include "pyramid/account.h"

void account_add(struct account *account, const struct account *more) {
    for (unsigned share = 0; share < SHARES; share++) {
        account->bits[share] += more->bits[share];
    }
}
