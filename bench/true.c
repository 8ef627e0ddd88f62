/* The program in every container: ends at once, or with an argument sleeps for ever. No libc, so that its own start costs next to nothing. */
#include <asm/unistd.h>

static long call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
#else
#error "x86-64 and arm64 only"
#endif
}

/* The kernel leaves argc on top of the stack; _start below hands its address over. */
__attribute__((noreturn, used)) static void start(long *stack)
{
    while (stack[0] > 1)
        call(__NR_ppoll, 0, 0, 0, 0);
    for (;;)
        call(__NR_exit_group, 0, 0, 0, 0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
#else
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl start\n");
#endif
