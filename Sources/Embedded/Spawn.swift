internal import CSystem
internal import Glibc

/// Starting a program with `posix_spawn`, from the calling thread.
enum Spawn {
    static func run(_ command: ChildProcess.Command) -> Result<Int32, EmbeddedError> {
        guard access(command.executable, X_OK) == 0 else {
            return .failure(EmbeddedError("\(command.executable) cannot be run: \(text(errno))"))
        }
        guard let setpriv = Programs.find("setpriv") else {
            return .failure(EmbeddedError("'setpriv' was not found; install the package util-linux"))
        }
        var words = [setpriv, "--pdeathsig", command.signalAtParentsDeath]
        if let user = command.user { words += ["--reuid", user, "--regid", user, "--init-groups"] }
        words += ["--", command.executable] + command.arguments
        var environment = inherited()
        environment.merge(command.environment) { _, new in new }
        return spawn(
            setpriv, words, environment.map { "\($0.key)=\($0.value)" }, directory: command.directory,
            log: command.log)
    }

    private static func spawn(
        _ path: String, _ words: [String], _ environment: [String], directory: String, log: String
    ) -> Result<Int32, EmbeddedError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        // The folder may be another user's, who could lead us anywhere by a link.
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        wasmesh_spawn_in_folder(&actions, directory)
        wasmesh_spawn_close_from(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let code = withCStrings(words) { words in
            withCStrings(environment) { environment in
                posix_spawn(&pid, path, &actions, &attributes, words, environment)
            }
        }
        guard code == 0 else {
            return .failure(
                EmbeddedError("\(words.joined(separator: " ")), in \(directory) with the log \(log): \(text(code))"))
        }
        return .success(pid)
    }

    private static func inherited() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let line = entry.pointee {
            let parts = String(cString: line).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("the list ends with nil, so it isn't empty")
            }
            return body(base)
        }
    }

    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
