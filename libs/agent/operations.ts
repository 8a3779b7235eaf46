import { foreignName } from "@myelin/subjects";
import type { Contract } from "../contract/index.ts";
import type { Operation } from "../pipeline/index.ts";
import { json, parseProtobuf } from "../wire/index.ts";

/** The skills of a contract as the layers see them, by name; of the agent in another workspace, where one is named. */
export function operationsOf(
  contract: Contract,
  workspace?: string,
): ReadonlyMap<string, Operation> {
  const agent =
    workspace === undefined ? contract.name : foreignName({ workspace, agent: contract.name });
  const codec = contract.protobuf === undefined ? undefined : parseProtobuf(contract.protobuf);
  const operations = new Map<string, Operation>();
  for (const [name, skill] of Object.entries(contract.skills)) {
    const { messages } = skill;
    operations.set(
      name,
      Object.freeze({
        agent,
        skill: name,
        ...(workspace === undefined ? {} : { workspace }),
        version: contract.version,
        key: `${agent}.${name}`,
        streams: skill.streams,
        idempotent: skill.idempotent,
        deadlineMs: skill.deadlineMs,
        idleMs: skill.idleMs,
        request: (messages && codec?.(messages.input)) ?? json,
        response: (messages && codec?.(messages.output)) ?? json,
        sealed: skill.sealed,
      }),
    );
  }
  return operations;
}
