import type { Contract } from "../contract/index.ts";
import type { Operation } from "../pipeline/index.ts";
import { json, parseProtobuf } from "../wire/index.ts";

/** The skills of a contract as the layers see them, by name. */
export function operationsOf(contract: Contract): ReadonlyMap<string, Operation> {
  const codec = contract.protobuf === undefined ? undefined : parseProtobuf(contract.protobuf);
  const operations = new Map<string, Operation>();
  for (const [name, skill] of Object.entries(contract.skills)) {
    const { messages } = skill;
    operations.set(
      name,
      Object.freeze({
        agent: contract.name,
        skill: name,
        version: contract.version,
        key: `${contract.name}.${name}`,
        streams: skill.streams,
        idempotent: skill.idempotent,
        deadlineMs: skill.deadlineMs,
        idleMs: skill.idleMs,
        request: (messages && codec?.(messages.input)) ?? json,
        response: (messages && codec?.(messages.output)) ?? json,
      }),
    );
  }
  return operations;
}
