import { callSubject, Metadata } from "@myelin/subjects";
import { type Contract, type Skill, wireSchema } from "../contract/index.ts";
import type { ServiceEndpoint, ServicesParts } from "../nats/index.ts";
import type { Operation } from "../pipeline/index.ts";

/** The card of a contract as `$SRV.INFO` shows it, with JSON Schemas of what crosses the wire. */
export function servicesOf(
  contract: Contract,
  operations: ReadonlyMap<string, Operation>,
): Pick<ServicesParts, "name" | "version" | "description" | "metadata" | "endpoints"> {
  return {
    name: contract.name,
    version: contract.version,
    description: contract.description,
    metadata: { [Metadata.wire]: "1", ...eventsMetadata(contract) },
    endpoints: Object.entries(contract.skills).map(([name, skill]) => ({
      name,
      // A plain client puts its own name in the place of the star.
      subject: callSubject(contract.name, name, "any", "*"),
      queueGroup: contract.name,
      metadata: skillMetadata(skill, operations.get(name)),
    })),
  };
}

/** What the agent tells the others, for whoever looks for something to follow. */
function eventsMetadata({ events }: Contract): Readonly<Record<string, string>> {
  const kinds = Object.entries(events).map(([name, { description, signed, data }]) => {
    return [name, { description, signed, data: wireSchema(data) }] as const;
  });
  return kinds.length === 0 ? {} : { [Metadata.events]: JSON.stringify(Object.fromEntries(kinds)) };
}

function skillMetadata(
  skill: Skill,
  operation: Operation | undefined,
): ServiceEndpoint["metadata"] {
  const errors = Object.entries(skill.errors).map(([name, schema]) => [name, wireSchema(schema)]);
  return {
    ...(skill.description === "" ? {} : { description: skill.description }),
    [Metadata.streams]: String(skill.streams),
    [Metadata.idempotent]: String(skill.idempotent),
    [Metadata.deadlineMs]: String(skill.deadlineMs),
    [Metadata.contentType]: operation?.request.contentType ?? "",
    ...(skill.sealed ? { [Metadata.sealed]: "true" } : {}),
    [Metadata.input]: JSON.stringify(wireSchema(skill.input)),
    [Metadata.output]: JSON.stringify(wireSchema(skill.output)),
    ...(errors.length === 0
      ? {}
      : { [Metadata.errors]: JSON.stringify(Object.fromEntries(errors)) }),
  };
}
