import { locate, MeshCode, MeshError } from "@myelin/mesh";
import { accessLog, drainOnSignal, startTelemetry } from "@myelin/mesh/program";
import pino from "pino";
import type { TakePost } from "./agents/post.ts";
import { readChatServer, readSettings } from "./settings.ts";

// A process loads what its own agent needs, and no other's: the language model is large.
const posts: Readonly<Record<string, () => Promise<{ takePost: TakePost }>>> = {
  librarian: () => import("./agents/librarian.ts"),
  summarizer: () => import("./agents/summarizer.ts"),
  indexer: () => import("./agents/indexer.ts"),
  reviewer: () => import("./agents/reviewer.ts"),
  editor: () => import("./agents/editor.ts"),
};

// What is not done by then is given back, and another instance does it.
const drainMs = 2_000;

// With --chaos the broker may be away just when an instance starts.
const waitForBrokerMs = 30_000;

/** A desk waits for its digest, and instances may die over a task more often than usual. */
const tasks = { attempts: 15, firstDelayMs: 200, maxDelayMs: 5_000 };

const [, , agent = "", label = agent] = process.argv;
const logger = pino({ name: label }, pino.destination({ fd: 2, sync: true }));

/** One agent as a process: serves until it is told to drain, or until the desk is gone. */
async function main(): Promise<void> {
  const load = Object.hasOwn(posts, agent) ? posts[agent] : undefined;
  if (load === undefined) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `the agent must be one of ${Object.keys(posts).join(", ")}, got ${JSON.stringify(agent)}`,
    );
  }
  const settings = readSettings(process.env);
  const chat = readChatServer(process.env);
  const telemetry = await startTelemetry({ service: agent });
  const onAccess = accessLog(logger);
  const connection = { ...locate(process.env), logger, onAccess, waitForBrokerMs };
  const mesh = await (await load()).takePost({ settings, chat, label, connection, tasks });
  drainOnSignal(
    async () => {
      await mesh.drain({ timeoutMs: drainMs });
      await telemetry.stop();
    },
    { signals: ["SIGTERM"], timeoutMs: drainMs + 2_000 },
  );
  staysWithDesk();
  process.send?.({ is: "ready" });
  logger.info({ instance: mesh.instance }, `${label} can be called`);
}

/** Drains when the desk is gone, however it ended; nobody else would ever stop this process. */
function staysWithDesk(): void {
  if (process.send === undefined) return;
  const leave = (): void => void process.kill(process.pid, "SIGTERM");
  if (process.connected) process.once("disconnect", leave);
  else leave();
}

main().catch((error: unknown) => {
  logger.fatal(error, `${label} cannot start`);
  process.exit(1);
});
