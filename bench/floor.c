/*
 * The floor, and the stopwatch of the programs compared with it. For each byte on standard input one run, answered by a
 * line on standard output: "ok NANOSECONDS" or "failed REASON".
 *
 *   floor container LOWER UPPER WORK MERGED PROGRAM
 *       What no container engine can do without: a process in new mnt, pid, net, uts and ipc namespaces, with an overlay as its
 *       root, a /proc, and PROGRAM executed in it; timed from clone3(2) to the end of wait4(2).
 *   floor command PROGRAM ARGUMENT...
 *       PROGRAM run with no input and its output thrown away; timed from vfork(2) to the end of wait4(2).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char options[8192];

static void child(char **argv)
{
    char *empty[] = { NULL }, *program[] = { argv[4], NULL };
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) _exit(101);
    if (mount("overlay", argv[3], "overlay", 0, options)) _exit(102);
    if (chdir(argv[3])) _exit(103);
    if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) _exit(104);
    if (syscall(SYS_pivot_root, ".", ".")) _exit(105);
    if (umount2(".", MNT_DETACH)) _exit(106);
    if (chdir("/")) _exit(107);
    execve(argv[4], program, empty);
    _exit(108);
}

static pid_t container(char **argv)
{
    struct clone_args args = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC,
        .exit_signal = SIGCHLD,
    };
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) child(argv);
    return pid;
}

static pid_t command(char **argv, int null)
{
    pid_t pid = vfork();
    if (pid == 0) {
        dup2(null, 0);
        dup2(null, 1);
        if (!getenv("BENCH_SHOW_ERRORS")) dup2(null, 2);
        execvp(argv[0], argv);
        _exit(127);
    }
    return pid;
}

int main(int argc, char **argv)
{
    int is_container = argc == 7 && !strcmp(argv[1], "container");
    if (!is_container && (argc < 3 || strcmp(argv[1], "command"))) {
        fprintf(stderr, "usage: %s container LOWER UPPER WORK MERGED PROGRAM | command PROGRAM ARGUMENT...\n", argv[0]);
        return 64;
    }
    if (is_container)
        snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", argv[2], argv[3], argv[4]);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    char request;
    while (read(0, &request, 1) == 1) {
        struct timespec from, to;
        struct rusage usage;
        int status;
        clock_gettime(CLOCK_MONOTONIC, &from);
        pid_t pid = is_container ? container(argv + 2) : command(argv + 2, null);
        if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
            printf("failed %s\n", strerror(errno));
        } else {
            clock_gettime(CLOCK_MONOTONIC, &to);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                printf("ok %lld %ld\n", (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec, usage.ru_maxrss * 1024);
            else if (WIFEXITED(status))
                printf("failed with exit code %d\n", WEXITSTATUS(status));
            else
                printf("failed by signal %d\n", WTERMSIG(status));
        }
        fflush(stdout);
    }
    return 0;
}
