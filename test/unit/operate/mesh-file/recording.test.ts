import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changeLine,
  diffPolicies,
  readMeshFile,
} from "../../../../libs/operate/mesh-file/index.ts";
import { complaints } from "./files.ts";

/** A workspace with two agents and this line. */
function mesh(line: string): string {
  return `version: 1
workspaces:
  desk:
    ${line}
    agents:
      scribe: { skills: [sum] }
      editor: { skills: [edit] }
    roles:
      auditor: { members: [audrey], calls: [scribe.sum] }
`;
}

const read = (line: string) => readMeshFile(mesh(line), "mesh.yaml").workspaces["desk"]?.recording;

test("recording names agents and a share of their calls, all of them by default", () => {
  assert.deepEqual(read("recording: { agents: [scribe], share: 0.1 }"), {
    agents: ["scribe"],
    share: 0.1,
  });
  assert.deepEqual(read("recording: { agents: ['*'] }"), { agents: ["*"], share: 1 });
  assert.equal(read("guests: false"), undefined);
});

test("an agent that is not there, a share that is none and a key too many are told with their line", () => {
  assert.deepEqual(complaints(mesh("recording: { agents: [scrib] }")), [
    "mesh.yaml:4:27: workspaces.desk.recording.agents[0]: there is no agent scrib in desk; did you mean scribe?",
  ]);
  assert.deepEqual(complaints(mesh("recording: { agents: [scribe], share: 1.5 }")), [
    "mesh.yaml:4:43: workspaces.desk.recording.share: must be 0 to 1",
  ]);
  assert.match(
    complaints(mesh("recording: { agent: [scribe] }"))[0] ?? "",
    /4:18: .*there is no such key; did you mean agents\?/,
  );
});

test("where guests are let in, any name may be recorded", () => {
  const text = mesh("recording: { agents: [anybody] }\n    guests: true");
  assert.deepEqual(complaints(text), []);
});

test("what is recorded is a line of the diff for each agent", () => {
  const lines = diffPolicies(
    readMeshFile(mesh("guests: false"), "mesh.yaml"),
    readMeshFile(mesh("recording: { agents: [scribe, '*'], share: 0.5 }"), "mesh.yaml"),
  ).map(changeLine);
  assert.deepEqual(lines, [
    "+ desk: records 50 % of the calls to scribe",
    "+ desk: records 50 % of the calls to every agent",
  ]);
});
