import {
  type Asks,
  every,
  type MeshPolicy,
  parseEventTarget,
  parseSkillTarget,
  type WorkspacePolicy,
} from "@myelin/subjects";
import { meant } from "./nearest.ts";
import type { Path } from "./problem.ts";
import { checkCycles, checkShares, sharesWith } from "./sharing.ts";

/** Hears what is wrong with the value at a path; `key` where its name is. */
export type Report = (path: Path, what: string, part?: "key" | "value") => void;

/** Whether everything that is named exists, and nothing has two meanings. */
export function checkReferences(policy: MeshPolicy, report: Report): void {
  for (const workspace of Object.entries(policy.workspaces)) {
    new WorkspaceCheck(policy, workspace[0], report).check();
    checkShares(policy, workspace, report);
  }
  checkCycles(policy, report);
}

class WorkspaceCheck {
  readonly #policy: MeshPolicy;
  readonly #name: string;
  readonly #workspace: WorkspacePolicy;
  readonly #report: Report;
  readonly #path: Path;
  /** Who publishes what: agents, and members of roles. */
  readonly #events = new Map<string, readonly string[]>();

  constructor(policy: MeshPolicy, name: string, report: Report) {
    this.#policy = policy;
    this.#name = name;
    this.#workspace = policy.workspaces[name] ?? nobody;
    this.#report = report;
    this.#path = ["workspaces", name];
  }

  check(): void {
    const { agents, roles } = this.#workspace;
    this.#recording();
    for (const [agent, { publishes }] of Object.entries(agents)) this.#events.set(agent, publishes);
    for (const [role, { members, publishes }] of Object.entries(roles)) {
      for (const [at, member] of members.entries()) {
        this.#member([...this.#path, "roles", role, "members", at], member);
        this.#events.set(member, publishes);
      }
    }
    for (const [agent, asks] of Object.entries(agents)) {
      const path = [...this.#path, "agents", agent];
      this.#asks(path, asks);
      for (const [follow, { events }] of Object.entries(asks.follows)) {
        const place = [...path, "follows", follow];
        if (events.length === 0) this.#report(place, "follows no events; name at least one");
        this.#heard([...place, "events"], events);
      }
    }
    for (const [role, asks] of Object.entries(roles)) {
      this.#asks([...this.#path, "roles", role], asks);
    }
  }

  /** One file of credentials per name: whoever has two roles would have two sets of rights under one name. */
  #member(path: Path, member: string): void {
    const { agents } = this.#workspace;
    if (Object.hasOwn(agents, member)) this.#report(path, `${member} is an agent already`);
    else if (this.#events.has(member)) this.#report(path, `${member} has a role already`);
  }

  /** Guests are nobody that a file could name: where they are let in, any name may be theirs. */
  #recording(): void {
    const { agents, guests, recording } = this.#workspace;
    for (const [at, agent] of (recording?.agents ?? []).entries()) {
      if (agent === every || guests || Object.hasOwn(agents, agent)) continue;
      this.#noAgent([...this.#path, "recording", "agents", at], agent, Object.keys(agents));
    }
  }

  #asks(path: Path, asks: Asks): void {
    for (const [at, line] of asks.calls.entries()) this.#skill([...path, "calls", at], line);
    for (const [at, line] of asks.submits.entries()) {
      const place = [...path, "submits", at];
      if (line.includes("/")) this.#report(place, "tasks stay in their workspace: agent.skill");
      else this.#skill(place, line);
    }
    this.#heard([...path, "hears"], asks.hears);
  }

  #skill(path: Path, line: string): void {
    const target = parseSkillTarget(line);
    if (!target.ok || target.value.agent === every) return;
    const { workspace, agent, skill } = target.value;
    if (workspace !== undefined) return this.#foreignSkill(path, workspace, `${agent}.${skill}`);
    const { agents } = this.#workspace;
    const found = Object.hasOwn(agents, agent) ? agents[agent] : undefined;
    if (found === undefined) return this.#noAgent(path, agent, Object.keys(agents));
    if (skill === every || found.skills.includes(skill)) return;
    this.#report(path, `${agent} has no skill ${skill}${meant(skill, found.skills)}`);
  }

  #foreignSkill(path: Path, workspace: string, skill: string): void {
    const { workspaces } = this.#policy;
    if (workspace === this.#name) {
      return this.#report(path, `${workspace} is this workspace: write ${skill}`);
    }
    if (!Object.hasOwn(workspaces, workspace)) {
      const known = Object.keys(workspaces);
      return this.#report(path, `there is no workspace ${workspace}${meant(workspace, known)}`);
    }
    if (sharesWith(workspaces[workspace], skill, this.#name)) return;
    this.#report(path, `${workspace} does not share ${skill} with ${this.#name}`);
  }

  #heard(path: Path, lines: readonly string[]): void {
    for (const [at, line] of lines.entries()) {
      const target = parseEventTarget(line);
      if (!target.ok || target.value.publisher === every) continue;
      const { publisher, name, below } = target.value;
      const events = this.#events.get(publisher);
      if (events === undefined) this.#noAgent([...path, at], publisher, this.#events.keys());
      else if (name !== "" && !events.some((event) => isHeard(event, name, below))) {
        this.#report([...path, at], `${publisher} publishes no ${name}${meant(name, events)}`);
      }
    }
  }

  #noAgent(path: Path, agent: string, known: Iterable<string>): void {
    this.#report(path, `there is no agent ${agent} in ${this.#name}${meant(agent, known)}`);
  }
}

function isHeard(event: string, name: string, below: boolean): boolean {
  return below ? event.startsWith(`${name}.`) : event === name;
}

const nobody: WorkspacePolicy = { guests: false, agents: {}, roles: {}, shares: [] };
