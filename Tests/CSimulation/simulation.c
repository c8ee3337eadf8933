// What makes a Swift process deterministic: the runtime's jobs, the clock and the random numbers come from one place.
//
// Swift's runtime offers hooks for its jobs. Clock and random numbers are libc's: the executable's own definitions of `clock_gettime`
// and `syscall` win over it, for the Swift libraries as well.
#define _GNU_SOURCE
#include "CSimulation.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SWIFT_CC __attribute__((swiftcall))

static bool isActive;
static int64_t microseconds;
static uint64_t randomState;
static simulation_sink sink;
static char note[256];

// MARK: libc

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  long result = x0;
#else
#error "the simulator knows x86_64 and aarch64"
#endif
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    return -1;
  }
  return result;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  bool isTime = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
                clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
  if (!isActive || !isTime) return (int)system_call(SYS_clock_gettime, clock, (long)time, 0, 0, 0, 0);
  time->tv_sec = microseconds / 1000000;
  time->tv_nsec = microseconds % 1000000 * 1000;
  return 0;
}

static uint64_t next_random(void) {
  randomState += 0x9e3779b97f4a7c15;
  uint64_t mixed = randomState;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  if (!isActive || number != SYS_getrandom) return system_call(number, a, b, c, d, e, f);
  uint8_t *bytes = (uint8_t *)a;
  for (long at = 0; at < b; at += 8) {
    uint64_t word = next_random();
    memcpy(bytes + at, &word, (size_t)(b - at < 8 ? b - at : 8));
  }
  return b;
}

// MARK: The runtime

extern SWIFT_CC uint64_t swift_task_getJobTaskId(void *job);
extern SWIFT_CC void swift_job_run(void *job, void *executor, uintptr_t implementation);

typedef SWIFT_CC void (*enqueue_hook)(void *job, void *original);
typedef SWIFT_CC void (*delay_hook)(unsigned long long nanoseconds, void *job, void *original);
typedef SWIFT_CC void (*deadline_hook)(long long seconds, long long nanoseconds, long long tolerance,
                                       long long toleranceNanoseconds, int clock, void *job, void *original);
extern enqueue_hook swift_task_enqueueGlobal_hook;
extern delay_hook swift_task_enqueueGlobalWithDelay_hook;
extern deadline_hook swift_task_enqueueGlobalWithDeadline_hook;
extern enqueue_hook swift_task_enqueueMainExecutor_hook;

static SWIFT_CC void enqueue(void *job, void *original) { sink(job, swift_task_getJobTaskId(job), -1); }

static SWIFT_CC void enqueue_after(unsigned long long nanoseconds, void *job, void *original) {
  sink(job, swift_task_getJobTaskId(job), microseconds + (int64_t)(nanoseconds / 1000));
}

static SWIFT_CC void enqueue_at(long long seconds, long long nanoseconds, long long tolerance,
                                long long toleranceNanoseconds, int clock, void *job, void *original) {
  sink(job, swift_task_getJobTaskId(job), (int64_t)seconds * 1000000 + (nanoseconds + 999) / 1000);
}

// `Task.sleep` doesn't come by the hooks: the runtime's own executor asks libdispatch, whose function is defined here as well. The context is
// the job; the highest bit says which clock it is, and they are all the same here.
void dispatch_after_f(uint64_t when, void *queue, void *context, void (*work)(void *)) {
  if (!isActive) abort();
  sink(context, swift_task_getJobTaskId(context), (int64_t)((when & ~(1ull << 63)) / 1000 + 1));
}

void simulation_run(void *job) { swift_job_run(job, NULL, 0); }

void simulation_set_time(int64_t time) { microseconds = time; }

void simulation_set_random(uint64_t seed) { randomState = seed; }

int64_t simulation_wall_time(void) {
  struct timespec time = {0};
  system_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0, 0, 0, 0);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

void simulation_become_deterministic(char *const *arguments) {
  if (getenv("SWIFT_DETERMINISTIC_HASHING")) return;
  setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1);
  execv("/proc/self/exe", arguments);
}

// MARK: Crashes

static void crashed(int number) {
  ssize_t ignored = write(2, note, strlen(note));
  (void)ignored;
  signal(number, SIG_DFL);
  raise(number);
}

void simulation_note(const char *text) {
  strncpy(note, text, sizeof note - 1);
}

void simulation_begin(simulation_sink to) {
  sink = to;
  swift_task_enqueueGlobal_hook = enqueue;
  swift_task_enqueueGlobalWithDelay_hook = enqueue_after;
  swift_task_enqueueGlobalWithDeadline_hook = enqueue_at;
  swift_task_enqueueMainExecutor_hook = enqueue;
  isActive = true;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGILL, crashed);
  signal(SIGTRAP, crashed);
  signal(SIGSEGV, crashed);
  signal(SIGABRT, crashed);
}
