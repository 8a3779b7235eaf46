import type { Setting } from "../support/bench.ts";
import { Children } from "../support/children.ts";
import { atMost, type Figure, middle } from "../support/figure.ts";
import type { Crowd, IssuingCosts } from "./issuing.ts";

/** 1,000 agents with 4,000 grants: one account's JWT has no room for them all. */
const issued: Crowd = { workspaces: 4, agents: 250, calls: 4 };
/** 1,000 grants in one account. */
const compiled: Crowd = { workspaces: 1, agents: 100, calls: 10 };

/** What it takes to make a mesh.yaml into keys, JWTs and credentials. */
export async function paperCosts(setting: Setting): Promise<Figure[]> {
  setting.say("issuing");
  const issues = await passes<IssuingCosts>(setting, "issue", issued);
  setting.say("compiling");
  const compiles = await passes<number>(setting, "compile", compiled);
  const part = (of: (costs: IssuingCosts) => number): string =>
    middle(issues.map(of)).value.toFixed(2);
  return [
    {
      id: "identity.issue",
      ...middle(issues.map((costs) => costs.planS + costs.applyS)),
      unit: "s",
      note:
        `1,000 agents in ${issued.workspaces} workspaces, no server: ${part(({ planS }) => planS)} s to read mesh.yaml, ` +
        `make keys and sign accounts, ${part(({ applyS }) => applyS)} s to sign users and bring every file to disk; ` +
        `CPU ${part(({ cpuS }) => cpuS)} s`,
    },
    {
      id: "identity.compile",
      ...middle(compiles),
      unit: "s",
      target: atMost(1),
      note: `1,000 grants of ${compiled.agents} agents, from mesh.yaml to the account's signed JWT, keys included`,
    },
  ];
}

/** Each in a process of its own, as the command line does it: nothing is warm. */
async function passes<Value>(setting: Setting, what: string, crowd: Crowd): Promise<Value[]> {
  const found: Value[] = [];
  for (let pass = 0; pass < (setting.quick ? 1 : 5); pass++) {
    await using children = new Children(setting);
    const issuing = await children.start("identity/issuing", undefined);
    found.push(await issuing.ask<Value>(what, crowd));
  }
  return found;
}
