#ifndef MESH_HEAP_H
#define MESH_HEAP_H

#include <stddef.h>

/// A block of `size` bytes aligned to 16, or to `alignment` if that is larger (a power of two); NULL when memory is out.
void *mesh_heap_allocate(size_t size, size_t alignment);

/// Gives a block back; NULL is allowed.
void mesh_heap_free(void *block);

/// How many bytes a block can hold.
size_t mesh_heap_block_size(const void *block);

/// Bytes in use by blocks, their headers included.
size_t mesh_heap_used(void);

/// Walks the heap: 1 when every header, neighbour and free list agrees, 0 when something is broken. For tests.
int mesh_heap_is_sound(void);

/// Asks the system for at least `size` more bytes; stores how many came. Each platform has its own: in the sandbox
/// linear memory grows, natively a test hands out a static arena. Successive pieces need not be adjacent.
void *mesh_heap_grow(size_t size, size_t *given);

#endif
