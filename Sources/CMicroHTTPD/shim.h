#pragma once
#include <microhttpd.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// Receives one line of libmicrohttpd's log.
typedef void (*wasmesh_http_log)(const char *line);

static inline void wasmesh_http_log_formatted(void *log, const char *format, va_list arguments) {
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    ((wasmesh_http_log)log)(line);
}

/// What a daemon calls; `context` is passed to each.
typedef struct {
    void *context;
    MHD_AccessHandlerCallback access;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    wasmesh_http_log log;
} wasmesh_http_callbacks;

static inline size_t wasmesh_http_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return __builtin_strlen(text);
}

/// `MHD_start_daemon` is variadic, which Swift can't call.
static inline struct MHD_Daemon *wasmesh_http_start(
    int listening, unsigned int connection_limit, unsigned int idle_seconds, size_t memory_limit,
    wasmesh_http_callbacks callbacks) {
    return MHD_start_daemon(
        MHD_USE_ERROR_LOG | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, callbacks.access,
        callbacks.context,
        // First, so that what the other options have to say is heard.
        MHD_OPTION_EXTERNAL_LOGGER, wasmesh_http_log_formatted, (void *)callbacks.log,
        MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT, connection_limit,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_limit,
        MHD_OPTION_NOTIFY_COMPLETED, callbacks.completed, callbacks.context, MHD_OPTION_NOTIFY_CONNECTION,
        callbacks.connection, callbacks.context,
        // Requests of HTTP/1.1 without Host, and spaces in the target, are refused.
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        // Escapes are decoded in Swift, where a zero byte doesn't end a string.
        MHD_OPTION_UNESCAPE_CALLBACK, wasmesh_http_keep_escapes, NULL, MHD_OPTION_END);
}

// Variadic as well.
static inline int wasmesh_http_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}
static inline const struct sockaddr *wasmesh_http_peer(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}
static inline void *wasmesh_http_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}
static inline size_t wasmesh_http_header_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/// A descriptor by which other threads wake the one that sleeps in `epoll_wait`; -1 with `errno` where there is none.
static inline int wasmesh_http_wakeup_make(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline void wasmesh_http_wakeup_raise(int descriptor) { (void)eventfd_write(descriptor, 1); }
