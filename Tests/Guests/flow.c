/* A guest for the tests of workflows. What a workflow does stands in its argument `plan`, a letter for each thing:
   L a local step, R a remote one, B one that crashes, K a local one that crashes, D one that does and is durable, N one that refuses, P a state that Postgres refuses, S a sleep of 50 ms, W the signal `approve`, Q the signal `ask`, which it answers after a local step, C a child workflow, E an event, T a trap, F a failure,
   I the first letter of the name of who started it, or a dot, A ten calls at once, of which it awaits each, G and a number so many calls in a group, Z a sleep of 2 s, J a child that sleeps for an hour. Every step adds its letter to the answer. */
#include "wasmesh.h"

static unsigned char heap[4 << 20];
static unsigned used;

MESH_ALLOC(length) {
    unsigned at = (used + 15) & ~15u;
    if (at + length > sizeof heap) return 0;
    used = at + length;
    return heap + at;
}

/* Volatile, or the compiler makes a call of strlen of it. */
static int length(const volatile char *text) { int n = 0; while (text[n]) n++; return n; }

static int find(const char *data, int size, const char *word) {
    int n = length(word);
    for (int at = 0; at + n <= size; at++) {
        int same = 0;
        while (same < n && data[at + same] == word[same]) same++;
        if (same == n) return at;
    }
    return -1;
}

static char out[1 << 16];
static int written;
static void put(const char *text, int n) { for (int i = 0; i < n && written < (int)sizeof out; i++) out[written++] = text[i]; }
static void say(const char *text) { put(text, length(text)); }

static char key[1100], state[1 << 16], result[1 << 16], trace[4096];
static int key_length, traced;

/* Adds one to the counter (Postgres writes a space before the number) in the state of the key: what every step does, so that each effect can be counted. */
static void count(const char *name) {
    int n = mesh_state_get(state, sizeof state), value = 0;
    int at = n > 0 ? find(state, n, "\"count\":") : -1;
    if (at >= 0) for (at += state[at + 8] == ' ' ? 9 : 8; at < n && state[at] >= '0' && state[at] <= '9'; at++) value = value * 10 + state[at] - '0';
    value++;
    char digits[12];
    int d = 0;
    for (int rest = value; rest; rest /= 10) digits[d++] = (char)('0' + rest % 10);
    written = 0;
    /* The step says for whom it was taken. */
    int known = mesh_context(MESH_PRINCIPAL, result, sizeof result);
    say("{\"id\":\"");
    if (known < 0) put(key, key_length); else put(result + 9, 1);
    say("\",\"count\":");
    while (d) put(&digits[--d], 1);
    say("}");
    if (mesh_state_set(out, written) != 0) __builtin_trap();
    (void)name;
}

static int begin(int kind, const char *name, const char *target_key, const char *data) {
    int operation = mesh_workflow_begin(kind, name, length(name), target_key, target_key ? length(target_key) : -1, data, length(data), "", 0);
    if (operation < 0) __builtin_trap();
    return operation;
}

/* Waits for one operation; the letter for how it ended. */
static char await(int operation, char letter) {
    int place = mesh_workflow_wait(&operation, 1);
    if (place == MESH_CANCELLED) return 'x';
    return mesh_workflow_status(operation) == 1 ? letter : '!';
}

static char child_key[1200];

static int fulfil(const char *data, int size) {
    int at = find(data, size, "\"plan\":\"");
    at = at < 0 ? size : at + 8;
    int remote = 0, children = 0;
    for (; at < size && data[at] != '"'; at++) {
        char letter = data[at];
        switch (letter) {
        case 'L': letter = await(begin(MESH_CALL, "t.Flow/step", key, "{}"), letter); break;
        case 'R':
            written = 0;
            put(key, key_length); say("/"); out[written++] = (char)('0' + remote++); out[written] = 0;
            for (int i = 0; i <= written; i++) child_key[i] = out[i];
            letter = await(begin(MESH_CALL, "t.Remote/work", child_key, "{}"), letter);
            break;
        case 'O': {
            /* O8080: asks the outside at that port, once. */
            written = 0;
            say("{\"request\":{\"method\":\"POST\",\"url\":\"http://127.0.0.1:");
            for (; at + 1 < size && data[at + 1] >= '0' && data[at + 1] <= '9'; at++) put(&data[at + 1], 1);
            say("/"); put(key, key_length); say("\"}}"); out[written] = 0;
            for (int i = 0; i <= written; i++) child_key[i] = out[i];
            letter = await(begin(MESH_CALL, "mesh.Http/fetch", 0, child_key), letter);
            break;
        }
        case 'B': letter = await(begin(MESH_CALL, "t.Remote/broken", key, "{}"), letter); break;
        case 'K': letter = await(begin(MESH_CALL, "t.Flow/broken", key, "{}"), letter); break;
        case 'D': letter = await(begin(MESH_CALL, "t.Flow/brokenOften", key, "{}"), letter); break;
        case 'P': {
            /* The test has a constraint against it. */
            static const char poison[] = "{\"id\":\"x\",\"count\":77}";
            if (mesh_state_set(poison, sizeof poison - 1) != 0) __builtin_trap();
            break;
        }
        case 'I': letter = mesh_context(MESH_PRINCIPAL, result, sizeof result) < 0 ? '.' : result[9]; break;
        case 'N': letter = await(begin(MESH_CALL, "t.Remote/refuse", key, "{}"), letter); break;
        case 'A': {
            int operations[10];
            for (int i = 0; i < 10; i++) {
                written = 0;
                put(key, key_length); say("/a"); out[written++] = (char)('0' + i); out[written] = 0;
                for (int j = 0; j <= written; j++) child_key[j] = out[j];
                operations[i] = begin(MESH_CALL, "t.Remote/work", child_key, "{}");
            }
            for (int i = 0; i < 10; i++) if (await(operations[i], 'a') != 'a') letter = '!';
            break;
        }
        case 'G': {
            int total = 0, told = 0, group = mesh_workflow_group();
            for (; at + 1 < size && data[at + 1] >= '0' && data[at + 1] <= '9'; at++) total = total * 10 + data[at + 1] - '0';
            for (int i = 0; i < total; i++) {
                written = 0;
                put(key, key_length); say("/g");
                char digits[12];
                int d = 0, rest = i;
                do { digits[d++] = (char)('0' + rest % 10); rest /= 10; } while (rest);
                while (d) put(&digits[--d], 1);
                out[written] = 0;
                for (int j = 0; j <= written; j++) child_key[j] = out[j];
                if (mesh_workflow_add(group, begin(MESH_CALL, "t.Remote/work", child_key, "{}")) != 0) __builtin_trap();
            }
            for (;; told++) {
                int operation = mesh_workflow_next(group, 0, 0);
                if (operation == MESH_ABSENT) break;
                if (operation == MESH_CANCELLED) letter = 'x';
                else if (mesh_workflow_status(operation) != 1) letter = '!';
            }
            if (told != total) letter = '!';
            break;
        }
        case 'J':
            written = 0;
            put(key, key_length); say("-j"); out[written] = 0;
            for (int i = 0; i <= written; i++) child_key[i] = out[i];
            letter = await(begin(MESH_CALL, "t.Flow/fulfil", child_key, "{\"plan\":\"H\"}"), letter);
            break;
        case 'Q': {
            int asked = begin(MESH_RECEIVE, "ask", 0, "");
            letter = await(asked, letter);
            if (letter != 'Q') break;
            if (await(begin(MESH_CALL, "t.Flow/step", key, "{}"), letter) != letter) letter = '!';
            if (mesh_workflow_reply(asked, 0, "{\"value\":\"Q\"}", 13) != 0) __builtin_trap();
            break;
        }
        case 'S': letter = await(begin(MESH_TIMER, "", 0, "50000"), letter); break;
        case 'Z': letter = await(begin(MESH_TIMER, "", 0, "2000000"), letter); break;
        case 'H': letter = await(begin(MESH_TIMER, "", 0, "3600000000"), letter); break;
        case 'W': letter = await(begin(MESH_RECEIVE, "approve", 0, ""), letter); break;
        case 'C': {
            written = 0;
            put(key, key_length); say("-c"); out[written++] = (char)('0' + children++); out[written] = 0;
            for (int i = 0; i <= written; i++) child_key[i] = out[i];
            letter = await(begin(MESH_CALL, "t.Flow/fulfil", child_key, "{\"plan\":\"LS\"}"), letter);
            break;
        }
        case 'E': {
            written = 0;
            say("{\"id\":\""); put(key, key_length); say("\"}");
            if (mesh_emit("t.flowed", 8, out, written) != 0) __builtin_trap();
            break;
        }
        case 'T': __builtin_trap();
        case 'F': {
            static const char no[] = "{\"code\":\"NO_LUCK\",\"message\":\"it failed\",\"retryable\":false}";
            mesh_fail(no, sizeof no - 1);
            return 1;
        }
        }
        trace[traced++] = letter;
        if (letter == 'x') {
            static const char cancelled[] = "{\"code\":\"CANCELLED\",\"message\":\"cancelled\",\"retryable\":false}";
            mesh_fail(cancelled, sizeof cancelled - 1);
            return 1;
        }
    }
    written = 0;
    say("{\"value\":\""); put(trace, traced); say("\"}");
    mesh_reply(out, written);
    return 0;
}

MESH_HANDLE(method, method_length, data, data_length) {
    key_length = mesh_context(MESH_KEY, key, sizeof key - 1);
    key[key_length] = 0;
    if (find(method, (int)method_length, "Flow/fulfil") >= 0 || find(method, (int)method_length, "Flow/tick") >= 0) return fulfil(data, (int)data_length);
    if (find(method, (int)method_length, "/refuse") >= 0) {
        static const char no[] = "{\"code\":\"NO_STOCK\",\"message\":\"nothing left\",\"retryable\":false}";
        mesh_fail(no, sizeof no - 1);
        return 1;
    }
    if (find(method, (int)method_length, "/look") >= 0) {
        int n = mesh_state_get(state, sizeof state);
        written = 0;
        say("{\"value\":\""); say(n > 0 ? "some" : "none");
        if (mesh_context(MESH_PRINCIPAL, result, sizeof result) >= 0) { say(" for "); put(result + 9, 1); }
        say("\"}");
        if (find(data, (int)data_length, "\"write\":true") >= 0 && mesh_state_set("{\"id\":\"x\",\"count\":0}", 20) == 0) __builtin_trap();
        mesh_reply(out, written);
        return 0;
    }
    if (find(method, (int)method_length, "/broken") >= 0) __builtin_trap();
    /* It is tried again as long as there is a state. */
    if (find(method, (int)method_length, "/tidy") >= 0) {
        static const char busy[] = "{\"code\":\"PROVIDER_UNAVAILABLE\",\"message\":\"not now\",\"retryable\":true}";
        if (mesh_state_get(state, sizeof state) < 0) return 0;
        mesh_fail(busy, sizeof busy - 1);
        return 1;
    }
    count("step");
    return 0;
}
