#pragma once
#include <dlfcn.h>
#include <libpq-fe.h>
#include <sys/eventfd.h>

/// A descriptor by which other threads wake the one that sleeps in `poll`; -1 with `errno` where there is none.
static inline int wasmesh_wakeup_make(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline void wasmesh_wakeup_raise(int descriptor) { (void)eventfd_write(descriptor, 1); }
static inline void wasmesh_wakeup_clear(int descriptor) {
    eventfd_t count;
    (void)eventfd_read(descriptor, &count);
}

/// Bytes that OpenSSL has decrypted and libpq hasn't taken; `poll` on the socket doesn't tell of them.
///
/// OpenSSL's function is looked up where libpq has it from: other libraries of the process bring an OpenSSL of their own.
static inline int wasmesh_tls_pending(PGconn *connection) {
    typedef int (*pending_function)(const void *);
    static pending_function pending;
    void *tls = PQsslStruct(connection, "OpenSSL");
    if (!tls) return 0;
    pending_function known = __atomic_load_n(&pending, __ATOMIC_ACQUIRE);
    if (!known) {
        void *libpq = dlopen("libpq.so.5", RTLD_LAZY | RTLD_NOLOAD);
        if (!libpq) return 0;
        known = (pending_function)dlsym(libpq, "SSL_pending");
        dlclose(libpq);
        if (!known) return 0;
        __atomic_store_n(&pending, known, __ATOMIC_RELEASE);
    }
    return known(tls);
}
