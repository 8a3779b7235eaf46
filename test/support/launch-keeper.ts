import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { HomeMesh } from "./home-mesh.ts";

/** A keeper in a process that a test may ill-treat. */
export interface KeeperProcess extends AsyncDisposable {
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<unknown>;
}

const program = fileURLToPath(new URL("../../services/keeper/main.ts", import.meta.url));

/** Starts one; resolves when it has joined. */
export async function launchKeeper(home: HomeMesh): Promise<KeeperProcess> {
  const { servers, credentials, tls } = home.access("keeper");
  const env = {
    ...process.env,
    MYELIN_URL: servers,
    MYELIN_CREDS: credentials,
    MYELIN_CA: tls.caFile,
  };
  const child = fork(program, [], {
    execArgv: ["--conditions=development", "--import", "tsx"],
    env,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const ready = once(child, "message");
  const first = await Promise.race([ready.then(() => "ready"), ended.then(() => "ended")]);
  if (first === "ended") throw new Error("keeper did not start");
  return {
    signal: (name) => void child.kill(name),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
