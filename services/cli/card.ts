import {
  type Contract,
  defineAgent,
  isMeshError,
  MeshCode,
  MeshError,
  type Skill,
  skill,
} from "@myelin/mesh";
import type { EndpointInfo, Observer, ServiceInfo } from "@myelin/mesh/operate";
import { Metadata } from "@myelin/subjects";
import { z } from "zod";

/** An agent's contract as it shows it to others. */
export interface Card {
  readonly agent: string;
  readonly version: string;
  readonly description: string;
  /** Whether the agent signed it, and claims no more than its issuer attests. */
  readonly verified: boolean;
  /** Why not; absent when it is. */
  readonly unverified?: string | undefined;
  readonly skills: readonly SkillCard[];
  /** What it tells; absent where that is nothing. */
  readonly events?: readonly EventCard[];
}

/** One event of a card. */
export interface EventCard {
  readonly name: string;
  readonly description: string;
  readonly signed: boolean;
  /** JSON Schema of its data. */
  readonly data: unknown;
}

const eventsShown = z.record(
  z.string(),
  z.object({ description: z.string(), signed: z.boolean(), data: z.unknown() }),
);

/** One skill of a card. */
export interface SkillCard {
  readonly name: string;
  readonly description: string;
  /** The subject a plain client sends to, with `*` for its own name. */
  readonly subject: string;
  readonly streams: boolean;
  readonly idempotent: boolean;
  readonly deadlineMs: number;
  readonly contentType: string;
  /** Whether its payloads are sealed for their reader. */
  readonly sealed: boolean;
  /** JSON Schemas; of a skill that streams, `output` is of each frame. */
  readonly input: unknown;
  readonly output: unknown;
  readonly errors: Readonly<Record<string, unknown>>;
}

/** Whether a service is an agent of the mesh; others answer `$SRV` too. */
export function isAgent(service: Pick<ServiceInfo, "metadata">): boolean {
  return Metadata.wire in service.metadata;
}

function cardOf(info: ServiceInfo): Card {
  return {
    agent: info.name,
    version: info.version,
    description: info.description,
    verified: info.verified,
    unverified: info.unverified,
    skills: info.endpoints.map(skillOf),
    ...eventsOf(info.metadata[Metadata.events]),
  };
}

/** What cannot be read is not shown: anybody may answer for an agent. */
function eventsOf(text: string | undefined): Pick<Card, "events"> {
  if (text === undefined) return {};
  const read = eventsShown.safeParse(json(text));
  if (!read.success) return {};
  const all = Object.entries(read.data);
  return { events: all.map(([name, { data, ...kind }]) => ({ name, ...kind, data })) };
}

/** Asks for the card of an agent; throws `unknown_agent` with the names of those that are there. */
export async function askCard(observer: Observer, agent: string): Promise<Card> {
  const [info] = (await observer.info(agent, { most: 1 })).filter(isAgent);
  if (info !== undefined) return cardOf(info);
  const there = await agentsThere(observer);
  throw new MeshError(MeshCode.UnknownAgent, `nobody serves ${agent}${there}`);
}

/** Who else is there, for people; a submitter may ask for the agents that it submits to alone. */
async function agentsThere(observer: Observer): Promise<string> {
  try {
    const names = (await observer.info()).filter(isAgent).map(({ name }) => name);
    const there = [...new Set(names)].sort().join(", ");
    return there === "" ? ", and no other agent is there" : `; agents here: ${there}`;
  } catch (error) {
    if (isMeshError(error, MeshCode.PermissionDenied)) return " now";
    throw error;
  }
}

/** The skill of a card; throws `unknown_skill` with the names of those that it has. */
export function skillIn(card: Card, name: string): SkillCard {
  const found = card.skills.find((skill) => skill.name === name);
  if (found !== undefined) return found;
  const names = card.skills.map((skill) => skill.name).join(", ");
  throw new MeshError(
    MeshCode.UnknownSkill,
    `${card.agent} has no skill ${name}; its skills: ${names}`,
  );
}

/** A contract with which one skill can be called: the agent checks the input, having the real one. */
export function contractOf(card: Card, { name, ...facts }: SkillCard): Contract {
  const { idempotent, deadlineMs, sealed } = facts;
  const errors = Object.fromEntries(Object.keys(facts.errors).map((error) => [error, z.unknown()]));
  const common = { input: z.unknown(), idempotent, deadlineMs, errors, sealed };
  const declared: Skill = facts.streams
    ? skill({ ...common, frames: z.unknown() })
    : skill({ ...common, output: z.unknown() });
  return defineAgent({ name: card.agent, version: card.version, skills: { [name]: declared } });
}

/** The same, with the input checked here as its card describes it: nobody may be there to do so. */
export function checkingContractOf(card: Card, shown: SkillCard): Contract {
  const contract = contractOf(card, shown);
  const declared = contract.skills[shown.name];
  if (declared === undefined) return contract;
  const skills = { [shown.name]: { ...declared, input: schemaOf(shown.input) ?? z.unknown() } };
  return defineAgent({ name: card.agent, version: card.version, skills });
}

/** Anybody may say anything in a card: what is no schema checks nothing, and is undefined. */
export function schemaOf(shown: unknown): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(shown as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return undefined;
  }
}

/** What is known of a skill while nobody serves it: its agent checks the input when it comes. */
export function contractFromAfar(
  target: { readonly agent: string; readonly skill: string },
  version = "0.0.0",
): Contract {
  const skills = { [target.skill]: skill({ input: z.unknown(), output: z.unknown() }) };
  return defineAgent({ name: target.agent, version, skills });
}

function skillOf({ name, subject, metadata }: EndpointInfo): SkillCard {
  return {
    name,
    description: metadata.description ?? "",
    subject,
    streams: metadata[Metadata.streams] === "true",
    idempotent: metadata[Metadata.idempotent] === "true",
    deadlineMs: Number(metadata[Metadata.deadlineMs] ?? 30_000),
    contentType: metadata[Metadata.contentType] || "application/json",
    sealed: metadata[Metadata.sealed] === "true",
    input: json(metadata[Metadata.input]),
    output: json(metadata[Metadata.output]),
    errors: z.record(z.string(), z.unknown()).catch({}).parse(json(metadata[Metadata.errors])),
  };
}

function json(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // A card from elsewhere may say anything; what cannot be read is not shown.
    return undefined;
  }
}
