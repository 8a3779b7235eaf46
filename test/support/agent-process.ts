/**
 * One instance of `echo` as a process of its own, for tests that kill it. Takes the server's URL as its argument,
 * prints its instance id once it can be called, and drains on SIGTERM.
 */
import { connect } from "@myelin/mesh";
import { echo, echoing } from "./echo.ts";

const [url = ""] = process.argv.slice(2);
const mesh = await connect({ name: echo.name, servers: url });
await mesh.serve(
  echo,
  echoing(() => mesh.instance),
);
process.once("SIGTERM", () => void mesh.drain().then(() => process.exit(0)));
process.stdout.write(`${mesh.instance}\n`);
