import { MeshCode, MeshError } from "../../errors/index.ts";

/** The oldest nats-server whose streams do what the mesh asks of them: major and minor version. */
export const leastServer = [2, 12] as const;

/** What needs how new a server. */
const needs = {
  tasks: leastServer,
  streams: leastServer,
  // Schedules that repeat, and a way to take them back.
  "work for later": [2, 14],
} as const;

/** Throws `unavailable` for a server that is too old for what is asked of it. */
export function checkServer(version: string, what: keyof typeof needs = "tasks"): void {
  const least = needs[what];
  // One that does not say is not refused: what it cannot do it refuses itself.
  if (!/^\d/.test(version) || isNewEnough(version, least)) return;
  throw new MeshError(
    MeshCode.Unavailable,
    `${what}: nats-server ${least.join(".")} or newer is needed, this one is ${version.slice(0, 20)}`,
  );
}

/** Whether a server is as new as that; one that does not say is not. */
export function isNewEnough(version: string, [major, minor]: readonly [number, number]): boolean {
  // Asked for each message: without a list of its parts.
  const itsMajor = Number.parseInt(version, 10);
  const itsMinor = Number.parseInt(version.slice(version.indexOf(".") + 1), 10);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}
