/**
 * One worker of `painter` as a process of its own, for tests that kill or stop it. Prints `ready` once it takes
 * tasks, `begun <id> <attempt>` for each attempt, and `noted …` once its checkpoint is stored. A task to paint
 * `slowly` takes until a file is there.
 */
import { existsSync } from "node:fs";
import { connect } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { painter } from "./painter.ts";

const [servers = "", credentials = "", caFile = "", gate = ""] = process.argv.slice(2);
const mesh = await connect({ name: painter.name, servers, credentials, tls: { caFile } });
await mesh.serve(
  painter,
  {
    paint: async ({ what }, ctx) => {
      process.stdout.write(`begun ${ctx.id} ${ctx.attempt}\n`);
      await ctx.checkpoint({ by: ctx.attempt });
      process.stdout.write(`noted ${ctx.id} ${ctx.attempt}\n`);
      if (what === "fatally") process.kill(process.pid, "SIGKILL");
      if (what === "slowly") {
        await eventually("the gate opens", () => existsSync(gate) || ctx.signal.aborted, {
          timeoutMs: 60_000,
        });
      }
      process.stdout.write(`painted ${ctx.id} ${ctx.attempt} ${ctx.signal.aborted}\n`);
      return { painted: `${what} by ${process.pid}` };
    },
    sketch: () => ({}),
    async *stroke() {},
  },
  { tasks: { concurrency: 2, attempts: 3, firstDelayMs: 50 } },
);
process.stdout.write("ready\n");
