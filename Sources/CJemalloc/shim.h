#include <stdbool.h>
#include <stddef.h>
#include <jemalloc/jemalloc.h>
