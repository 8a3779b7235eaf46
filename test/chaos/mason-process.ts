/**
 * One worker as a process of its own, which a run of chaos kills and stops. Argument: a WorkerOrder as JSON. Prints
 * `ready` once it takes tasks. Each stone that it lays is a file with the task's id.
 */
import { connect } from "@myelin/mesh";
import { complaints, effect, endWithParent } from "./effect.ts";
import { mason } from "./mesh.ts";
import { concurrency } from "./plan.ts";
import type { WorkerOrder } from "./worker.ts";

endWithParent();
const { access, folder }: WorkerOrder = JSON.parse(process.argv[2] ?? "{}");
const mesh = await connect({ ...access, logger: complaints(folder), waitForBrokerMs: 60_000 });
await mesh.serve(
  mason,
  {
    lay: async ({ fate }, { id, attempt }) => {
      if (fate === "breaks") throw new TypeError(`${id} breaks`);
      if (fate === "slips once" && attempt === 1) throw new TypeError(`${id} slips`);
      await effect(folder, id);
      return { laid: id };
    },
  },
  { tasks: { concurrency, attempts: 8, firstDelayMs: 50, maxDelayMs: 500 } },
);
process.stdout.write("ready\n");
