// @ts-check
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { npm } from "./dependencies.mjs";
import { main, prepare, root } from "./prepare.mjs";
import { compile, published, stage } from "./published.mjs";
import { run } from "./run.mjs";

// `npm run pack [-- <folder>]`: builds the packages and puts them there as archives, ready to be published.
await main(async () => {
  const env = await prepare([]);
  const into = resolve(process.argv[2] ?? join(root, "out", "packages"));
  const work = join(into, "work");
  const compiled = join(work, "compiled");
  await mkdir(into, { recursive: true });
  await compile(compiled);
  const staged = [];
  for (const folder of published) staged.push(await stage(folder, { compiled, into: work }));
  const [command, first] = npm(env);
  const quiet = ["--silent", "--ignore-scripts", "--no-update-notifier"];
  const args = [...first, "pack", ...quiet, "--pack-destination", into, ...staged];
  const names = await run(command, args, { env, limitMs: 60_000 });
  await rm(work, { recursive: true, force: true });
  for (const name of names.trim().split("\n")) process.stdout.write(`${join(into, name)}\n`);
  return 0;
});
