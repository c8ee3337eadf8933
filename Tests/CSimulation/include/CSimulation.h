#pragma once
#include <stdint.h>

/// Told of each job that the concurrency runtime wants to be run: by whom is found out by the task's id; due at that time of the
/// simulated clock in microseconds, at once where it is negative.
typedef void (*simulation_sink)(void *job, uint64_t task, int64_t due);

/// From here on clock and random numbers are the simulation's, and jobs go to the sink instead of the thread pool.
void simulation_begin(simulation_sink sink);

/// Sets the clock: microseconds since 1970.
void simulation_set_time(int64_t microseconds);

/// Begins another stream of random numbers.
void simulation_set_random(uint64_t seed);

/// Runs a job until its task waits or ends.
void simulation_run(void *job);

/// What is printed when the process crashes.
void simulation_note(const char *note);

/// The real time in microseconds.
int64_t simulation_wall_time(void);

/// Begins this process anew with an environment in which hashes are the same in each process; returns where it has it already.
void simulation_become_deterministic(char *const *arguments);
