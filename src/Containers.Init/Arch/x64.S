/* What C# cannot say: the first instruction and the system call. System V ABI, x86-64. */
    .section .text.start, "ax"
    .globl _start
_start:                     /* the kernel leaves argc at (%rsp), then argv, then the environment */
    movq  %rsp, %rdi
    movq  (%rdi), %rax
    leaq  16(%rdi,%rax,8), %rsi     /* the environment */
1:  lodsq
    testq %rax, %rax
    jnz   1b
2:  lodsq                           /* the auxiliary vector: pairs of type and value */
    movq  %rax, %rcx
    lodsq
    testq %rcx, %rcx
    jz    3f
    cmpq  $25, %rcx                 /* AT_RANDOM: 16 random bytes */
    jne   2b
    movq  (%rax), %rax
    movq  %rax, __security_cookie(%rip)
3:  andq  $-16, %rsp
    call  cmain
    ud2

    .globl syscall6
syscall6:                   /* long syscall6(number, a, b, c, d, e, f): -errno on failure */
    movq  %rdi, %rax
    movq  %rsi, %rdi
    movq  %rdx, %rsi
    movq  %rcx, %rdx
    movq  %r8, %r10
    movq  %r9, %r8
    movq  8(%rsp), %r9
    syscall
    ret

    .data
    .balign 8
    .globl __security_cookie
__security_cookie:          /* ILC guards methods with stack buffers; filled from AT_RANDOM at the start */
    .quad 0x5bd1e995a7c3f00d
    .section .note.GNU-stack, "", @progbits
