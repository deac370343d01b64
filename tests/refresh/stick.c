/*
 * A stick that is pulled out while it is read: preloaded into a program (LD_PRELOAD), it lets reads of the file STICK_FILE
 * fail with EIO once STICK_BYTES of it have been read, as the kernel does when the device is gone.
 *
 * cc -shared -fPIC -Os -o stick.so stick.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic long left = -1;

/* Whether this descriptor is of the stick, and the stick is gone; what is read of it counts. */
static int gone(int fd, size_t size) {
    char link[64], path[PATH_MAX];
    const char *file = getenv("STICK_FILE"), *bytes = getenv("STICK_BYTES");
    if (!file || !bytes) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strcmp(path, file)) return 0;
    if (left < 0) left = atol(bytes) + 1;
    if (left <= 1) return 1;
    left = left > (long)size ? left - (long)size : 1;
    return 0;
}

ssize_t read(int fd, void *to, size_t size) {
    static ssize_t (*next)(int, void *, size_t);
    if (!next) next = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    if (gone(fd, size)) {
        errno = EIO;
        return -1;
    }
    return next(fd, to, size);
}

ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
    static ssize_t (*next)(int, void *, size_t, off64_t);
    if (!next) next = (ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
    if (gone(fd, size)) {
        errno = EIO;
        return -1;
    }
    return next(fd, to, size, at);
}
