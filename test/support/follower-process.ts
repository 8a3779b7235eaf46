/**
 * One instance of `crm` as a process of its own, for tests that kill or stop it. Writes a line for each event it
 * begins to handle, and one when it has; holds those of users whose name begins with `hold` for good, and dies of those
 * that begin with `fatal`.
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
      if (user.startsWith("hold")) await new Promise(() => {});
      write(`done ${user}`);
    }),
  ],
  { concurrency: 4 },
);
write("ready");
process.once("SIGTERM", () => void mesh.drain().then(() => process.exit(0)));
