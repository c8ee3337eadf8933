#include "allocation.h"
#include <string.h>
#include <unistd.h>

// An arena for each processor: what a thread is given was last used where it runs.
const char *malloc_conf = "percpu_arena:percpu";

// Bound to some of the processors (taskset, a container's cpuset) jemalloc has arenas in common, and says so on stderr at every start: nobody asked.
static void tell(void *opaque, const char *text) {
    (void)opaque;
    if (strstr(text, "Per-CPU arena disabled")) return;
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

void (*malloc_message)(void *opaque, const char *text) = tell;
