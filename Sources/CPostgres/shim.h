#pragma once
#include <libpq-fe.h>
#include <sys/eventfd.h>

/// A descriptor by which other threads wake the one that sleeps in `poll`; -1 with `errno` where there is none.
static inline int wasmesh_wakeup_make(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline void wasmesh_wakeup_raise(int descriptor) { (void)eventfd_write(descriptor, 1); }
static inline void wasmesh_wakeup_clear(int descriptor) {
    eventfd_t count;
    (void)eventfd_read(descriptor, &count);
}
