/*
 * The built-in models, as bytes. (objcopy would make the stack executable, and a C array would take seconds to
 * compile.) The assembler's -I gives the directory they come from.
 */
    .macro model name
    .balign 64
    .global bswz_embedded_\name
    .hidden bswz_embedded_\name
bswz_embedded_\name:
    .incbin "\name\().bsm"
    .global bswz_embedded_\name\()_end
    .hidden bswz_embedded_\name\()_end
bswz_embedded_\name\()_end:
    .byte 0
    .endm

    .section .rodata
    model fast
    model default
    model best
    model jpeg
    .section .note.GNU-stack, "", %progbits

/* What the compiler adds to its own objects: it states that branch targets are marked here as well (there are
 * none). The linker marks a program only if all of its objects are marked. */
#if defined(__CET__)
#include <cet.h>
#elif defined(__ARM_FEATURE_BTI_DEFAULT)
    .section .note.gnu.property, "a"
    .balign 8
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000000, 4, 3, 0
#endif
