/* The guest ABI of Wasmesh, version 1, for C. docs/abi.md explains each function; this header only spells it.

   A guest defines mesh_alloc and mesh_handle (and initialize, if it needs one) with the macros at the end, and calls the
   functions in between. Pointers are addresses in the guest's memory, lengths are bytes, texts are UTF-8 without a terminator. */
#ifndef WASMESH_H
#define WASMESH_H

#include <stddef.h>
#include <stdint.h>

#define MESH_ABI_VERSION 1

#define MESH_IMPORT(name) __attribute__((import_module("mesh"), import_name(#name)))
#define MESH_EXPORT(name) __attribute__((export_name(#name)))

/* Results below 0. */
enum {
    MESH_ABSENT = -1,      /* no state, no such configuration value, no such context field */
    MESH_LIMIT = -2,       /* a limit is reached */
    MESH_NOT_ALLOWED = -3, /* the event isn't declared by this service, the target isn't known */
    MESH_INVALID = -4,     /* not UTF-8, not JSON, not of the declared type */
    MESH_NO_STATE = -5     /* the method's service has no @state */
};

/* Levels of mesh_log. */
enum { MESH_DEBUG = 0, MESH_INFO = 1, MESH_WARNING = 2, MESH_ERROR = 3 };

/* Fields of mesh_context. */
enum {
    MESH_ID = 0,
    MESH_KEY = 1,
    MESH_TYPE = 2,
    MESH_SOURCE = 3,
    MESH_CALLER = 4,
    MESH_TRACEPARENT = 5,
    MESH_ATTEMPT = 6,
    MESH_DEADLINE = 7,
    MESH_SERVICE = 8
};

/* The answer and the error. After mesh_fail return 1 from mesh_handle. */
MESH_IMPORT(reply) void mesh_reply(const char *json, size_t length);
MESH_IMPORT(fail) void mesh_fail(const char *json, size_t length);

/* The log, the clock (microseconds since 1970, fixed for the execution and its retries), random bytes (likewise). */
MESH_IMPORT(log) void mesh_log(int32_t level, const char *text, size_t length);
MESH_IMPORT(now) int64_t mesh_now(void);
MESH_IMPORT(random) void mesh_random(void *bytes, size_t length);

/* Reading: each returns the whole length, and writes nothing if it is more than `capacity`; or one of the results above. */
MESH_IMPORT(context) int32_t mesh_context(int32_t field, char *out, size_t capacity);
MESH_IMPORT(config) int32_t mesh_config(const char *name, size_t name_length, char *out, size_t capacity);
MESH_IMPORT(state_get) int32_t mesh_state_get(char *out, size_t capacity);
MESH_IMPORT(last_error) int32_t mesh_last_error(char *out, size_t capacity);

/* Effects: 0, or one of the results above. They take place together, once mesh_handle has returned 0. */
MESH_IMPORT(state_set) int32_t mesh_state_set(const char *json, size_t length);
MESH_IMPORT(state_delete) int32_t mesh_state_delete(void);
MESH_IMPORT(emit)
int32_t mesh_emit(const char *event, size_t event_length, const char *json, size_t length);
/* With a key_length of -1 the method's own rule finds the key. */
MESH_IMPORT(send)
int32_t mesh_send(const char *target, size_t target_length, const char *key, int32_t key_length, const char *json,
                  size_t length);

/* What the guest defines:

   MESH_ALLOC(length) { return a block of `length` bytes, or NULL; }
   MESH_HANDLE(method, method_length, data, data_length) { handle one message; return 0, or 1 after mesh_fail; } */
#define MESH_ALLOC(length) MESH_EXPORT(mesh_alloc) void *mesh_alloc(size_t length)
#define MESH_HANDLE(method, method_length, data, data_length)                                                      \
    MESH_EXPORT(mesh_handle)                                                                                       \
    int32_t mesh_handle(const char *method, size_t method_length, const char *data, size_t data_length)
#define MESH_INITIALIZE() MESH_EXPORT(_initialize) void mesh_initialize(void)

#endif
