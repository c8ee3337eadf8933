import Allocator
import Commands
import Glibc

@main
enum Wasmesh {
    static func main() async {
        Program.openStandardStreams()
        Allocator.start()
        let code = await Program.main()
        // Not exit(): its handlers would take OpenSSL apart under the HTTP client's thread, which may still be cleaning up.
        fflush(nil)
        _exit(code)
    }
}
