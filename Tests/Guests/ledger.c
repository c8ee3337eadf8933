/* A guest for the worker's tests: each message adds its id to the state of its key and emits one event.
   The argument `mode` makes it misbehave: refuse, retry (works at the third attempt), never (always to be retried),
   trap, spin, who (adds the name of who called in place of the id), whoLater (the same at the third attempt). Built with BUILD, it adds that to the ids. */
#include "wasmesh.h"

static unsigned char heap[4 << 20];
static unsigned used;

MESH_ALLOC(length) {
    unsigned at = (used + 15) & ~15u;
    if (at + length > sizeof heap) return 0;
    used = at + length;
    return heap + at;
}

static int length(const char *text) { int n = 0; while (text[n]) n++; return n; }

static int find(const char *data, int size, const char *word) {
    int n = length(word);
    for (int at = 0; at + n <= size; at++) {
        int same = 0;
        while (same < n && data[at + same] == word[same]) same++;
        if (same == n) return at;
    }
    return -1;
}

static char out[1 << 20];
static int written;
static void put(const char *text, int n) { for (int i = 0; i < n && written < (int)sizeof out; i++) out[written++] = text[i]; }
static void say(const char *text) { put(text, length(text)); }

/* The text of the member `name` of a flat object, as it stands there. */
static int member(const char *data, int size, const char *name, const char **value) {
    int at = find(data, size, name);
    if (at < 0) return 0;
    at += length(name);
    /* As the guest wrote it, or as Postgres writes it. */
    while (at < size && (data[at] == ':' || data[at] == ' ')) at++;
    if (at == size || data[at++] != '"') return 0;
    int end = at;
    while (end < size && data[end] != '"') end++;
    *value = data + at;
    return end - at;
}

static char state[1 << 20], key[1100], id[1100], principal[2100];

MESH_HANDLE(method, method_length, data, data_length) {
    int size = (int)data_length;
    int id_length = mesh_context(0, id, sizeof id), key_length = mesh_context(1, key, sizeof key);
    if (find(data, size, "\"mode\":\"trap\"") >= 0) __builtin_trap();
    if (find(data, size, "\"mode\":\"spin\"") >= 0) for (volatile int i = 0;; i++) {}
    if (find(data, size, "\"mode\":\"refuse\"") >= 0) {
        static const char no[] = "{\"code\":\"NO_STOCK\",\"message\":\"nothing left\",\"details\":{\"left\":0},\"retryable\":false}";
        mesh_fail(no, sizeof no - 1);
        return 1;
    }
    char attempt[8] = {0};
    mesh_context(6, attempt, sizeof attempt);
    int is_late = find(data, size, "\"mode\":\"whoLater\"") >= 0, is_who = is_late || find(data, size, "\"mode\":\"who\"") >= 0;
    if ((is_late || find(data, size, "\"mode\":\"retry\"") >= 0) && attempt[0] < '3') {
        static const char later[] = "{\"code\":\"LATER\",\"message\":\"not yet\",\"retryable\":true}";
        mesh_fail(later, sizeof later - 1);
        return 1;
    }
    if (find(data, size, "\"mode\":\"never\"") >= 0) {
        static const char later[] = "{\"code\":\"LATER\",\"message\":\"not yet\",\"retryable\":true}";
        mesh_fail(later, sizeof later - 1);
        return 1;
    }
    const char *what = id, *logged = 0;
    int what_length = id_length, logged_length = 0;
    int principal_length = mesh_context(MESH_PRINCIPAL, principal, sizeof principal);
    if (is_who) what_length = principal_length < 0 ? 0 : member(principal, principal_length, "\"name\"", &what);
    if (find(method, (int)method_length, "Audit/") >= 0) {
        what_length = member(data, size, "\"message\"", &what);
        /* What follows from a call has no principal. */
        if (principal_length >= 0) __builtin_trap();
    }
    int state_length = mesh_state_get(state, sizeof state);
    if (state_length > 0) logged_length = member(state, state_length, "\"log\"", &logged);
    written = 0;
    say("{\"id\":\""); put(key, key_length); say("\",\"log\":\"");
    if (logged_length > 0) { put(logged, logged_length); say(","); }
    put(what, what_length);
#ifdef BUILD
    if (find(method, (int)method_length, "Ledger/") >= 0) say(BUILD);
#endif
    say("\"}");
    if (mesh_state_set(out, written) != 0) __builtin_trap();
    if (find(method, (int)method_length, "Ledger/") >= 0) {
        written = 0;
        say("{\"id\":\""); put(key, key_length); say("\",\"message\":\""); put(id, id_length); say("\"}");
        if (mesh_emit("t.written", 9, out, written) != 0) __builtin_trap();
    }
    return 0;
}
