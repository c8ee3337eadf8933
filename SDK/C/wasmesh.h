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
    MESH_INVALID = -4,     /* not UTF-8, not JSON, not of the declared type, out of its bounds */
    MESH_NO_STATE = -5,    /* the method's service has no @state */
    MESH_CANCELLED = -6    /* the workflow is cancelled */
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
    MESH_SERVICE = 8,
    MESH_RUN = 9,            /* of a workflow */
    MESH_CANCEL_REASON = 10, /* of a workflow that is being cancelled */
    MESH_PRINCIPAL = 11      /* {"name":…,"roles":[…]}: whose token came with a call over HTTP */
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
/* The same, published `delay` microseconds after mesh_now: at once with 0 and less, MESH_INVALID with more than 100 years. */
MESH_IMPORT(send_after)
int32_t mesh_send_after(const char *target, size_t target_length, const char *key, int32_t key_length, const char *json,
                        size_t length, int64_t delay);

/* Workflows. The code is run again from the start whenever something it waits for has happened, and must ask for the same
   things in the same order. Outside a method marked @workflow these functions return MESH_NOT_ALLOWED. */
enum {
    MESH_CALL = 1,   /* name: the target, data: the arguments */
    MESH_TIMER = 2,  /* data: microseconds, decimal */
    MESH_RECEIVE = 3 /* name: the signal's method */
};

/* Begins an operation: its number, from 1, or one of the results below 0. `options` is a JSON object or empty. */
MESH_IMPORT(workflow_begin)
int32_t mesh_workflow_begin(int32_t kind, const char *name, size_t name_length, const char *key, int32_t key_length,
                            const char *data, size_t data_length, const char *options, size_t options_length);
/* The place of the operation that was completed first, or MESH_CANCELLED (once). Doesn't return when it has to wait. */
MESH_IMPORT(workflow_wait) int32_t mesh_workflow_wait(const int32_t *operations, size_t count);
/* A group: the host keeps what is open in it, so that waiting for the next of thousands costs what it costs for two. An operation is in one
   group at most. `next` gives the number of the one that was completed first, of the group or of `operations`, and takes it out of the group;
   MESH_ABSENT where there is nothing to wait for. Groups are numbered from 1. */
MESH_IMPORT(workflow_group) int32_t mesh_workflow_group(void);
MESH_IMPORT(workflow_add) int32_t mesh_workflow_add(int32_t group, int32_t operation);
MESH_IMPORT(workflow_next) int32_t mesh_workflow_next(int32_t group, const int32_t *operations, size_t count);
/* 0 open, 1 has a result, 2 has an error. */
MESH_IMPORT(workflow_status) int32_t mesh_workflow_status(int32_t operation);
MESH_IMPORT(workflow_result) int32_t mesh_workflow_result(int32_t operation, char *out, size_t capacity);
MESH_IMPORT(workflow_cancel) int32_t mesh_workflow_cancel(int32_t operation);
/* Takes no more signals of the method `name`: who sends one gets FAILED_PRECONDITION, until the code begins to receive them again. */
MESH_IMPORT(workflow_close) int32_t mesh_workflow_close(const char *name, size_t length);
/* Answers the signal that the completed `receive` has got, once: with is_error 0 by the JSON of its method's result, with 1 by that of an error, as
   mesh_fail takes it. For methods with a result; who sent it waits for that. */
MESH_IMPORT(workflow_reply)
int32_t mesh_workflow_reply(int32_t operation, int32_t is_error, const char *json, size_t length);
/* 1 where the code goes the new way, 0 in a replay of what ran before the change. */
MESH_IMPORT(workflow_patch) int32_t mesh_workflow_patch(const char *name, size_t length);
/* Sets the input of the next run; then return 0. */
MESH_IMPORT(workflow_continue) int32_t mesh_workflow_continue(const char *json, size_t length);

/* What the guest defines:

   MESH_ALLOC(length) { return a block of `length` bytes, or NULL; }
   MESH_HANDLE(method, method_length, data, data_length) { handle one message; return 0, or 1 after mesh_fail; } */
#define MESH_ALLOC(length) MESH_EXPORT(mesh_alloc) void *mesh_alloc(size_t length)
#define MESH_HANDLE(method, method_length, data, data_length)                                                      \
    MESH_EXPORT(mesh_handle)                                                                                       \
    int32_t mesh_handle(const char *method, size_t method_length, const char *data, size_t data_length)
#define MESH_INITIALIZE() MESH_EXPORT(_initialize) void mesh_initialize(void)

#endif
