// @ts-check
import { launch } from "./launch.mjs";
import { main, prepare, typescript } from "./prepare.mjs";
import { natsServer } from "./programs.mjs";

// `npm start`: the main job, a desk of agents over real documents.
await main(async () => {
  const env = await prepare([natsServer]);
  return launch([...typescript, "services/desk/main.ts", ...process.argv.slice(2)], env);
});
