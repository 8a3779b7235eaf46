import { isToken, tokenRule, versionLabel } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { checkEventName, type EventKinds } from "./event.ts";
import type { Skill } from "./skill.ts";

/** What an agent is, as its author writes it. */
export interface AgentDefinition<
  Skills extends Readonly<Record<string, Skill>>,
  Events extends EventKinds = Readonly<Record<never, never>>,
> {
  /** The agent's name; a token: a-z, 0-9, _ and -, at most 63. */
  readonly name: string;
  /** Semantic version of the contract (https://semver.org). */
  readonly version: string;
  /** One sentence, for people and for models that choose an agent. */
  readonly description?: string;
  readonly skills: Skills;
  /** What it tells the others, by name: tokens joined by dots. Default: nothing. */
  readonly events?: Events;
  /** Protobuf source (proto3) that declares the messages its skills name. Default: none. */
  readonly protobuf?: string;
}

/** A contract: name, version, skills and events of an agent, as data that both sides import. */
export interface Contract<
  Skills extends Readonly<Record<string, Skill>> = Readonly<Record<string, Skill>>,
  Events extends EventKinds = EventKinds,
> {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly skills: Skills;
  readonly events: Events;
  readonly protobuf: string | undefined;
}

// https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string, without its groups.
const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

/** Declares an agent; throws `invalid_name` or `invalid_argument` on what the wire could not carry. */
export function defineAgent<
  const Skills extends Readonly<Record<string, Skill>>,
  const Events extends EventKinds = Readonly<Record<never, never>>,
>(definition: AgentDefinition<Skills, Events>): Contract<Skills, Events> {
  token("agent name", definition.name);
  if (!isObject(definition.skills)) {
    const detail = `${definition.name}: skills must be an object of what skill() returned, got ${typeof definition.skills}; {} where it has none`;
    throw new MeshError(MeshCode.InvalidArgument, detail);
  }
  const events: EventKinds = definition.events ?? {};
  for (const name of Object.keys(definition.skills)) skillName(definition.name, name);
  for (const name of Object.keys(events)) checkEventName(definition.name, name);
  checkVersion("agent version", definition.version);
  for (const [name, skill] of Object.entries(definition.skills)) {
    if (skill.messages !== undefined && definition.protobuf === undefined) {
      throw new MeshError(
        MeshCode.InvalidArgument,
        `${definition.name}.${name} names protobuf messages, but the agent has no protobuf source`,
      );
    }
  }
  return Object.freeze({
    name: definition.name,
    version: definition.version,
    description: definition.description ?? "",
    skills: Object.freeze({ ...definition.skills }),
    events: Object.freeze({ ...events }) as Events,
    protobuf: definition.protobuf,
  });
}

/** Throws `invalid_argument` unless it is what `defineAgent` makes. */
export function checkContract(what: string, contract: Contract | undefined): void {
  const { name, skills, events }: Partial<Contract> = contract ?? {};
  if (typeof name === "string" && isObject(skills) && isObject(events)) return;
  const hint =
    contract === undefined ? ", as modules that import each other in a circle give it" : "";
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${what}: the contract must be what defineAgent returned, got ${contract === null ? "null" : typeof contract}${hint}`,
  );
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** Throws `invalid_name` unless the name can be a token of a subject. */
export function token(what: string, name: string): string {
  if (typeof name === "string" && isToken(name)) return name;
  throw new MeshError(
    MeshCode.InvalidName,
    `${what} must be ${tokenRule}, got ${JSON.stringify(name)}`,
  );
}

function skillName(agent: string, name: string): void {
  token(`skill name of ${agent}`, name);
  // A client with a method `then` passes for a promise: whoever awaits it would call the skill.
  if (name === "then") {
    throw new MeshError(
      MeshCode.InvalidName,
      `skill name of ${agent} must not be "then", which would make its client a promise`,
    );
  }
}

/** Throws `invalid_argument` for what no contract has for its version. */
export function checkVersion(what: string, text: string): void {
  if (!semver.test(text) || versionLabel(text).length > 61) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${what} must be a semantic version of at most 61 characters, got ${JSON.stringify(text)}`,
    );
  }
}
