// @ts-check
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { main, prepare, root } from "./prepare.mjs";
import { compile, published } from "./published.mjs";

// `npm run build`: the `dist` of every package that others install. The repository itself runs its sources.
await main(async () => {
  await prepare([]);
  const compiled = join(root, ".cache", "build");
  await compile(compiled);
  for (const folder of published) {
    const dist = join(root, folder, "dist");
    await rm(dist, { recursive: true, force: true });
    await rename(join(compiled, folder), dist);
    process.stdout.write(`${folder}/dist\n`);
  }
  await rm(compiled, { recursive: true, force: true });
  return 0;
});
