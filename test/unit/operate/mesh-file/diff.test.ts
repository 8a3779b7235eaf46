import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changeLine,
  diffPolicies,
  readMeshFile,
} from "../../../../libs/operate/mesh-file/index.ts";
import { full } from "./files.ts";

const changes = (before: string | undefined, after: string): string[] =>
  diffPolicies(
    before === undefined ? undefined : readMeshFile(before, "mesh.yaml"),
    readMeshFile(after, "mesh.yaml"),
  ).map(changeLine);

test("the same policy is no change, whatever the order of its lines", () => {
  assert.deepEqual(changes(full, full), []);
  assert.deepEqual(changes(full, full.replace("[list, read]", "[read, list]")), []);
});

test("the first policy is all new", () => {
  const text = `version: 1
workspaces:
  desk:
    guests: true
    agents:
      far: { skills: [read] }
      me: { calls: [far.read], vouches: true }
    roles:
      operator: { members: [ops] }
`;
  assert.deepEqual(changes(undefined, text), [
    "+ workspace desk",
    "+ desk: lets guests in",
    "+ desk: agent far",
    "+ desk: agent far offers read",
    "+ desk: agent far takes tasks",
    "+ desk: agent me",
    "+ desk: agent me may call far.read",
    "+ desk: agent me may speak for an end user",
    "+ desk: role operator",
    "+ desk: role operator is held by ops",
  ]);
});

test("what is given and what is taken away are lines of their own", () => {
  const after = full
    .replace("calls: [librarian.*, summarizer.condense,", "calls: [librarian.list,")
    .replace("from: beginning", "from: now")
    .replace("members: [eve]", "members: [eve, max]")
    .replace("    guests: true\n", "");
  assert.deepEqual(changes(full, after), [
    "- desk: lets guests in",
    "- desk: agent editor follows editor.digest.done as crm, from the beginning",
    "- desk: agent editor takes tasks",
    "- desk: agent editor may call librarian.*",
    "- desk: agent editor may call summarizer.condense",
    "+ desk: agent editor follows editor.digest.done as crm, from now on",
    "+ desk: agent editor may call librarian.list",
    "- desk: agent librarian takes tasks",
    "+ desk: role observer is held by max",
  ]);
});

test("a workspace that goes takes everything with it", () => {
  const [desk = ""] = full.split("  sales:\n");
  const lines = changes(full, desk.replace(", sales/pricer.quote", ""));
  assert.deepEqual(lines, [
    "- desk: agent editor may call sales/pricer.quote",
    "- workspace sales",
    "- sales: shares pricer.quote with desk",
    "- sales: agent pricer",
    "- sales: agent pricer offers quote",
  ]);
});

test("a program reads a change as data", () => {
  const after = full.replace("submits: []", 'submits: ["*"]');
  assert.deepEqual(diffPolicies(readMeshFile(full, "m"), readMeshFile(after, "m")), [
    { sign: "+", workspace: "desk", who: "role gateway", what: "may submit tasks to *" },
  ]);
});

test("what is said of streams is a line each", () => {
  const after = full.replace(
    "    guests: true\n",
    "    guests: true\n    provision: bind\n    replicas: 3\n    streams: { events: { maxBytes: 2097152 } }\n",
  );
  assert.deepEqual(changes(full, after), [
    "+ desk: has provision bind for its streams",
    "+ desk: has replicas 3 of each stream",
    "+ desk: has maxBytes 2097152 for the stream events",
  ]);
});
