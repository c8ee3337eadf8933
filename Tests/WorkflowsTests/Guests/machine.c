/* Runs the programs of Instruction.swift in the sandbox, and the local steps that they call. Programs/NativeProgram.swift is the same in Swift. */
#include "wasmesh.h"

enum {
    CALL = 1, LOCAL, TIMER, RECEIVE, CHILD, AWAIT, ANY, STATUS, CANCEL, EMIT, SEND, READ, WRITE, DELETE, PATCH, RANDOM, NOW, SKIP, LOOP,
    NEXT, FAIL, REFUSED, CONFIG, CLOSE, REPLY
};
enum { SLOTS = 8 };

static char arena[1 << 17];
static size_t used;
/* The operation that was taken last. */
static int32_t told;
static char buffer[1 << 16];
static char text[1 << 12];
static uint64_t number = 0xcbf29ce484222325ull;
static int32_t slots[SLOTS];
static uint8_t counters[4];
static int32_t failed;

MESH_ALLOC(length) {
    length = (length + 7) & ~(size_t)7;
    if (length > sizeof arena - used) return NULL;
    used += length;
    return arena + used - length;
}

/* The empty statement keeps the compiler from calling strlen, which isn't there. */
static size_t len(const char *s) { size_t n = 0; while (s[n]) { n++; __asm__ volatile(""); } return n; }
static size_t put(char *out, size_t at, const char *s) { for (; *s; s++) out[at++] = *s; return at; }
static size_t digits(char *out, size_t at, int64_t value) {
    char reversed[24];
    int count = 0;
    if (value < 0) { out[at++] = '-'; value = -value; }
    do { reversed[count++] = (char)('0' + value % 10); value /= 10; } while (value);
    while (count) out[at++] = reversed[--count];
    return at;
}
static size_t hex(char *out, size_t at, uint64_t value) {
    char reversed[16];
    int count = 0;
    do { reversed[count++] = "0123456789abcdef"[value & 15]; value >>= 4; } while (value);
    while (count) out[at++] = reversed[--count];
    return at;
}

static void fold(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) number = (number ^ (uint8_t)bytes[i]) * 0x100000001b3ull;
}
static void fold_number(int64_t value) { char out[24]; fold(out, digits(out, 0, value)); }

/* {"n":<argument>} */
static size_t argument(char *out, uint8_t value) {
    size_t at = put(out, 0, "{\"n\":");
    at = digits(out, at, (int64_t)value + (int64_t)(number & 0xFFFF));
    out[at++] = '}';
    return at;
}

/* The number after "n": in a JSON object, 0 without one. */
static int64_t number_in(const char *json, size_t length) {
    for (size_t i = 0; i + 4 < length; i++)
        if (json[i] == '"' && json[i + 1] == 'n' && json[i + 2] == '"' && json[i + 3] == ':') {
            int64_t value = 0;
            for (i += 4; i < length && json[i] >= '0' && json[i] <= '9'; i++) value = value * 10 + json[i] - '0';
            return value;
        }
    return 0;
}

static void fail(const char *code) {
    size_t at = put(text, 0, "{\"code\":\"");
    at = put(text, at, code);
    at = put(text, at, "\",\"message\":\"at ");
    at = hex(text, at, number);
    at = put(text, at, "\",\"retryable\":false}");
    mesh_fail(text, at);
    failed = 1;
}

static int32_t begin(int32_t kind, const char *name, const char *key, const char *data, size_t data_length, const char *options) {
    return mesh_workflow_begin(kind, name, len(name), key, key ? (int32_t)len(key) : -1, data, data_length, options, len(options));
}

static void take(int slot) {
    int32_t status = mesh_workflow_status(slots[slot]);
    if (status == 0) fold_number(99);
    else {
        int32_t length = mesh_workflow_result(slots[slot], buffer, sizeof buffer);
        if (status == 1) fold(buffer, (size_t)length);
        else
            for (int32_t i = 0; i + 8 < length; i++)
                if (buffer[i] == '"' && buffer[i + 1] == 'c' && buffer[i + 2] == 'o' && buffer[i + 3] == 'd' && buffer[i + 4] == 'e') {
                    int32_t end = i + 8;
                    while (buffer[end] != '"') end++;
                    fold(buffer + i + 8, (size_t)(end - i - 8));
                    break;
                }
    }
    told = slots[slot];
    slots[slot] = 0;
}

static void clean_up(void) {
    int32_t length = mesh_context(MESH_CANCEL_REASON, buffer, sizeof buffer);
    if (length > 0) fold(buffer, (size_t)length);
    for (int i = 0; i < SLOTS; i++) if (slots[i] > 0) mesh_workflow_cancel(slots[i]);
    for (int i = 0; i < SLOTS; i++)
        if (slots[i] > 0) {
            mesh_workflow_wait(&slots[i], 1);
            take(i);
        }
    fail("CANCELLED");
}

static void start(const uint8_t *code) {
    static const char *const targets[] = {"pay.P/take", "pay.P/fail", "pay.P/flaky", "pay.P/late"};
    static const char *const steps[] = {"shop.W/step", "shop.W/failing", "shop.W/flaky"};
    static const char *const call_options[] = {"", "", "{\"retries\":3,\"backoff\":\"none\"}", "{\"deadline\":50000}"};
    static const char *const child_options[] = {"", "{\"detached\":true}", "{\"parentClose\":\"abandon\"}"};
    int slot = code[1];
    uint8_t b = code[2], c = code[3];
    char data[64], key[16];
    size_t length = argument(data, b);
    int32_t op;
    switch (code[0]) {
    case CALL:
        key[0] = 'k'; key[1] = (char)('0' + b % 3); key[2] = 0;
        op = begin(MESH_CALL, targets[c % 4], key, data, length, call_options[c % 4]);
        break;
    case LOCAL: op = begin(MESH_CALL, steps[c % 3], NULL, data, length, "{\"delay\":1000}"); break;
    case TIMER: op = begin(MESH_TIMER, "", NULL, data, digits(data, 0, (int64_t)b * 1000), ""); break;
    case RECEIVE: op = begin(MESH_RECEIVE, b % 2 == 0 ? "approve" : "ask", NULL, "", 0, ""); break;
    default: {
        size_t at = put(key, 0, "child-");
        at = digits(key, at, b);
        key[at] = 0;
        op = begin(MESH_CALL, "pay.P/child", c == 0 ? NULL : key, data, length, child_options[c % 3]);
    }
    }
    if (op > 0) slots[slot] = op; else fold_number(op);
}

static void any(int mask) {
    int32_t operations[SLOTS], chosen[SLOTS];
    int count = 0;
    for (int i = 0; i < SLOTS; i++) if (mask >> i & 1 && slots[i] > 0) { operations[count] = slots[i]; chosen[count++] = i; }
    if (count == 0) return;
    int32_t place = mesh_workflow_wait(operations, (size_t)count);
    if (place < 0) { clean_up(); return; }
    fold_number(chosen[place]);
    take(chosen[place]);
}

/* The same by a group: one of its own, or the one that lasts, which has more and more members. */
static void any_of_group(int mask, int is_own) {
    static int32_t own, lasting;
    int32_t others[SLOTS];
    int count = 0, chosen = 0;
    for (int i = 0; i < SLOTS; i++) if (mask >> i & 1 && slots[i] > 0) chosen++;
    if (chosen == 0) return;
    if (is_own || lasting == 0) {
        own = mesh_workflow_group();
        if (!is_own) lasting = own;
    }
    int32_t group = is_own ? own : lasting;
    for (int i = 0; i < SLOTS; i++)
        if (mask >> i & 1 && slots[i] > 0 && mesh_workflow_add(group, slots[i]) < 0) others[count++] = slots[i];
    int32_t op = mesh_workflow_next(group, others, (size_t)count);
    if (op == MESH_CANCELLED) { clean_up(); return; }
    for (int i = 0; i < SLOTS; i++)
        if (op > 0 && slots[i] == op) {
            fold_number(i);
            take(i);
            return;
        }
    fold_number(op);
}

static uint8_t nibble(char c) { return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10); }

/* 1 where another run follows. */
static int work(const char *input, size_t input_length) {
    static uint8_t code[1 << 14];
    size_t count = 0, at = 6;
    for (; input[at] != '"'; at += 2) code[count++] = (uint8_t)(nibble(input[at]) << 4 | nibble(input[at + 1]));
    int run = (int)number_in(input, input_length);
    count /= 4;
    int executed = 0;
    for (size_t pc = 0; pc < count;) {
        const uint8_t *i = code + pc * 4;
        uint8_t a = i[1], b = i[2], c = i[3];
        char data[64], key[3] = {'k', 0, 0};
        executed++;
        pc++;
        switch (i[0]) {
        case CALL: case LOCAL: case TIMER: case RECEIVE: case CHILD: start(i); break;
        case AWAIT:
            if (slots[a] == 0) break;
            if (mesh_workflow_wait(&slots[a], 1) < 0) clean_up(); else take(a);
            break;
        case ANY: if (b == 0) any(a); else any_of_group(a, b == 1); break;
        case STATUS: if (slots[a] > 0) fold_number(mesh_workflow_status(slots[a])); break;
        case CANCEL: if (slots[a] > 0) fold_number(mesh_workflow_cancel(slots[a])); break;
        case EMIT: fold_number(mesh_emit("shop.happened", 13, data, argument(data, a))); break;
        case SEND:
            key[1] = (char)('0' + a % 3);
            fold_number(mesh_send("pay.P/take", 10, key, 2, data, argument(data, a)));
            break;
        case READ: {
            int32_t length = mesh_state_get(buffer, 3); /* too small at first */
            if (length > 3) length = mesh_state_get(buffer, sizeof buffer);
            if (length >= 0) fold(buffer, (size_t)length); else fold_number(length);
            break;
        }
        case WRITE: fold_number(mesh_state_set(data, argument(data, a))); break;
        case DELETE: fold_number(mesh_state_delete()); break;
        case PATCH: {
            char name[8];
            size_t length = put(name, 0, "patch-");
            name[length++] = (char)('0' + a);
            fold_number(mesh_workflow_patch(name, length));
            break;
        }
        case RANDOM: mesh_random(data, 8); fold(data, 8); break;
        case NOW: fold_number(mesh_now()); break;
        case SKIP: if (number >> a & 1) pc += b; break;
        case LOOP:
            if (counters[a] < b && executed < 300) { counters[a]++; pc -= (size_t)c + 1; } else counters[a] = 0;
            break;
        case NEXT: {
            if (run >= a) break;
            size_t length = 0;
            while (length < at) { buffer[length] = input[length]; length++; }
            length = put(buffer, length, "\",\"n\":");
            length = digits(buffer, length, run + 1);
            buffer[length++] = '}';
            mesh_workflow_continue(buffer, length);
            return 1;
        }
        case FAIL: fail("BROKEN"); break;
        case REFUSED:
            if (a == 0) fold_number(begin(MESH_CALL, "no.Body/there", NULL, data, argument(data, 0), ""));
            else if (a == 1) fold_number(mesh_emit("not.declared", 12, data, argument(data, 0)));
            else fold_number(begin(MESH_CALL, "pay.P/take", NULL, data, argument(data, 0), "[]"));
            break;
        case CONFIG: {
            char name[8];
            size_t length = put(name, 0, "value-");
            name[length++] = (char)('0' + a);
            int32_t size = mesh_config(name, length, buffer, 3); /* too small at first */
            if (size > 3) size = mesh_config(name, length, buffer, sizeof buffer);
            if (size >= 0) fold(buffer, (size_t)size); else fold_number(size);
            break;
        }
        case REPLY:
            if (b == 1) fold_number(mesh_workflow_reply(told, 1, "{\"code\":\"NO\",\"message\":\"no\"}", 28));
            else if (b == 2) fold_number(mesh_workflow_reply(told, 0, "{\"value\":\"wrong\"}", 17));
            else fold_number(mesh_workflow_reply(told, 0, data, argument(data, a)));
            break;
        case CLOSE: fold_number(a == 0 ? mesh_workflow_close("approve", 7) : mesh_workflow_close("ask", 3)); break;
        }
        if (failed) return 0;
    }
    return 0;
}

static int32_t step(const char *method, size_t method_length, const char *data, size_t data_length) {
    char attempt = '0';
    mesh_context(MESH_ATTEMPT, &attempt, 1);
    if (method[2] == 'f' && (method_length == 9 || attempt < '3')) {
        static const char error[] = "{\"code\":\"PROVIDER_UNAVAILABLE\",\"message\":\"not now\",\"retryable\":";
        size_t at = put(text, 0, error);
        at = put(text, at, method_length == 9 ? "false}" : "true}");
        mesh_fail(text, at);
        return 1;
    }
    int32_t length = mesh_state_get(buffer, sizeof buffer);
    int64_t sum = number_in(data, data_length) + (length > 0 ? number_in(buffer, (size_t)length) : 0);
    size_t at = put(text, 0, "{\"n\":");
    at = digits(text, at, sum);
    text[at++] = '}';
    mesh_state_set(text, at);
    mesh_emit("shop.stepped", 12, data, data_length);
    at = put(text, 0, "{\"value\":");
    at = digits(text, at, sum);
    text[at++] = '}';
    mesh_reply(text, at);
    return 0;
}

/* Calls a local step, one after the other; without end for a count of 0. */
static void steps(const char *target, int64_t count, uint8_t value) {
    for (int64_t i = 0; count == 0 || i < count; i++) {
        char data[64];
        int32_t op = begin(MESH_CALL, target, NULL, data, argument(data, value), "");
        if (op < 0 || mesh_workflow_wait(&op, 1) < 0) return;
        int32_t length = mesh_workflow_result(op, buffer, sizeof buffer);
        fold(buffer, (size_t)length);
    }
    size_t at = put(text, 0, "{\"value\":\"");
    at = hex(text, at, number);
    mesh_reply(text, put(text, at, "\"}"));
}

/* Sleeps and waits, one after the other. */
static void sleeps(int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        int32_t op = begin(MESH_TIMER, "", NULL, "1000", 4, "");
        if (op < 0 || mesh_workflow_wait(&op, 1) < 0) return;
    }
}

/* A local step that takes its time. */
static void spin(void) {
    volatile uint64_t work = 0;
    for (int64_t i = 0; i < 100000000; i++) work += (uint64_t)i;
    mesh_reply("{\"value\":0}", 11);
}

static int is(const char *method, size_t length, const char *name) {
    if (length != len(name)) return 0;
    while (*name) if (*method++ != *name++) return 0;
    return 1;
}

MESH_HANDLE(method, method_length, data, data_length) {
    if (is(method, method_length, "W/spin")) spin();
    else if (is(method, method_length, "W/heavy")) steps("shop.W/spin", number_in(data, data_length), 1);
    else if (is(method, method_length, "W/steps")) steps("shop.W/step", number_in(data, data_length), 1);
    else if (is(method, method_length, "W/sleeps")) sleeps(number_in(data, data_length));
    else if (!is(method, method_length, "W/run")) return step(method, method_length, data, data_length);
    else if (!work(data, data_length)) {
        if (failed) return 1;
        size_t at = put(text, 0, "{\"value\":\"");
        at = hex(text, at, number);
        mesh_reply(text, put(text, at, "\"}"));
    }
    return 0;
}
