import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import {
  checkAccountSize,
  members,
  readMeshFile,
  scopesOf,
} from "../../../../libs/operate/mesh-file/index.ts";
import { full } from "./files.ts";

test("each agent has a scope of its own, each role one for all its members, guests one", () => {
  const scopes = scopesOf(readMeshFile(full, "mesh.yaml"), "desk");
  assert.deepEqual(
    scopes.map(({ role, skills, vouches }) => ({ role, skills, vouches })),
    [
      { role: "agent:editor", skills: ["edit"], vouches: false },
      { role: "agent:librarian", skills: ["list", "read"], vouches: false },
      { role: "agent:summarizer", skills: ["condense"], vouches: false },
      { role: "role:operator", skills: [], vouches: false },
      { role: "role:observer", skills: [], vouches: false },
      { role: "role:keeper", skills: [], vouches: false },
      { role: "role:gateway", skills: [], vouches: true },
      { role: "guest", skills: ["*"], vouches: false },
    ],
  );
  const editor = scopes[0]?.permissions;
  assert.ok(editor?.publish.includes("mesh.call.summarizer.condense.*.editor"));
  assert.ok(editor?.subscribe.includes("mesh.event.librarian.document.added"));
});

test("a workspace's scopes do not depend on the order of its lines", () => {
  const one = "version: 1\nworkspaces: { desk: { agents: { a: {}, b: { calls: [a.*] } } } }";
  const other = "version: 1\nworkspaces: { desk: { agents: { b: { calls: [a.*] }, a: {} } } }";
  assert.deepEqual(
    scopesOf(readMeshFile(one, "m"), "desk"),
    scopesOf(readMeshFile(other, "m"), "desk"),
  );
});

test("everybody who is named is a member, guests are not", () => {
  assert.deepEqual(members(readMeshFile(full, "mesh.yaml"), "desk"), [
    { name: "librarian", role: "agent:librarian" },
    { name: "summarizer", role: "agent:summarizer" },
    { name: "editor", role: "agent:editor" },
    { name: "ops", role: "role:operator" },
    { name: "eve", role: "role:observer" },
    { name: "keeper", role: "role:keeper" },
    { name: "gateway", role: "role:gateway" },
  ]);
  assert.deepEqual(members(readMeshFile(full, "mesh.yaml"), "nowhere"), []);
});

test("each of a thousand grants is read and compiled", () => {
  const agent = (at: number): string => {
    const calls = Array.from({ length: 10 }, (_, next) => `a${(at + next + 1) % 100}.one`);
    return `      a${at}: { skills: [one, two], calls: [${calls.join(", ")}] }\n`;
  };
  const agents = Array.from({ length: 100 }, (_, at) => agent(at)).join("");
  const policy = readMeshFile(`version: 1\nworkspaces:\n  desk:\n    agents:\n${agents}`, "m");
  const grants = scopesOf(policy, "desk").flatMap(({ permissions }) => permissions.publish);
  assert.equal(grants.filter((subject) => subject.startsWith("mesh.call.")).length, 1_000);
});

test("an account that the server would not take is refused with the count", () => {
  checkAccountSize("desk", "x".repeat(900_000));
  assert.throws(() => checkAccountSize("desk", "x".repeat(900_001)), {
    code: MeshCode.InvalidArgument,
    message: /the account of desk would have 900001 bytes, at most 900000/,
  });
});
