// A wall clock that somebody else moves: preloaded into a process, it adds to CLOCK_REALTIME the seconds that stand in a shared file.
//
// The real time comes from the system call itself, so nothing here needs the C library to be ready. Deadlines that a program made of the
// moved clock are moved back before the kernel sees them; timers of the monotonic clocks go on as they are, as with a real jump.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_seconds;

__attribute__((constructor)) static void falseclock_open(void) {
    const char *path = getenv("WASMESH_FALSE_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) offset_seconds = page;
    close(file);
}

static int64_t offset(void) { return offset_seconds ? *offset_seconds : 0; }

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += offset();
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

// A condition doesn't tell its clock. A monotonic one counts from the machine's start, so it is thirty years from here.
static struct timespec kernels(const struct timespec *deadline) {
    struct timespec moved = *deadline;
    if (moved.tv_sec > 1000000000) moved.tv_sec -= offset();
    return moved;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline) {
    static __typeof__(&pthread_cond_timedwait) next;
    if (!next) next = NEXT(pthread_cond_timedwait);
    struct timespec moved = kernels(deadline);
    return next(condition, mutex, &moved);
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline) {
    static __typeof__(&cnd_timedwait) next;
    if (!next) next = NEXT(cnd_timedwait);
    struct timespec moved = kernels(deadline);
    return next(condition, mutex, &moved);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline) {
    static __typeof__(&sem_timedwait) next;
    if (!next) next = NEXT(sem_timedwait);
    struct timespec moved = kernels(deadline);
    return next(semaphore, &moved);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline) {
    static __typeof__(&pthread_mutex_timedlock) next;
    if (!next) next = NEXT(pthread_mutex_timedlock);
    struct timespec moved = kernels(deadline);
    return next(mutex, &moved);
}
