/**
 * One instance of `echo` as a process of its own, for tests that kill it. Finds its mesh by the environment,
 * prints its instance id once it can be called, `begun` for each call of `once` that takes its time, and drains on
 * SIGTERM.
 */
import { connect, locate } from "@myelin/mesh";
import { echo, echoing } from "./echo.ts";

const mesh = await connect({ name: echo.name, ...locate(process.env) });
const handlers = echoing(() => mesh.instance);
await mesh.serve(echo, {
  ...handlers,
  once: (input) => {
    if (input.ms > 0) process.stdout.write("begun\n");
    return handlers.once(input);
  },
});
process.once("SIGTERM", () => void mesh.drain().then(() => process.exit(0)));
process.stdout.write(`${mesh.instance}\n`);
