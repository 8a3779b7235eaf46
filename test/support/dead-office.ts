import {
  type DeadFilter,
  type DeadLetter,
  type DeadLetters,
  openDeadLetters,
  type Redriven,
  type RedriveOptions,
} from "@myelin/mesh/operate";
import type { HomeMesh } from "./home-mesh.ts";

/** The dead letters of a mesh, as its operator sees them. */
export function deadOffice(home: HomeMesh, name = "ops"): Promise<DeadLetters> {
  const { servers, credentials, tls } = home.access(name);
  return openDeadLetters({ name, servers: [servers], credentials, tls });
}

export async function listed(
  office: DeadLetters,
  filter?: DeadFilter,
): Promise<readonly DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of office.list(filter)) found.push(letter);
  return found;
}

export async function redriven(
  office: DeadLetters,
  filter: DeadFilter,
  options?: RedriveOptions,
): Promise<readonly Redriven[]> {
  const told: Redriven[] = [];
  for await (const one of office.redrive(filter, options)) told.push(one);
  return told;
}
