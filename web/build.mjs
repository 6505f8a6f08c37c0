// Builds web/dist: scripts, page and WebAssembly beside the model that web/model.py wrote there.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(here(path), "utf8");
const write = (name, content) => writeFileSync(here(`dist/${name}`), content);
const SHARED = "../synthgen_tf/serve/page/";
const WASM = "node_modules/@litertjs/core/wasm/";
const BUILDS = ["litert_wasm_internal", "litert_wasm_compat_internal", "litert_wasm_threaded_internal"];
const SHELL = ["./", "page.css", "page.js", "worker.js", "model.json"];

const settings = { bundle: true, minify: true, legalComments: "none", target: "es2022", logLevel: "warning" };
const script = (name, more) =>
  build({ ...settings, entryPoints: [here(`src/${name}`)], outfile: here(`dist/${name}`), ...more });

mkdirSync(here("dist/wasm"), { recursive: true });
await script("page.js", { format: "esm" });
await script("worker.js", { format: "iife" }); // LiteRT.js calls importScripts, which modules lack

const shared = read(`${SHARED}index.html`);
const [player] = shared.match(/<p id="message"[\s\S]*?<\/section>/);
const [track] = shared.match(/<template[\s\S]*?<\/template>/);
write("index.html", read("src/index.html").replace("<!-- player -->", () => `${player}\n    ${track}`));
write("page.css", read(`${SHARED}page.css`) + read("src/page.css"));

for (const name of BUILDS) {
  const { code } = await transform(read(`${WASM}${name}.js`), { minifyWhitespace: true, legalComments: "none" });
  write(`wasm/${name}.js`, code);
  writeFileSync(here(`dist/wasm/${name}.wasm`), readFileSync(here(`${WASM}${name}.wasm`)));
}
write("LICENCES.txt", read("licences.txt"));

const sum = createHash("sha256");
for (const name of readdirSync(here("dist"), { recursive: true }).sort()) {
  if (/\.\w+$/.test(name) && name !== "sw.js") sum.update(name).update(readFileSync(here(`dist/${name}`)));
}
const [, policy] = read("src/index.html").match(/Content-Security-Policy" content="(.*?)"/);
const define = { POLICY: JSON.stringify(policy), VERSION: JSON.stringify(sum.digest("hex").slice(0, 12)), SHELL: JSON.stringify(SHELL) };
await script("sw.js", { format: "iife", define });
