import { startTelemetry } from "@myelin/mesh/program";
import type { Context } from "./context.ts";
import { ownVersion } from "./version.ts";

/** A person waits for the prompt: spans that nobody takes must not hold it up. */
const stopTimeoutMs = 1_000;

/** The spans of what a command asks of agents, where the environment says who takes them; close it when done. */
export function traceCommand({ terminal }: Context): ReturnType<typeof startTelemetry> {
  const { env } = terminal;
  return startTelemetry({ service: "myelin", version: ownVersion(), env, stopTimeoutMs });
}
