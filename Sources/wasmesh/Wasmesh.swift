import Commands
import Glibc

@main
enum Wasmesh {
    static func main() async { exit(await Program.main()) }
}
