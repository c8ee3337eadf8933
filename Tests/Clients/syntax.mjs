// Whether Node takes each of these TypeScript files: without its types, it must be JavaScript.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { SourceTextModule } from "node:vm";

for (const path of process.argv.slice(2)) {
    try {
        new SourceTextModule(stripTypeScriptTypes(readFileSync(path, "utf8"), { mode: "strip" }));
    } catch (error) {
        console.log(`${path}: ${error}`);
        process.exitCode = 1;
    }
}
