/* SPDX-License-Identifier: MIT */
/*
 * The built-in models, packed (packed.h), as bytes. (objcopy would make the stack executable, and a C array would take seconds to
 * compile.) The assembler finds them through -I.
 */
    .macro model name
#if defined(__wasm__)
    /* symbols have a size, and are in a section of their own */
    .section .rodata.bswz_embedded_\name, "", @
    .type bswz_embedded_\name, @object
    .type bswz_embedded_\name\()_end, @object
    .size bswz_embedded_\name, bswz_embedded_\name\()_end - bswz_embedded_\name
    .size bswz_embedded_\name\()_end, 1
#endif
    .balign 64
    .global bswz_embedded_\name
    .hidden bswz_embedded_\name
bswz_embedded_\name:
    .incbin "\name\().packed"
    .global bswz_embedded_\name\()_end
    .hidden bswz_embedded_\name\()_end
bswz_embedded_\name\()_end:
    .byte 0
    .endm

#if !defined(__wasm__)
    .section .rodata
#endif
    model fast
    model default
    model best
    model jpeg
#if !defined(__wasm__)
    .section .note.GNU-stack, "", %progbits
#endif

/* The note that compilers add to their objects: all branch targets here are marked, too (there are none). The linker
 * marks a program only if all of its objects are marked. */
#if defined(__CET__)
#include <cet.h>
#elif defined(__ARM_FEATURE_BTI_DEFAULT)
    .section .note.gnu.property, "a"
    .balign 8
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000000, 4, 3, 0
#endif
