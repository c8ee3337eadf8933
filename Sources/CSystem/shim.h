#pragma once
// Calls of Linux and glibc that Swift's own module leaves out, because they are variadic or GNU extensions.
#include <spawn.h>
#include <sys/prctl.h>

/// Names the calling thread in `top` and debuggers; at most 15 bytes.
static inline void wasmesh_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);

extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);

/// Lets a child start in the folder `path`.
static inline int wasmesh_spawn_in_folder(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

/// Lets a child start without the descriptors of its parent, from `first` on (a listening socket kept open by a child would hold its port).
static inline int wasmesh_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// The number of the processor that the calling thread runs on, or -1; Swift's Glibc doesn't have it, as it is GNU's own.
extern int sched_getcpu(void);
