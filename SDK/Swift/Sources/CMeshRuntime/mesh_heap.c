// The guest's heap: segregated free lists with immediate coalescing (boundary tags).
//
// An instance lives for one message, so the heap starts empty each time; it must still give memory back, because one
// message may make and drop more garbage than the sandbox has room for. Every block is a multiple of 16 bytes with a
// 16-byte header that tells its size, its state, and the size of the block before it, so that both neighbours are found
// in constant time. A bitmap tells which lists have blocks: the fitting list is one count-trailing-zeros away.
//
// Most messages never need memory twice, so two things are cheaper than that. What is free at the end of the newest piece is
// on no list, and is cut from when no list fits. Small blocks that are given back are kept as they are, for the next of
// their size, and merged with their neighbours only where memory would have to grow otherwise.

#include "mesh_heap.h"
#include <stdint.h>

typedef struct block {
    size_t size;      // of the whole block with its header, a multiple of 16; bits: IN_USE, LAST of its piece, KEPT
    size_t previous;  // size of the block before this one, 0 at the start of a piece
#if SIZE_MAX == UINT32_MAX
    uint32_t padding[2];
#endif
    struct block *next_free;  // from here on only while free: overlaps the content
    struct block *previous_free;
} block;

enum { HEADER = 16, UNIT = 16, IN_USE = 1, LAST = 2, KEPT = 4, FLAGS = 15, SMALLEST = 32, EXACT_LISTS = 32, LISTS = 64 };

static block *lists[LISTS];
static uint64_t occupied;
static block *kept[EXACT_LISTS];  // linked by next_free; in use for their neighbours
static size_t used;
static block *last_block;  // the one with the flag LAST of the newest piece, on no list where it is free,
static block *last_end;    // and where that piece ends

static size_t size_of(const block *b) { return b->size & ~(size_t)FLAGS; }
static block *after(block *b) { return (block *)((char *)b + size_of(b)); }
static block *before(block *b) { return (block *)((char *)b - b->previous); }

// Sizes below 512 have a list each; above, four lists for each power of two.
static unsigned list_of(size_t size) {
    if (size < EXACT_LISTS * UNIT) return (unsigned)(size / UNIT);
    unsigned log = (unsigned)(sizeof(unsigned long long) * 8 - 1) - (unsigned)__builtin_clzll(size);
    unsigned list = EXACT_LISTS + (log - 9) * 4 + (unsigned)((size >> (log - 2)) & 3);
    return list < LISTS ? list : LISTS - 1;
}

static void put(block *b) {
    if (b == last_block) return;
    unsigned list = list_of(size_of(b));
    b->previous_free = NULL;
    b->next_free = lists[list];
    if (lists[list]) lists[list]->previous_free = b;
    lists[list] = b;
    occupied |= 1ULL << list;
}

static void take(block *b) {
    if (b == last_block) return;
    unsigned list = list_of(size_of(b));
    if (b->next_free) b->next_free->previous_free = b->previous_free;
    if (b->previous_free) {
        b->previous_free->next_free = b->next_free;
    } else {
        lists[list] = b->next_free;
        if (!lists[list]) occupied &= ~(1ULL << list);
    }
}

// First fit within the size's own list, then the smallest block of any larger list, which fits for certain, then the last one.
static block *find(size_t size) {
    unsigned list = list_of(size);
    for (block *b = lists[list]; b; b = b->next_free)
        if (size_of(b) >= size) return b;
    uint64_t larger = list + 1 < LISTS ? occupied & (~0ULL << (list + 1)) : 0;
    if (larger) return lists[__builtin_ctzll(larger)];
    return last_block && !(last_block->size & IN_USE) && size_of(last_block) >= size ? last_block : NULL;
}

// Keeps `last_block` right when the block with the flag LAST becomes another one.
static void note_last(block *b) {
    if (after(b) == last_end) last_block = b;
}

// Cuts `b`, which is on no list, to `size`; the rest becomes free.
static void cut(block *b, size_t size) {
    size_t rest = size_of(b) - size;
    if (rest < SMALLEST) return;
    size_t last = b->size & LAST;
    b->size = size | (b->size & IN_USE);
    block *r = after(b);
    r->size = rest | last;
    r->previous = size;
    if (last) note_last(r); else after(r)->previous = rest;
    put(r);
}

static block *grow(size_t size) {
    size_t given = 0;
    // Every block's content is 16-aligned; a piece may begin anywhere.
    char *piece = mesh_heap_grow(size + UNIT, &given);
    if (!piece) return NULL;
    size_t skip = (UNIT - (uintptr_t)piece % UNIT) % UNIT;
    block *b = (block *)(piece + skip);
    b->size = ((given - skip) & ~(size_t)FLAGS) | LAST;
    b->previous = 0;
    if (size_of(b) < size) return NULL;
    block *former = last_block;
    last_block = b;
    int is_free = former && !(former->size & IN_USE);
    // Where pieces adjoin, as in linear memory, they become one, so that blocks may coalesce across the seam.
    if (former && last_end == b) {
        former->size &= ~(size_t)LAST;
        b->previous = size_of(former);
        if (is_free) {
            former->size = (size_of(former) + size_of(b)) | LAST;
            last_block = former;
        }
    } else if (is_free) {
        put(former);
    }
    last_end = after(last_block);
    return last_block;
}

static int merge_kept(void);

static block *obtain(size_t size) {
    block *b = find(size);
    if (!b && merge_kept()) b = find(size);
    if (!b) b = grow(size);
    if (!b) return NULL;
    take(b);
    b->size |= IN_USE;
    return b;
}

void *mesh_heap_allocate(size_t size, size_t alignment) {
    if (size > SIZE_MAX / 4 || alignment > SIZE_MAX / 4) return NULL;
    size_t needed = (size + HEADER + UNIT - 1) & ~(size_t)(UNIT - 1);
    if (needed < SMALLEST) needed = SMALLEST;
    if (alignment <= UNIT) {
        block *b = needed < EXACT_LISTS * UNIT ? kept[needed / UNIT] : NULL;
        if (b) {
            kept[needed / UNIT] = b->next_free;
            b->size &= ~(size_t)KEPT;
            used += needed;
            return (char *)b + HEADER;
        }
        b = obtain(needed);
        if (!b) return NULL;
        cut(b, needed);
        used += size_of(b);
        return (char *)b + HEADER;
    }
    // Room to move the start up to the alignment, and for a free block before it.
    block *b = obtain(needed + alignment + SMALLEST);
    if (!b) return NULL;
    uintptr_t content = (uintptr_t)b + HEADER;
    if (content % alignment) {
        content = (content + SMALLEST + alignment - 1) & ~(uintptr_t)(alignment - 1);
        size_t lead = content - HEADER - (uintptr_t)b;
        size_t whole = b->size;
        block *moved = (block *)(content - HEADER);
        moved->size = ((whole & ~(size_t)FLAGS) - lead) | (whole & LAST) | IN_USE;
        moved->previous = lead;
        if (moved->size & LAST) note_last(moved); else after(moved)->previous = size_of(moved);
        b->size = lead;
        put(b);
        b = moved;
    }
    cut(b, needed);
    used += size_of(b);
    return (char *)b + HEADER;
}

// Makes a block free, together with its free neighbours.
static void release(block *b) {
    b->size &= ~(size_t)(IN_USE | KEPT);
    if (!(b->size & LAST)) {
        block *next = after(b);
        if (!(next->size & IN_USE)) {
            take(next);
            b->size = (size_of(b) + size_of(next)) | (next->size & LAST);
        }
    }
    if (b->previous) {
        block *previous = before(b);
        if (!(previous->size & IN_USE)) {
            take(previous);
            previous->size = (size_of(previous) + size_of(b)) | (b->size & LAST);
            b = previous;
        }
    }
    if (b->size & LAST) note_last(b); else after(b)->previous = size_of(b);
    put(b);
}

// Releases what is kept; 0 where nothing is.
static int merge_kept(void) {
    int merged = 0;
    for (unsigned list = 0; list < EXACT_LISTS; list++) {
        for (block *b = kept[list], *next; b; b = next) {
            next = b->next_free;
            release(b);
            merged = 1;
        }
        kept[list] = NULL;
    }
    return merged;
}

void mesh_heap_free(void *content) {
    if (!content) return;
    block *b = (block *)((char *)content - HEADER);
    // Freed twice, or never allocated: going on would corrupt the heap silently.
    if ((b->size & (IN_USE | KEPT)) != IN_USE) __builtin_trap();
    size_t size = size_of(b);
    used -= size;
    if (size >= EXACT_LISTS * UNIT) return release(b);
    b->size |= KEPT;
    b->next_free = kept[size / UNIT];
    kept[size / UNIT] = b;
}

size_t mesh_heap_block_size(const void *content) {
    return size_of((const block *)((const char *)content - HEADER)) - HEADER;
}

size_t mesh_heap_used(void) { return used; }

int mesh_heap_is_sound(void) {
    for (unsigned list = 0; list < EXACT_LISTS; list++)
        for (block *b = kept[list]; b; b = b->next_free)
            if ((b->size & (IN_USE | KEPT)) != (IN_USE | KEPT) || size_of(b) != list * UNIT) return 0;
    for (unsigned list = 0; list < LISTS; list++) {
        if (!lists[list] != !(occupied >> list & 1)) return 0;
        block *back = NULL;
        for (block *b = lists[list]; b; back = b, b = b->next_free) {
            if (b->size & IN_USE || list_of(size_of(b)) != list || b->previous_free != back) return 0;
            if (b->previous) {
                block *p = before(b);
                if (size_of(p) != b->previous || !(p->size & IN_USE)) return 0;
            }
            if (!(b->size & LAST)) {
                block *n = after(b);
                if (n->previous != size_of(b) || !(n->size & IN_USE)) return 0;
            }
        }
    }
    return 1;
}
