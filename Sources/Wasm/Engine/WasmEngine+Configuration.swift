import CWasmtime
import Glibc

extension WasmEngine {
    /// What an engine reserves and allows.
    package struct Configuration: Sendable, Equatable {
        /// Instances of one lane that may exist at once; one execution is one instance. Each reserves 4 GiB of address space, not memory.
        package var maximumInstances = 64
        /// The cap of one linear memory.
        package var memoryBytes = 64 << 20
        /// The cap of one table.
        package var tableElements = 20_000
        /// The first bytes of a finished instance's memory are reset by copying (1 µs per 40 KB); those beyond are given back to the
        /// system, which costs more for each page that a guest touches. Small guests should fit.
        package var residentBytes = 512 << 10
        /// Native stack that a guest may use.
        package var stackBytes = 512 << 10
        /// The length of an epoch: how exactly a deadline is kept.
        package var tick: Duration = .milliseconds(5)
        /// Engines, at most: one for each processor, as far as their address space goes.
        package var lanes = min(16, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        /// So many executions of a module within a second on one processor, and its code is loaded into that one's lane.
        package var loadedAt = 1000
        /// Where compiled code is kept between runs, nil for nowhere.
        package var cacheDirectory: String?

        package init(maximumInstances: Int = 64, cacheDirectory: String? = nil) {
            self.maximumInstances = maximumInstances
            self.cacheDirectory = cacheDirectory
        }
    }
}

extension WasmEngine.Configuration {
    /// Names everything that changes what compiled code looks like; part of the name of a cached file.
    var codeFingerprint: String {
        "wasmtime-\(WASMESH_WASMTIME_VERSION) layout-2 memory-\(memoryBytes) stack-\(stackBytes)"
    }

    /// The same for Wasmtime; the engine takes it over.
    func makeWasmtime() -> OpaquePointer {
        let config: OpaquePointer = wasm_config_new()
        wasmtime_config_epoch_interruption_set(config, true)
        wasmtime_config_max_wasm_stack_set(config, stackBytes)
        wasmtime_config_memory_init_cow_set(config, true)
        // A retry must compute what the first attempt did.
        wasmtime_config_cranelift_nan_canonicalization_set(config, true)
        wasmtime_config_wasm_relaxed_simd_set(config, false)
        // What no guest needs makes no attack surface.
        wasmtime_config_wasm_threads_set(config, false)
        wasmtime_config_shared_memory_set(config, false)
        wasmtime_config_wasm_multi_memory_set(config, false)
        wasmtime_config_wasm_memory64_set(config, false)
        wasmtime_config_wasm_exceptions_set(config, false)
        wasmtime_config_wasm_gc_set(config, false)
        wasmtime_config_wasm_function_references_set(config, false)
        wasmtime_config_gc_support_set(config, false)
        wasmtime_config_wasm_component_model_set(config, false)
        wasmtime_config_native_unwind_info_set(config, false)
        setPooling(config)
        return config
    }

    private func setPooling(_ config: OpaquePointer) {
        let pooling: OpaquePointer = wasmtime_pooling_allocation_config_new()
        defer { wasmtime_pooling_allocation_config_delete(pooling) }
        let instances = UInt32(maximumInstances)
        wasmtime_pooling_allocation_config_total_core_instances_set(pooling, instances)
        wasmtime_pooling_allocation_config_total_memories_set(pooling, instances)
        wasmtime_pooling_allocation_config_total_tables_set(pooling, instances)
        wasmtime_pooling_allocation_config_max_tables_per_module_set(pooling, 1)
        wasmtime_pooling_allocation_config_table_elements_set(pooling, tableElements)
        wasmtime_pooling_allocation_config_max_memory_size_set(pooling, memoryBytes)
        wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pooling, residentBytes)
        wasmtime_pooling_allocation_config_table_keep_resident_set(pooling, 64 << 10)
        wasmtime_pooling_allocation_config_max_unused_warm_slots_set(pooling, instances)
        wasmtime_pooling_allocation_config_total_gc_heaps_set(pooling, 0)
        wasmtime_pooling_allocation_strategy_set(config, pooling)
    }
}
