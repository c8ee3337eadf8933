/* Calls another service again and again, one answer after the other: {"n":<how often>}. */
#include "wasmesh.h"

static char arena[1 << 12], buffer[256];
static size_t used;

MESH_ALLOC(length) {
    if (length > sizeof arena - used) return NULL;
    used += length;
    return arena + used - length;
}

static size_t argument(char *out, int64_t value) {
    static const char head[] = "{\"n\":";
    char reversed[24];
    size_t at = 0;
    int count = 0;
    for (; at < 5; at++) out[at] = head[at];
    do { reversed[count++] = (char)('0' + value % 10); value /= 10; } while (value);
    while (count) out[at++] = reversed[--count];
    out[at++] = '}';
    return at;
}

MESH_HANDLE(method, method_length, data, data_length) {
    (void)method; (void)method_length;
    int64_t count = 0;
    for (size_t i = 0; i < data_length; i++) if (data[i] >= '0' && data[i] <= '9') count = count * 10 + data[i] - '0';
    for (int64_t i = 0; i < count; i++) {
        int32_t op = mesh_workflow_begin(MESH_CALL, "pay.Payments/capture", 20, NULL, -1, buffer, argument(buffer, i), "", 0);
        if (op < 0 || mesh_workflow_wait(&op, 1) < 0) return 1;
        mesh_workflow_result(op, buffer, sizeof buffer);
    }
    return 0;
}
