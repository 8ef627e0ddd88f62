// Makes system calls under a seccomp filter and tells what came of each.
//
//     seccomp-probe FILTER|- CALL...      CALL: (native|int80):NUMBER[:ARGUMENT...]
//
// An argument is a number, or @A,B,C for a pointer to an array of 32-bit words. Prints a line per call: "RESULT ERRNO", or
// "signal N" where the filter killed the caller. Each call has a process, and namespaces, of its own.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter filter[4096];
static struct sock_fprog program = { 0, filter };

// Static, so that a 64-bit program built without PIE has it where a 32-bit pointer reaches.
static unsigned words[6][8];

static long int80(long number, unsigned long *a)
{
#if defined(__x86_64__) || defined(__i386__)
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
                     : "memory"
#ifdef __x86_64__
                     , "r8", "r9", "r10", "r11"
#endif
    );
    return (int)result;
#else
    (void)number, (void)a;
    return -ENOSYS;
#endif
}

static void child(char *call, long *report)
{
    int is_int80 = strncmp(call, "int80:", 6) == 0;
    unsigned long a[6] = { 0 };
    char *next = strchr(call, ':') + 1;
    unsigned long number = strtoul(next, &next, 0);
    for (int i = 0; i < 6 && *next == ':'; i++) {
        if (next[1] == '@') {
            int count = 0;
            do {
                next++;
                if (*next == '@')
                    next++;
                words[i][count++] = strtoul(next, &next, 0);
            } while (*next == ',' && count < 8);
            a[i] = (unsigned long)words[i];
        } else {
            a[i] = strtoull(next + 1, &next, 0);
        }
    }

    setsid();
    if (unshare(CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET) != 0)
        _exit(3);
    if (program.len != 0
        && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0))
        _exit(4);

    long result;
    if (is_int80) {
        result = int80(number, a);
    } else {
        result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (result == -1)
            result = -errno;
    }

    *report = result;
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (strcmp(argv[1], "-") != 0) {
        int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
        ssize_t size = fd < 0 ? -1 : read(fd, filter, sizeof filter);
        if (size <= 0 || size % sizeof filter[0] != 0)
            return 2;
        close(fd);
        program.len = size / sizeof filter[0];
    }

    long *report = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED)
        return 2;
    for (int i = 2; i < argc; i++) {
        *report = 0;
        pid_t pid = fork();
        if (pid == 0)
            child(argv[i], report);
        int status;
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            return 2;
        if (WIFSIGNALED(status))
            printf("signal %d\n", WTERMSIG(status));
        else if (WEXITSTATUS(status) != 0)
            return WEXITSTATUS(status);
        else
            printf("%ld %ld\n", *report < 0 ? -1 : *report, *report < 0 ? -*report : 0);
    }

    return 0;
}
