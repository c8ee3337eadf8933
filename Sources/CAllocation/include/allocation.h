#ifndef WASMESH_ALLOCATION_H
#define WASMESH_ALLOCATION_H

/// How jemalloc is set up (its manual: TUNING), which it reads before anything else of the program runs. The environment's MALLOC_CONF comes after it.
extern const char *malloc_conf;

#endif
