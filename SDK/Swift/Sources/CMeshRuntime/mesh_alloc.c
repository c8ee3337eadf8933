// The export `mesh_alloc` of Swift guests; guests in C define their own (SDK/C/wasmesh.h).

#ifdef __wasm__

#include "mesh_heap.h"
#include <stdint.h>

__attribute__((export_name("mesh_alloc"))) void *mesh_alloc(int32_t length) {
    return length < 0 ? NULL : mesh_heap_allocate((size_t)length, 16);
}

#endif
