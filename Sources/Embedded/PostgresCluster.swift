internal import Foundation
internal import Glibc
internal import MeshCore

/// The folder of a Postgres server: makes it, repairs what a crash left, and starts the server over it.
struct PostgresCluster {
    /// Holds `data/`, `password` and `postgres.log`.
    let directory: String
    /// Who the server runs as; nil for ourselves.
    let user: String?
    private let programs: String
    /// Where versions of the programs lie side by side.
    private let versions: String

    var log: String { "\(directory)/postgres.log" }
    private var data: String { PostgresCluster.data(in: directory) }
    private var passwordFile: String { "\(directory)/password" }

    init(_ wanted: String, versions: String = Programs.postgresVersions) throws(EmbeddedError) {
        (directory, user) = try PostgresCluster.place(wanted)
        self.versions = versions
        // Data of an older version can only be read by that one.
        programs = try Programs.postgres(version: PostgresCluster.version(of: directory), root: versions)
    }

    private static func data(in directory: String) -> String { "\(directory)/data" }

    /// The version that made the data; nil where there are none yet.
    private static func version(of directory: String) -> String? {
        Folders.text(data(in: directory) + "/PG_VERSION")?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The folder and who the server runs as in it.
    private static func place(_ wanted: String) throws(EmbeddedError) -> (directory: String, user: String?) {
        let path = wanted.hasPrefix("/") ? wanted : "\(FileManager.default.currentDirectoryPath)/\(wanted)"
        guard getuid() == 0 else {
            try Folders.create(path, permissions: 0o700)
            return (path, nil)
        }
        guard getpwnam("postgres") != nil else {
            throw EmbeddedError(
                "Postgres refuses to run as root and there is no user 'postgres'; install the package postgresql "
                    + "(Scripts/bootstrap does), or start wasmesh as another user")
        }
        try refuseAnothers(path)
        return (try reachable(path), "postgres")
    }

    /// Refuses a folder with the data of a user who isn't root: given to `postgres`, it would be closed to that user, and its data to `postgres`.
    private static func refuseAnothers(_ path: String) throws(EmbeddedError) {
        let data = PostgresCluster.data(in: path)
        var found = stat()
        guard stat(data, &found) == 0, ![0, getpwnam("postgres")?.pointee.pw_uid].contains(found.st_uid) else { return }
        let owner = getpwuid(found.st_uid).map { String(cString: $0.pointee.pw_name) } ?? "\(found.st_uid)"
        throw EmbeddedError(
            "\(data) belongs to the user \(owner), and root can run no server over it; start wasmesh as that user, or remove "
                + "\(path) to begin anew")
    }

    /// Makes the folder for the user `postgres`; where that user cannot get to it (a checkout under /root), one under
    /// /var/tmp stands in, always the same for the same path.
    private static func reachable(_ path: String) throws(EmbeddedError) -> String {
        for candidate in [path, standIn(for: path)] {
            try Folders.create(candidate, permissions: 0o700)
            if candidate == path {
                // The user's own may be a link to another disk.
                try own(URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
            } else {
                // Everybody can make a folder of that name.
                try refuseForeign(candidate)
                try own(candidate)
            }
            if try run("/usr/bin/test", ["-w", candidate], user: "postgres", log: "/dev/null", in: "/") == 0 {
                if candidate != path {
                    Log("embedded").info(
                        "the user postgres cannot reach \(path), so Postgres keeps its data elsewhere",
                        ["directory": candidate])
                }
                return candidate
            }
        }
        throw EmbeddedError("the user postgres can reach neither \(path) nor /var/tmp; use another folder")
    }

    /// The folder under /var/tmp that takes the place of `path`.
    static func standIn(for path: String) -> String { "/var/tmp/wasmesh-\(stableHash(path))" }

    /// Refuses a folder that others have made, or can write in: what they put there root and the server would follow.
    static func refuseForeign(_ path: String) throws(EmbeddedError) {
        var found = stat()
        guard lstat(path, &found) == 0 else { throw EmbeddedError("\(path) cannot be looked at: \(Spawn.text(errno))") }
        let owners = [0, getpwnam("postgres")?.pointee.pw_uid]
        let problem: String? =
            if found.st_mode & S_IFMT != S_IFDIR {
                "is no folder"
            } else if !owners.contains(found.st_uid) {
                "belongs to neither root nor postgres"
            } else if found.st_mode & 0o022 != 0 {
                "can be written by others"
            } else {
                nil
            }
        guard let problem else { return }
        throw EmbeddedError(
            "\(path) \(problem), so Postgres's data can't be kept in it; look who made it, and remove it, or work in a folder "
                + "that the user postgres can reach")
    }

    /// Gives a file or folder to the user `postgres`; of a link the link itself.
    private static func own(_ path: String) throws(EmbeddedError) {
        guard let entry = getpwnam("postgres") else { return }
        guard lchown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw EmbeddedError("\(path) cannot be given to the user postgres: \(Spawn.text(errno))")
        }
    }

    /// FNV-1a; the same in every process, as Swift's own hash is not.
    private static func stableHash(_ text: String) -> String {
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}

// MARK: - The data

extension PostgresCluster {
    /// Makes the data folder if there is none; the superuser's password.
    func prepare() throws(EmbeddedError) -> String {
        if Folders.exists("\(data)/PG_VERSION"), let password = Folders.text(passwordFile) {
            try checkVersion()
            return password
        }
        // What an interrupted first start left is of no use. `initdb` writes PG_VERSION first, so it works in a folder of another
        // name: under its own, the data is whole.
        let unfinished = "\(data).unfinished"
        Folders.remove(data)
        Folders.remove(unfinished)
        let password = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
        try Folders.write(password, to: passwordFile)
        if user != nil { try PostgresCluster.own(passwordFile) }
        let code = try PostgresCluster.run(
            "\(programs)/initdb",
            [
                "--pgdata", unfinished, "--username", "postgres", "--encoding", "UTF8", "--locale", "C.UTF-8",
                "--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", passwordFile, "--no-instructions",
                "--no-sync",
            ], user: user, log: log, in: directory)
        guard code == 0 else {
            throw EmbeddedError("initdb failed (exit code \(code)); \(Folders.tail(of: log))")
        }
        guard rename(unfinished, data) == 0 else {
            throw EmbeddedError("\(unfinished) cannot be renamed to \(data): \(Spawn.text(errno))")
        }
        return password
    }

    private func checkVersion() throws(EmbeddedError) {
        let version = PostgresCluster.version(of: directory) ?? ""
        if programs.hasPrefix("\(versions)/"), !programs.hasPrefix("\(versions)/\(version)/") {
            throw EmbeddedError(
                "\(data) was made by Postgres \(version), but the programs found are \(programs); install Postgres "
                    + "\(version) beside them, move the data with pg_upgrade, or delete the folder to begin anew")
        }
    }

    /// Removes the lock of a server that is gone; the id in it may be another program's now, which Postgres itself would
    /// take for a running server.
    private func clearStaleLock() throws(EmbeddedError) {
        let lock = "\(data)/postmaster.pid"
        let isGone = try poll(within: .seconds(10)) { () throws(EmbeddedError) -> Bool in
            guard let text = Folders.text(lock) else { return true }
            guard let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }) else { return true }
            let command = Folders.text("/proc/\(pid)/cmdline") ?? ""
            return !(command.contains("postgres") && command.contains(data))
        }
        guard isGone else {
            throw EmbeddedError(
                "a Postgres server runs over \(data) already (its id is in \(lock)); stop the other wasmesh first")
        }
        Folders.remove(lock)
    }

    /// Runs a program to its end; its exit code.
    private static func run(_ program: String, _ arguments: [String], user: String?, log: String, in directory: String)
        throws(EmbeddedError) -> Int32
    {
        let child = try ChildProcess(
            .init(executable: program, arguments: arguments, directory: directory, log: log, user: user))
        guard child.waitUntilEnded(within: .seconds(120)) else {
            child.stop(SIGKILL, patience: .zero)
            throw EmbeddedError("\(program) did not end within two minutes; \(Folders.tail(of: log))")
        }
        return child.exitCode ?? -1
    }
}

// MARK: - The server

extension PostgresCluster {
    /// Starts the server and waits until it accepts connections.
    func launch(port: UInt16) throws(EmbeddedError) -> ChildProcess {
        try clearStaleLock()
        try PostgresCluster.checkFree(port)
        try Folders.createLog(log)
        if user != nil { try PostgresCluster.own(log) }
        let child = try ChildProcess(
            .init(
                executable: "\(programs)/postgres", arguments: ["-D", data] + settings(port), directory: directory,
                log: log, user: user, signalAtParentsDeath: "INT"))
        let accepts = try poll(within: .seconds(60)) { () throws(EmbeddedError) -> Bool in
            if let ending = child.ending {
                throw EmbeddedError("Postgres ended at start (\(ending)); \(Folders.tail(of: log))")
            }
            return saysReady
        }
        guard accepts else {
            child.stop(SIGQUIT, patience: .seconds(5))
            throw EmbeddedError("Postgres isn't ready after a minute; \(Folders.tail(of: log))")
        }
        return child
    }

    static func checkFree(_ port: UInt16) throws(EmbeddedError) {
        guard FreePort.isFree(port) else {
            throw EmbeddedError("port \(port) is taken; stop what listens there or choose another port for Postgres")
        }
    }

    /// What the server says of itself: the eighth line of its lock file is `ready` once it accepts connections.
    private var saysReady: Bool {
        let lines = (Folders.text("\(data)/postmaster.pid") ?? "").split(
            separator: "\n", omittingEmptySubsequences: false)
        return lines.count >= 8 && lines[7].hasPrefix("ready")
    }

    private func settings(_ port: UInt16) -> [String] {
        // A socket's path has a limit of 107 bytes.
        let sockets = directory.utf8.count < 80 ? directory : ""
        return [
            "port=\(port)", "listen_addresses=127.0.0.1", "unix_socket_directories=\(sockets)", "fsync=on",
            "synchronous_commit=on", "max_connections=200", "max_locks_per_transaction=128", "shared_buffers=128MB",
            "max_wal_size=2GB",
            "checkpoint_timeout=15min", "wal_compression=on", "jit=off", "autovacuum_naptime=10s",
            "log_min_messages=warning", "log_line_prefix=%m [%p] ", "timezone=UTC", "log_timezone=UTC",
        ].flatMap { ["-c", $0] }
    }
}
