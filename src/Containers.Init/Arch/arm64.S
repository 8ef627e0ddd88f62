/* What C# cannot say: the first instruction and the system call. AAPCS64. */
    .section .text.start, "ax"
    .globl _start
_start:
    mov   x0, sp
    ldr   x1, [x0]
    add   x2, x0, x1, lsl #3
    add   x2, x2, #16               /* the environment */
1:  ldr   x3, [x2], #8
    cbnz  x3, 1b
2:  ldp   x3, x4, [x2], #16         /* the auxiliary vector: pairs of type and value */
    cbz   x3, 3f
    cmp   x3, #25                   /* AT_RANDOM: 16 random bytes */
    b.ne  2b
    ldr   x4, [x4]
    adrp  x5, __security_cookie
    str   x4, [x5, #:lo12:__security_cookie]
3:  and   sp, x0, #-16
    bl    cmain
    brk   #1

    .globl syscall6
syscall6:                   /* long syscall6(number, a, b, c, d, e, f): -errno on failure */
    mov   x8, x0
    mov   x0, x1
    mov   x1, x2
    mov   x2, x3
    mov   x3, x4
    mov   x4, x5
    mov   x5, x6
    svc   #0
    ret

    .data
    .balign 8
    .globl __security_cookie
__security_cookie:
    .quad 0x5bd1e995a7c3f00d
    .section .note.GNU-stack, "", @progbits
