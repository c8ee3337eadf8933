/* Calls another service {"n":<how often>} times: one answer after the other, or (Orders/fan) all at once, taking the answers as they come. */
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

static int32_t open[20000];

static int32_t call(int64_t number) {
    return mesh_workflow_begin(MESH_CALL, "pay.Payments/capture", 20, NULL, -1, buffer, argument(buffer, number), "", 0);
}

static int32_t fan(size_t count) {
    for (size_t i = 0; i < count; i++) if ((open[i] = call((int64_t)i)) < 0) return 1;
    while (count > 0) {
        int32_t place = mesh_workflow_wait(open, count);
        if (place < 0) return 1;
        mesh_workflow_result(open[place], buffer, sizeof buffer);
        count--;
        __builtin_memmove(open + place, open + place + 1, (count - (size_t)place) * sizeof open[0]);
    }
    return 0;
}

MESH_HANDLE(method, method_length, data, data_length) {
    int64_t count = 0;
    for (size_t i = 0; i < data_length; i++) if (data[i] >= '0' && data[i] <= '9') count = count * 10 + data[i] - '0';
    if (method_length == 10 && method[7] == 'f' && method[8] == 'a') return fan((size_t)count);
    for (int64_t i = 0; i < count; i++) {
        int32_t op = call(i);
        if (op < 0 || mesh_workflow_wait(&op, 1) < 0) return 1;
        mesh_workflow_result(op, buffer, sizeof buffer);
    }
    return 0;
}
