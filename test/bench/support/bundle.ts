import { rmSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { atExit } from "./leftovers.ts";

const here = fileURLToPath(new URL("..", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/bench", import.meta.url));

/** Programs of a bench as plain JavaScript in a folder that goes away with it. */
export interface Programs extends AsyncDisposable {
  readonly folder: string;
}

/**
 * Compiles the programs that run in processes of their own, our library included.
 *
 * What tsx makes of TypeScript would not do: it keeps the names of functions, at the price of a
 * property definition for every closure that a call makes. Users run plain JavaScript. `from` is their folder.
 */
export async function bundle(names: readonly string[], from = here): Promise<Programs> {
  const folder = join(cache, String(process.pid));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: names.map((name) => ({ in: join(from, `${name}.ts`), out: name })),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["development"],
    logLevel: "warning",
    plugins: [oursOnly],
  });
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      forget();
    },
  };
}

/** Other people's packages run as they are installed. */
const oursOnly: Plugin = {
  name: "ours-only",
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === "entry-point" || path.startsWith("@myelin/") ? undefined : { path, external: true },
    );
  },
};
