#pragma once
/* Declarations of the part of Wasmtime's C API that this project uses; filled in by the Wasm context. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
