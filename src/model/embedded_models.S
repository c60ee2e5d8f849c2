/*
 * The models that the program carries, as bytes. (objcopy would make the stack
 * executable, a C array would take seconds to compile.) The assembler's -I says which folder they come from.
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
