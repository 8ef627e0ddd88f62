// What attacks need that busybox has not.
//
//     attack-probe who                    real and effective user, then the effective capabilities
//     attack-probe keyring                the serial number of the session keyring
//     attack-probe call NUMBER [ARG...]   a system call of the program's own ABI: its result or minus the errno;
//                                         an argument @A,B,C is a pointer to an array of longs
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long words[6][8];

static unsigned long parse(char *text, int index)
{
    if (*text != '@') {
        return strtoul(text, NULL, 0);
    }

    int count = 0;
    for (char *part = strtok(text + 1, ","); part != NULL && count < 8; part = strtok(NULL, ",")) {
        words[index][count++] = strtoul(part, NULL, 0);
    }

    return (unsigned long)words[index];
}

static void report(long result)
{
    printf("%ld\n", result < 0 ? -(long)errno : result);
}

int main(int argc, char **argv)
{
    unsigned long arguments[6] = { 0 };
    if (argc == 2 && strcmp(argv[1], "who") == 0) {
        char line[256];
        FILE *status = fopen("/proc/self/status", "r");
        printf("%d %d\n", getuid(), geteuid());
        while (status != NULL && fgets(line, sizeof line, status) != NULL) {
            if (strncmp(line, "CapEff", 6) == 0) {
                printf("%s", line);
            }
        }

        return 0;
    }

    if (argc == 2 && strcmp(argv[1], "keyring") == 0) {
        report(syscall(SYS_keyctl, 0, -3, 0));
        return 0;
    }

    if (argc >= 3 && argc <= 9 && strcmp(argv[1], "call") == 0) {
        for (int i = 3; i < argc; i++) {
            arguments[i - 3] = parse(argv[i], i - 3);
        }

        report(syscall(strtol(argv[2], NULL, 0), arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]));
        return 0;
    }

    return 64;
}
