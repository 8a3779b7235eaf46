/**
 * One follower as a process of its own, which a run of chaos kills and stops. Argument: a WorkerOrder as JSON. Prints
 * `ready` once it follows. Each event that it writes down is a file with the event's id.
 */
import { connect, on } from "@myelin/mesh";
import { complaints, effect, endWithParent } from "./effect.ts";
import { herald } from "./mesh.ts";
import { concurrency } from "./plan.ts";
import type { WorkerOrder } from "./worker.ts";

endWithParent();
const { access, folder }: WorkerOrder = JSON.parse(process.argv[2] ?? "{}");
const mesh = await connect({ ...access, logger: complaints(folder), waitForBrokerMs: 60_000 });
const written = on(herald, "stone.laid", async ({ fate }, { id, attempt }) => {
  if (fate === "breaks") throw new TypeError(`${id} breaks`);
  if (fate === "slips once" && attempt === 1) throw new TypeError(`${id} slips`);
  await effect(folder, id);
});
await mesh.follow("book", [written], {
  ...{ concurrency, prefetch: 64, attempts: 8, firstDelayMs: 50, maxDelayMs: 500 },
});
process.stdout.write("ready\n");
