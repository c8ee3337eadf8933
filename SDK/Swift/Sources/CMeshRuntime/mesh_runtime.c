// What Embedded Swift, and C, expect of a C library, for a sandbox that has none.

#ifdef __wasm__

#include "mesh_heap.h"
#include <stdint.h>

extern unsigned char __heap_base;

__attribute__((import_module("mesh"), import_name("random"))) extern void mesh_random(void *buffer, int32_t length);
__attribute__((import_module("mesh"), import_name("log"))) extern void mesh_log(int32_t level, const char *text, int32_t length);

enum { PAGE = 65536 };

// Swift ends the guest in a trap that doesn't say why.
static void tell_no_memory(size_t size) {
    char text[] = "the sandbox gives no more memory: 0000000000 more bytes were asked for";
    char *digit = text + 44;
    do *--digit = (char)('0' + size % 10);
    while (size /= 10);
    char *begin = text + 34;
    __builtin_memmove(begin, digit, (size_t)(text + sizeof text - 1 - digit));
    mesh_log(3, text, (int32_t)(sizeof text - 1 - (size_t)(digit - begin)));
}

// Linear memory between the linker's data and the first page boundary is the heap's first piece; then it grows by pages.
void *mesh_heap_grow(size_t size, size_t *given) {
    static uintptr_t unused;
    if (!unused) unused = (uintptr_t)&__heap_base;
    uintptr_t end = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
    if (end - unused < size) {
        size_t pages = (size - (end - unused) + PAGE - 1) / PAGE;
        if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) {
            tell_no_memory(size);
            return NULL;
        }
        end += pages * PAGE;
    }
    void *piece = (void *)unused;
    *given = end - unused;
    unused = end;
    return piece;
}

// MARK: - Memory

void *malloc(size_t size) { return mesh_heap_allocate(size, 16); }

void free(void *block) { mesh_heap_free(block); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    *result = mesh_heap_allocate(size, alignment);
    return *result ? 0 : 12;  // ENOMEM
}

void *aligned_alloc(size_t alignment, size_t size) { return mesh_heap_allocate(size, alignment); }

void *calloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return NULL;
    void *block = mesh_heap_allocate(total, 16);
    return block ? __builtin_memset(block, 0, total) : NULL;
}

void *realloc(void *block, size_t size) {
    if (!block) return malloc(size);
    size_t old = mesh_heap_block_size(block);
    if (size <= old && size >= old / 2) return block;
    void *moved = malloc(size);
    if (!moved) return NULL;
    __builtin_memcpy(moved, block, old < size ? old : size);
    free(block);
    return moved;
}

// With -mbulk-memory these are single instructions.
void *memset(void *to, int byte, size_t count) { return __builtin_memset(to, byte, count); }
void *memcpy(void *to, const void *from, size_t count) { return __builtin_memcpy(to, from, count); }
void *memmove(void *to, const void *from, size_t count) { return __builtin_memmove(to, from, count); }

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *a = left, *b = right;
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i]) return a[i] - b[i];
    return 0;
}

size_t strlen(const char *text) {
    size_t count = 0;
    while (text[count]) count++;
    return count;
}

// MARK: - Random numbers: the execution's own, the same in each retry

void arc4random_buf(void *buffer, size_t count) { mesh_random(buffer, (int32_t)count); }

uint32_t arc4random(void) {
    uint32_t value;
    arc4random_buf(&value, sizeof value);
    return value;
}

// MARK: - print: one line of the log for each line

int putchar(int character) {
    static char line[1024];
    static int32_t length;
    if (character != '\n') line[length++] = (char)character;
    if (character == '\n' || length == sizeof line) {
        mesh_log(1, line, length);
        length = 0;
    }
    return character;
}

#endif
