// @ts-check
import { launch } from "./launch.mjs";
import { main, prepare, typescript } from "./prepare.mjs";
import { natsServer } from "./programs.mjs";

// `npm run bench -- <name>`: one benchmark. Standard output is all its own.
await main(async () => {
  const env = await prepare([natsServer]);
  return launch([...typescript, "test/bench/main.ts", ...process.argv.slice(2)], env);
});
