import { type MeshPolicy, parseSkillTarget, type WorkspacePolicy } from "@myelin/subjects";
import { meant } from "./nearest.ts";
import type { Report } from "./references.ts";

/** Whether a workspace shares `agent.skill` with another. */
export function sharesWith(
  workspace: WorkspacePolicy | undefined,
  skill: string,
  other: string,
): boolean {
  const shares = workspace?.shares ?? [];
  return shares.some((share) => share.skill === skill && share.with.includes(other));
}

/** Whether a workspace shares what it has, with others that exist. */
export function checkShares(
  policy: MeshPolicy,
  [name, { agents, shares }]: readonly [string, WorkspacePolicy],
  report: Report,
): void {
  for (const [at, share] of shares.entries()) {
    const path = ["workspaces", name, "shares", at];
    const problem = unknownSkill(agents, share.skill);
    if (problem !== undefined) report([...path, "skill"], problem);
    if (shares.findIndex(({ skill }) => skill === share.skill) < at) {
      report(
        [...path, "skill"],
        `${share.skill} is shared already: put all workspaces in one line`,
      );
    }
    if (share.with.length === 0) report(path, "is shared with nobody; name at least one workspace");
    for (const [index, other] of share.with.entries()) {
      const place = [...path, "with", index];
      if (other === name) report(place, `${name} cannot share with itself: it has the skill`);
      else if (!Object.hasOwn(policy.workspaces, other)) {
        const known = Object.keys(policy.workspaces);
        report(place, `there is no workspace ${other}${meant(other, known)}`);
      }
    }
  }
}

/** Workspaces that share in a circle: a call could go round for ever, and no one of them could be applied first. */
export function checkCycles({ workspaces }: MeshPolicy, report: Report): void {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (done.has(name)) return;
    for (const [at, share] of (workspaces[name]?.shares ?? []).entries()) {
      for (const [index, other] of share.with.entries()) {
        if (other === name || !Object.hasOwn(workspaces, other)) continue;
        const path = ["workspaces", name, "shares", at, "with", index];
        const start = [...trail, name].indexOf(other);
        if (start < 0) visit(other, [...trail, name]);
        else {
          const circle = [...trail, name].slice(start).concat(other).join(" → ");
          report(path, `a cycle of workspaces: ${circle}; let one of them share nothing back`);
        }
      }
    }
    done.add(name);
  };
  for (const name of Object.keys(workspaces)) visit(name, []);
}

function unknownSkill(agents: WorkspacePolicy["agents"], text: string): string | undefined {
  const target = parseSkillTarget(text);
  if (!target.ok) return undefined;
  const { agent, skill } = target.value;
  const found = Object.hasOwn(agents, agent) ? agents[agent] : undefined;
  if (found === undefined) return `there is no agent ${agent}${meant(agent, Object.keys(agents))}`;
  if (found.skills.includes(skill)) return undefined;
  return `there is no skill ${skill} of ${agent}${meant(skill, found.skills)}`;
}
