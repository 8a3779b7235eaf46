import { MeshCode, MeshError } from "../errors/index.ts";

const least = [2, 12] as const;

/** Throws `unavailable` for a server that is too old for durable work. */
export function checkServer(version: string): void {
  const [major = Number.NaN, minor = Number.NaN] = version.split(".").map(Number);
  // One that does not say is not refused: what it cannot do it refuses itself.
  if (Number.isNaN(major) || Number.isNaN(minor)) return;
  if (major > least[0] || (major === least[0] && minor >= least[1])) return;
  throw new MeshError(
    MeshCode.Unavailable,
    `tasks need nats-server ${least.join(".")} or newer, this one is ${version.slice(0, 20)}`,
  );
}
