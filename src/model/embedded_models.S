/*
 * The models that the program carries, as bytes. (objcopy would make the stack
 * executable, a C array would take seconds to compile.)
 */
    .section .rodata
    .balign 64
    .global bswz_embedded_default
    .hidden bswz_embedded_default
bswz_embedded_default:
    .incbin "models/default.bsm"
    .global bswz_embedded_default_end
    .hidden bswz_embedded_default_end
bswz_embedded_default_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
