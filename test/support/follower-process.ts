/**
 * One instance of `crm` as a process of its own, for tests that kill or stop it. Writes a line for each event it
 * begins to handle, and one when it has; holds those of users whose name begins with `hold` for good, dies of those
 * that begin with `fatal`, and fails those that begin with `block` after it has kept the event loop for two seconds.
 * FOLLOW may be options, as JSON.
 */
import { connect, locate, on } from "@myelin/mesh";
import { accounts } from "./accounts-mesh.ts";

const mesh = await connect({ ...locate(process.env), name: "crm" });
const write = (line: string): void => void process.stdout.write(`${line}\n`);
await mesh.follow(
  "users",
  [
    on(accounts, "user.signed-up", async ({ user }, { attempt }) => {
      write(`begun ${user} ${attempt}`);
      if (user.startsWith("fatal")) process.kill(process.pid, "SIGKILL");
      if (user.startsWith("block")) {
        const end = performance.now() + 2_000;
        while (performance.now() < end);
        throw new TypeError("blocked");
      }
      if (user.startsWith("hold")) await new Promise(() => {});
      write(`done ${user}`);
    }),
  ],
  { concurrency: 4, ...JSON.parse(process.env["FOLLOW"] ?? "{}") },
);
write("ready");
process.once("SIGTERM", () => void mesh.drain().then(() => process.exit(0)));
