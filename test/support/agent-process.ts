/**
 * One instance of `echo` as a process of its own, for tests that kill it. Finds its mesh by the environment,
 * prints its instance id once it can be called, and drains on SIGTERM.
 */
import { connect, locate } from "@myelin/mesh";
import { echo, echoing } from "./echo.ts";

const mesh = await connect({ name: echo.name, ...locate(process.env) });
await mesh.serve(
  echo,
  echoing(() => mesh.instance),
);
process.once("SIGTERM", () => void mesh.drain().then(() => process.exit(0)));
process.stdout.write(`${mesh.instance}\n`);
