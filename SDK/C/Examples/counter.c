/* A service in plain C, without a library: a counter per key, with state, an event, and a call to another counter.

   clang --target=wasm32-unknown-unknown -O2 -mbulk-memory -nostdlib -I.. -Wl,--no-entry -o counter.wasm counter.c
   wasmesh build --wasm counter.wasm counter.mesh.graphql */
#include "wasmesh.h"

/* Memory: the message lies at the start of the arena, everything else is static. One instance handles one message, so
   nothing is ever freed. */
static char arena[64 * 1024];
static size_t used;

MESH_ALLOC(length) {
    if (length > sizeof arena - used) return NULL;
    void *block = arena + used;
    used += (length + 7) & ~(size_t)7;
    return block;
}

/* Text that is being written. */
typedef struct {
    char bytes[512];
    size_t length;
} text;

static void append(text *text, const char *bytes, size_t length) {
    for (size_t i = 0; i < length && text->length < sizeof text->bytes; i++) text->bytes[text->length++] = bytes[i];
}

#define APPEND(text, literal) append(text, literal, sizeof literal - 1)

static void append_number(text *text, int64_t number) {
    char digits[20];
    size_t count = 0;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0) APPEND(text, "-");
    while (count > 0) append(text, &digits[--count], 1);
}

static int starts_with(const char *bytes, const char *end, const char *word, size_t length) {
    if ((size_t)(end - bytes) < length) return 0;
    for (size_t i = 0; i < length; i++)
        if (bytes[i] != word[i]) return 0;
    return 1;
}

/* The integer member `name` of a flat JSON object that the host has checked; 0 where it is absent. */
static int64_t member(const char *json, size_t json_length, const char *name, size_t name_length) {
    const char *end = json + json_length;
    for (const char *at = json; at < end; at++) {
        if (*at != '"' || !starts_with(at + 1, end, name, name_length)) continue;
        const char *value = at + 1 + name_length;
        if (value >= end || *value != '"') continue;
        do value++;
        while (value < end && (*value == ':' || *value == ' '));
        int negative = value < end && *value == '-';
        int64_t number = 0;
        for (value += negative; value < end && *value >= '0' && *value <= '9'; value++) number = number * 10 + (*value - '0');
        return negative ? -number : number;
    }
    return 0;
}

#define MEMBER(json, length, name) member(json, length, name, sizeof name - 1)

/* The message's key as the inside of a JSON string. */
static void append_key(text *text) {
    static char key[256];
    int32_t length = mesh_context(MESH_KEY, key, sizeof key);
    if (length > (int32_t)sizeof key) length = 0;
    for (int32_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)key[i];
        if (byte == '"' || byte == '\\') APPEND(text, "\\");
        if (byte < 0x20) {
            APPEND(text, "\\u00");
            append(text, &"0123456789abcdef"[byte >> 4], 1);
            append(text, &"0123456789abcdef"[byte & 15], 1);
        } else {
            append(text, &key[i], 1);
        }
    }
}

static int32_t fail(const char *json, size_t length) {
    mesh_fail(json, length);
    return 1;
}

#define FAIL(json) fail(json, sizeof json - 1)

/* {"id":"…","count":N}: the state's type and the event's. */
static void append_counter(text *text, int64_t count) {
    APPEND(text, "{\"id\":\"");
    append_key(text);
    APPEND(text, "\",\"count\":");
    append_number(text, count);
    APPEND(text, "}");
}

static int32_t add(const char *data, size_t length) {
    static char state[512];
    int64_t count = 0;
    int32_t state_length = mesh_state_get(state, sizeof state);
    if (state_length > (int32_t)sizeof state) return FAIL("{\"code\":\"INTERNAL_ERROR\",\"message\":\"state too large\"}");
    if (state_length > 0) count = MEMBER(state, (size_t)state_length, "count");

    int64_t by = MEMBER(data, length, "by");
    if (by <= 0) return FAIL("{\"code\":\"NOT_POSITIVE\",\"message\":\"`by` must be positive\",\"details\":{\"min\":1}}");
    count += by;

    static text counter, answer;
    append_counter(&counter, count);
    if (mesh_state_set(counter.bytes, counter.length) < 0 ||
        mesh_emit("counter.changed", 15, counter.bytes, counter.length) < 0)
        return FAIL("{\"code\":\"INTERNAL_ERROR\",\"message\":\"the state or the event isn't of its type\"}");

    /* Every hundredth is counted as well. */
    if (count / 100 != (count - by) / 100) {
        static const char call[] = "{\"id\":\"hundreds\",\"by\":1}";
        mesh_send("demo.Counters/add", 17, NULL, -1, call, sizeof call - 1);
    }
    APPEND(&answer, "{\"count\":");
    append_number(&answer, count);
    APPEND(&answer, "}");
    mesh_reply(answer.bytes, answer.length);
    mesh_log(MESH_DEBUG, "added", 5);
    return 0;
}

MESH_HANDLE(method, method_length, data, data_length) {
    const char *end = method + method_length;
    if (method_length == 12 && starts_with(method, end, "Counters/add", 12)) return add(data, data_length);
    if (method_length == 14 && starts_with(method, end, "Counters/reset", 14)) {
        mesh_state_delete();
        return 0;
    }
    return FAIL("{\"code\":\"NOT_FOUND\",\"message\":\"no such method\"}");
}
