/**
 * A side of the lab as a process of its own, for tests that kill or stop it. Finds its mesh by the environment. Argument:
 * `serve` (an agent run as a program), `tick` (reads a stream for ever), `wait` (makes a call of 4 s and prints its answer)
 * or `hang` (has calls under way for ever).
 * Prints a line when it is ready, one for each frame, and one for each call that was given up under way.
 */
import { connect, locate } from "@myelin/mesh";
import { drainOnSignal } from "@myelin/mesh/program";
import { lab, labour, Notes } from "./lab.ts";

const [role = ""] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
const name = role === "serve" ? lab.name : "ops";
const mesh = await connect({ name, ...locate(process.env) });
const client = mesh.client(lab);

if (role === "serve") {
  const notes = new Notes();
  notes.onAbort = () => say("aborted");
  await mesh.serve(lab, labour(notes));
  drainOnSignal(() => mesh.drain());
  say(mesh.instance);
} else if (role === "tick") {
  for await (const tick of client.tick({ everyMs: 50 })) say(`${tick}`);
} else if (role === "wait") {
  const answer = client.wait({ ms: 4_000 });
  say("ready");
  say(JSON.stringify(await answer));
} else {
  const calls = Array.from({ length: 3 }, () => client.wait({ ms: 60_000 }));
  say("ready");
  await Promise.all(calls);
}
