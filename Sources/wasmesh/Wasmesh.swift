import Commands

@main
enum Wasmesh {
    static func main() {}
}
