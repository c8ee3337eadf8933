import Foundation
import MeshCore
import Synchronization

/// Tells when a source file of a project changes (inotify); a burst of changes is one element.
final class SourceWatcher: Sendable {
    /// One element per burst: the changed files' paths relative to the project, a few of them.
    let changes: AsyncStream<[String]>
    private let descriptor: Int32
    private let stopped = Atomic<Bool>(false)

    private static let ignored: Set<String> = [".build", ".wasmesh", ".git", ".swiftpm", "node_modules"]
    private static let mask = UInt32(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM)
    /// Editors save in several steps; this long after the last one the burst is over.
    private static let quietMilliseconds: Int32 = 80

    /// Watches `directory`; the file that `generated` names, relative, is what a build writes there and no change of the author's. The one that
    /// `module` names is a source, whatever another tool chain calls it and wherever it puts it; so is what `outside` names beyond the directory,
    /// and what is in it.
    ///
    /// Throws where the system has too few watches left for all its folders: a change that nobody hears of looks like a reload that failed.
    init(
        directory: String, generated: @escaping @Sendable () -> String? = { nil },
        module: @escaping @Sendable () -> String? = { nil }, outside: @escaping @Sendable () -> [String] = { [] },
        addWatch: @escaping AddWatch = inotify_add_watch
    ) throws(CommandFailure) {
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw CommandFailure(
                .failure, "cannot watch the sources: \(String(cString: strerror(errno)))",
                hint: "raise fs.inotify.max_user_instances, or use --no-watch")
        }
        let (stream, continuation) = AsyncStream.makeStream(of: [String].self, bufferingPolicy: .bufferingNewest(1))
        changes = stream
        let loop = Loop(
            descriptor: descriptor, root: directory, generated: generated, module: module, outside: outside,
            addWatch: addWatch)
        guard !loop.lacksWatches else {
            close(descriptor)
            throw CommandFailure(
                .failure, "cannot watch the sources: the system has no watches left for all folders of \(directory)",
                hint: "raise fs.inotify.max_user_watches, or use --no-watch")
        }
        let thread = Thread { [self] in
            loop.run(continuation) { self.stopped.load(ordering: .relaxed) }
        }
        thread.name = "source-watcher"
        thread.start()
    }

    /// Ends the stream.
    func stop() { stopped.store(true, ordering: .relaxed) }

    /// `inotify_add_watch`.
    typealias AddWatch = (Int32, UnsafePointer<CChar>, UInt32) -> Int32

    /// The thread's own state.
    ///
    /// Unchecked: made by the watcher's initialiser, used by its one thread only from then on.
    private final class Loop: @unchecked Sendable {
        private let descriptor: Int32
        private let root: String
        private let generated: @Sendable () -> String?
        private let module: @Sendable () -> String?
        private let outside: @Sendable () -> [String]
        private let addWatch: AddWatch
        private var directories: [Int32: String] = [:]
        /// Files of folders of which nothing else is the project's.
        private var files: [Int32: (folder: String, names: Set<String>)] = [:]
        /// Set once a folder couldn't be watched, as the system's bound was reached.
        private(set) var lacksWatches = false

        init(
            descriptor: Int32, root: String, generated: @escaping @Sendable () -> String?,
            module: @escaping @Sendable () -> String?, outside: @escaping @Sendable () -> [String],
            addWatch: @escaping AddWatch
        ) {
            self.descriptor = descriptor
            self.root = root
            self.generated = generated
            self.module = module
            self.outside = outside
            self.addWatch = addWatch
            _ = add("", module())
            addOutside()
        }

        func run(_ continuation: AsyncStream<[String]>.Continuation, until isStopped: () -> Bool) {
            var pending: Set<String> = []
            while !isStopped() {
                var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                let ready = poll(&poller, 1, pending.isEmpty ? 250 : SourceWatcher.quietMilliseconds)
                if ready > 0 {
                    pending.formUnion(take())
                } else if !pending.isEmpty {
                    let changes = pending.subtracting(written(among: pending))
                    if !changes.isEmpty { continuation.yield(changes.sorted()) }
                    pending = []
                }
            }
            continuation.finish()
            close(descriptor)
        }

        /// What a build has written. Asked anew each time, since the project's settings may have changed; a file that is gone was
        /// removed by somebody else.
        private func written(among changes: Set<String>) -> Set<String> {
            guard let path = generated(), changes.contains(path),
                FileManager.default.fileExists(atPath: root + "/" + path)
            else { return [] }
            return [path]
        }

        /// Watches a directory and those below it; the sources that are in them already, about which nothing will be told.
        ///
        /// `above` are the watches of the directories that it is in: a link back to one of them isn't followed, or two would have all paths through
        /// both looked at, as deep as the system follows links.
        private func add(_ relative: String, _ module: String?, above: Set<Int32> = []) -> [String] {
            let path = relative.isEmpty ? root : root + "/" + relative
            guard let watch = watch(path), !above.contains(watch) else { return [] }
            directories[watch] = relative
            var sources: [String] = []
            for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                let inner = relative.isEmpty ? name : relative + "/" + name
                var isDirectory: ObjCBool = false
                guard SourceWatcher.isWatched(inner, module),
                    FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isDirectory)
                else { continue }
                if isDirectory.boolValue {
                    sources += add(inner, module, above: above.union([watch]))
                } else if SourceWatcher.isSource(name) || inner == module {
                    sources.append(inner)
                }
            }
            return sources
        }

        /// Watches what the project names beyond its directory, as far as it isn't watched yet.
        private func addOutside() {
            let watched = Set(directories.values)
            for path in outside() where !watched.contains(path) {
                var isDirectory: ObjCBool = false
                if FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory),
                    isDirectory.boolValue
                {
                    _ = add(path, nil)
                    continue
                }
                let parts = path.split(separator: "/")
                let folder = parts.dropLast().joined(separator: "/")
                guard let name = parts.last, let watch = watch(root + "/" + folder), directories[watch] == nil
                else { continue }
                files[watch, default: (folder, [])].names.insert(String(name))
            }
        }

        /// Nil of a folder that is gone by now, closed to us, or one too many.
        private func watch(_ path: String) -> Int32? {
            let watch = addWatch(descriptor, path, SourceWatcher.mask)
            if watch < 0, errno == ENOSPC { lacksWatches = true }
            return watch < 0 ? nil : watch
        }

        /// Watches a folder that has come since, and says so, once, where that can't be done.
        private func addNew(_ path: String, _ module: String?) -> [String] {
            let couldWatch = !lacksWatches
            let sources = add(path, module, above: watches(above: path))
            if couldWatch, lacksWatches {
                Log("dev").warning(
                    "changes in \(path) aren't noticed: the system has no watches left; raise fs.inotify.max_user_watches"
                )
            }
            return sources
        }

        private func watches(above path: String) -> Set<Int32> {
            Set(directories.filter { $0.value.isEmpty || path.hasPrefix($0.value + "/") }.keys)
        }

        /// The source files that the waiting events are about; new directories are watched from now on.
        private func take() -> [String] {
            let size = 64 * 1024
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
            defer { buffer.deallocate() }
            let count = read(descriptor, buffer.baseAddress, size)
            guard count > 0 else { return [] }
            // Asked anew each time, as with what a build writes.
            let module = module()
            var found: [String] = []
            var at = 0
            let header = MemoryLayout<inotify_event>.size
            while at + header <= count {
                let watch = buffer.load(fromByteOffset: at, as: Int32.self)
                let mask = buffer.load(fromByteOffset: at + 4, as: UInt32.self)
                let length = Int(buffer.load(fromByteOffset: at + 12, as: UInt32.self))
                let name = String(
                    decoding: buffer[(at + header)..<(at + header + length)].prefix { $0 != 0 }, as: UTF8.self)
                at += header + length
                if let (folder, names) = files[watch], names.contains(name) { found.append(folder + "/" + name) }
                guard let parent = directories[watch] else { continue }
                let path = parent.isEmpty ? name : parent + "/" + name
                guard SourceWatcher.isWatched(path, module) else { continue }
                if mask & UInt32(IN_ISDIR) != 0 {
                    // Files may have come into it before it was watched, as with a checkout.
                    if mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 {
                        found += addNew(path, module)
                    }
                } else if SourceWatcher.isSource(name) || path == module {
                    found.append(path)
                }
            }
            addOutside()
            return found
        }
    }

    /// Whether something is looked at: in the folders of tools only what leads to the module.
    private static func isWatched(_ path: String, _ module: String?) -> Bool {
        if !path.split(separator: "/").contains(where: { ignored.contains(String($0)) }) { return true }
        return module == path || module?.hasPrefix(path + "/") == true
    }

    static func isSource(_ name: String) -> Bool {
        guard !name.hasPrefix("."), !name.hasSuffix("~") else { return false }
        return [".swift", ".graphql", ".json", ".c", ".h"].contains { name.hasSuffix($0) }
    }
}
