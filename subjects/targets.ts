import { isEventName } from "./durable.ts";
import { isToken, no, type Parsed } from "./grammar.ts";

/** Every name. */
export const every = "*";

/** What a line of `calls` or `submits` names: an agent's skill; `*` in a place is every one. */
export interface SkillTarget {
  /** Another workspace, which shares the skill; undefined: this one. */
  readonly workspace: string | undefined;
  readonly agent: string;
  readonly skill: string;
}

/** What a line of `hears` names. */
export interface EventTarget {
  readonly publisher: string;
  /** The beginning of the name: whole tokens. */
  readonly name: string;
  /** Whether everything below the name is meant. */
  readonly below: boolean;
}

/** Reads `agent.skill`, `agent.*`, `*`, or `workspace/agent.skill`. */
export function parseSkillTarget(text: string): Parsed<SkillTarget> {
  if (text === every) {
    return { ok: true, value: { workspace: undefined, agent: every, skill: every } };
  }
  const parts = text.split("/");
  const [agent = "", skill = "", ...more] = (parts.at(-1) ?? "").split(".");
  const workspace = parts.length === 2 ? parts[0] : undefined;
  if (parts.length > 2 || more.length > 0 || !isToken(agent)) return no(skillTargetRule);
  if (workspace !== undefined && !isToken(workspace)) return no(skillTargetRule);
  if (!isToken(skill) && (skill !== every || workspace !== undefined)) return no(skillTargetRule);
  return { ok: true, value: { workspace, agent, skill } };
}

/** What a line of `calls` must look like, for error messages. */
export const skillTargetRule = "agent.skill, agent.*, *, or workspace/agent.skill";

/** Reads `publisher.name…`, `publisher.name….*`, `publisher.*` or `*`. */
export function parseEventTarget(text: string): Parsed<EventTarget> {
  if (text === every) return { ok: true, value: { publisher: every, name: "", below: true } };
  const [publisher = "", ...tokens] = text.split(".");
  const below = tokens.at(-1) === every;
  const name = (below ? tokens.slice(0, -1) : tokens).join(".");
  const isNamed = isEventName(name) || (below && name === "");
  if (!isToken(publisher) || !isNamed) return no(eventTargetRule);
  return { ok: true, value: { publisher, name, below } };
}

/** What a line of `hears` must look like, for error messages. */
export const eventTargetRule = "publisher.name, publisher.* or *";
