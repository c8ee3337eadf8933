#pragma once
#include <curl/curl.h>

// `curl_easy_setopt` and `curl_easy_getinfo` are variadic, which Swift can't call.
static inline CURLcode wasmesh_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode wasmesh_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode wasmesh_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode wasmesh_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}
typedef size_t (*wasmesh_curl_sink)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode wasmesh_curl_set_sink(CURL *handle, CURLoption option, wasmesh_curl_sink sink) {
    return curl_easy_setopt(handle, option, sink);
}
static inline long wasmesh_curl_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/// The seconds that `Retry-After` asks for, whichever form it has; 0 without it.
static inline curl_off_t wasmesh_curl_retry_after(CURL *handle) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &seconds);
    return seconds;
}

/// The `errno` of the last failed connect; 0 where it isn't known.
static inline long wasmesh_curl_os_errno(CURL *handle) {
    long number = 0;
    curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
    return number;
}

/// Asked about once a second, and more often while data flows; anything but 0 ends the transfer.
typedef int (*wasmesh_curl_progress)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
static inline CURLcode wasmesh_curl_set_progress(CURL *handle, void *context, wasmesh_curl_progress progress) {
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
}
