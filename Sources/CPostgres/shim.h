#pragma once
#include <libpq-fe.h>
#include <pthread.h>
#include <sys/eventfd.h>

/// A descriptor by which other threads wake the one that sleeps in `poll`; -1 with `errno` where there is none.
static inline int wasmesh_wakeup_make(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline void wasmesh_wakeup_raise(int descriptor) { (void)eventfd_write(descriptor, 1); }
static inline void wasmesh_wakeup_clear(int descriptor) {
    eventfd_t count;
    (void)eventfd_read(descriptor, &count);
}

/// A GNU extension that Swift's Glibc module does not offer; names are cut to 15 characters by the caller.
extern int pthread_setname_np(pthread_t thread, const char *name);
