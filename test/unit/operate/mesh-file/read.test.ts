import assert from "node:assert/strict";
import { test } from "node:test";
import { roleNames, streamNames } from "@myelin/subjects";
import { readMeshFile } from "../../../../libs/operate/mesh-file/index.ts";
import { complaints, full } from "./files.ts";

test("a file is read with every default filled in", () => {
  const text = "version: 1\nworkspaces:\n  desk:\n    agents:\n      far: { skills: [read] }\n";
  assert.deepEqual(readMeshFile(text, "mesh.yaml"), {
    version: 1,
    workspaces: {
      desk: {
        guests: false,
        agents: {
          far: {
            skills: ["read"],
            calls: [],
            submits: [],
            publishes: [],
            hears: [],
            vouches: false,
            follows: {},
          },
        },
        roles: {},
        shares: [],
      },
    },
  });
});

test("every stream and every role that there is can be named", () => {
  const streams = streamNames.map((name) => `${name}: { maxBytes: 2097152 }`).join(", ");
  const roles = roleNames.map((name) => `${name}: { members: [${name}] }`).join(", ");
  const text = `version: 1\nworkspaces: { desk: { streams: { ${streams} }, roles: { ${roles} } } }\n`;
  const { desk } = readMeshFile(text, "mesh.yaml").workspaces;
  assert.deepEqual(Object.keys(desk?.streams ?? {}), streamNames);
  assert.deepEqual(Object.keys(desk?.roles ?? {}), roleNames);
});

test("a second document in one file is refused, with its line", () => {
  const mesh = "version: 1\nworkspaces: { desk: {} }\n";
  assert.deepEqual(complaints(`${mesh}---\nversion: 1\nworkspaces: { sales: {} }\n`), [
    "mesh.yaml:3:1: a second document begins here; a mesh is one: take out the line with ---",
  ]);
  assert.deepEqual(complaints(`---\n${mesh}`), []);
});

test("everything that a file can say is read, and cannot be changed", () => {
  const policy = readMeshFile(full, "mesh.yaml");
  const editor = policy.workspaces["desk"]?.agents["editor"];
  assert.deepEqual(editor, {
    skills: ["edit"],
    calls: ["librarian.*", "summarizer.condense", "sales/pricer.quote"],
    submits: ["summarizer.condense"],
    publishes: ["digest.done"],
    hears: ["librarian.document.added"],
    follows: { crm: { from: "beginning", events: ["editor.digest.done"] } },
    vouches: false,
  });
  assert.deepEqual(policy.workspaces["desk"]?.roles.gateway?.calls, ["*"]);
  assert.deepEqual(policy.workspaces["sales"]?.shares, [{ skill: "pricer.quote", with: ["desk"] }]);
  assert.ok(Object.isFrozen(editor) && Object.isFrozen(editor.calls));
});

test("every wrong line is told at once, in order, with its place and what was meant", () => {
  const lines = complaints(`version: 2
workspaces:
  desk:
    guest: true
    agents:
      librarian: { skills: [list, read, then, list], cals: [a.b] }
      Editor: { skills: [edit] }
      summarizer:
        skills: condense
        calls: [librarian.read, 12, a..b]
    roles:
      operater: { members: [ops] }
    extra: 1
`);
  assert.deepEqual(lines, [
    "mesh.yaml:1:10: version: must be 1, got 2",
    "mesh.yaml:4:5: workspaces.desk.guest: there is no such key; did you mean guests?",
    'mesh.yaml:6:41: workspaces.desk.agents.librarian.skills[2]: a skill may not be called then, which would make its client a promise, got "then"',
    'mesh.yaml:6:47: workspaces.desk.agents.librarian.skills[3]: is in the list already, got "list"',
    "mesh.yaml:6:54: workspaces.desk.agents.librarian.cals: there is no such key; did you mean calls?",
    "mesh.yaml:7:7: workspaces.desk.agents.Editor: a name must be 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit",
    'mesh.yaml:9:17: workspaces.desk.agents.summarizer.skills: must be a list, got "condense"',
    "mesh.yaml:10:33: workspaces.desk.agents.summarizer.calls[1]: must be text, got 12; put it in quotes",
    'mesh.yaml:10:37: workspaces.desk.agents.summarizer.calls[2]: must be agent.skill, agent.*, *, or workspace/agent.skill, got "a..b"',
    "mesh.yaml:12:7: workspaces.desk.roles.operater: there is no such key; did you mean operator?",
    "mesh.yaml:13:5: workspaces.desk.extra: there is no such key; allowed are guests, agents, roles, shares, provision, replicas, streams, recording",
  ]);
});

test("a grant for what does not exist is refused with its place", () => {
  const lines = complaints(`version: 1
workspaces:
  desk:
    agents:
      librarian: { skills: [list, read], publishes: [document.added] }
      summarizer:
        skills: [condense]
        calls: [librarian.reed, libarian.list, sales/pricer.cost, desk/librarian.list, far/a.b]
        submits: [sales/pricer.quote]
        hears: [librarian.document.aded, librarian.*, librarian.document.*, nobody.x]
        follows: { crm: {} }
  sales:
    agents:
      pricer: { skills: [quote] }
    shares:
      - { skill: pricer.quote, with: [desk] }
`);
  const where = "workspaces.desk.agents.summarizer";
  assert.deepEqual(lines, [
    `mesh.yaml:8:17: ${where}.calls[0]: librarian has no skill reed; did you mean read?`,
    `mesh.yaml:8:33: ${where}.calls[1]: there is no agent libarian in desk; did you mean librarian?`,
    `mesh.yaml:8:48: ${where}.calls[2]: sales does not share pricer.cost with desk`,
    `mesh.yaml:8:67: ${where}.calls[3]: desk is this workspace: write librarian.list`,
    `mesh.yaml:8:88: ${where}.calls[4]: there is no workspace far`,
    `mesh.yaml:9:19: ${where}.submits[0]: tasks stay in their workspace: agent.skill`,
    `mesh.yaml:10:17: ${where}.hears[0]: librarian publishes no document.aded; did you mean document.added?`,
    `mesh.yaml:10:77: ${where}.hears[3]: there is no agent nobody in desk`,
    `mesh.yaml:11:25: ${where}.follows.crm: follows no events; name at least one`,
  ]);
});

test("a name has one meaning in its workspace", () => {
  const lines = complaints(`version: 1
workspaces:
  desk:
    agents:
      librarian: {}
    roles:
      operator: { members: [ops, librarian] }
      observer: { members: [ops, eve] }
  sys: {}
  desk-store: {}
  desk:
    guests: true
`);
  assert.deepEqual(lines, ["mesh.yaml:11:3: workspaces.desk: is there already, in line 3"]);
  const names = complaints(`version: 1
workspaces:
  desk:
    agents: { librarian: {} }
    roles:
      operator: { members: [ops, librarian] }
      observer: { members: [ops, eve] }
`);
  assert.deepEqual(names, [
    "mesh.yaml:6:34: workspaces.desk.roles.operator.members[1]: librarian is an agent already",
    "mesh.yaml:7:29: workspaces.desk.roles.observer.members[0]: ops has a role already",
  ]);
  const reserved = complaints("version: 1\nworkspaces: { sys: {}, desk-store: {} }\n");
  assert.equal(reserved.length, 2);
  for (const line of reserved) assert.match(line, /may not be called sys, nor end in -store/);
});

test("shares lead to others that exist, and never in a circle", () => {
  const lines = complaints(`version: 1
workspaces:
  desk:
    agents: { summarizer: { skills: [condense] } }
    shares:
      - { skill: summarizer.condense, with: [sales, desk, sals] }
      - { skill: summarizer.condens, with: [] }
      - { skill: summarizer.condense, with: [sales] }
      - { skill: summarizer.*, with: [sales] }
`);
  assert.deepEqual(lines, [
    'mesh.yaml:9:18: workspaces.desk.shares[3].skill: must be agent.skill of this workspace, got "summarizer.*"',
  ]);
  const shares = complaints(`version: 1
workspaces:
  desk:
    agents: { summarizer: { skills: [condense] } }
    shares:
      - { skill: summarizer.condense, with: [desk, sals, sales] }
      - { skill: summarizer.condens, with: [] }
      - { skill: summarizer.condense, with: [sales] }
  sales:
    agents: { pricer: { skills: [quote] } }
    shares: [{ skill: pricer.quote, with: [shop] }]
  shop:
    agents: { till: { skills: [pay] } }
    shares: [{ skill: till.pay, with: [desk] }]
`);
  assert.deepEqual(shares, [
    "mesh.yaml:6:46: workspaces.desk.shares[0].with[0]: desk cannot share with itself: it has the skill",
    "mesh.yaml:6:52: workspaces.desk.shares[0].with[1]: there is no workspace sals; did you mean sales?",
    "mesh.yaml:7:9: workspaces.desk.shares[1]: is shared with nobody; name at least one workspace",
    "mesh.yaml:7:18: workspaces.desk.shares[1].skill: there is no skill condens of summarizer; did you mean condense?",
    "mesh.yaml:8:18: workspaces.desk.shares[2].skill: summarizer.condense is shared already: put all workspaces in one line",
    "mesh.yaml:14:40: workspaces.shop.shares[0].with[0]: a cycle of workspaces: desk → sales → shop → desk; let one of them share nothing back",
  ]);
});

test("names that every JavaScript object has are agents like others, or none", () => {
  const policy = readMeshFile(
    "version: 1\nworkspaces: { desk: { agents: { constructor: {} } } }",
    "m",
  );
  assert.deepEqual(Object.keys(policy.workspaces["desk"]?.agents ?? {}), ["constructor"]);
  assert.deepEqual(
    complaints("version: 1\nworkspaces:\n  desk:\n    agents: { a: { calls: [valueof.x] } }\n"),
    ["mesh.yaml:4:28: workspaces.desk.agents.a.calls[0]: there is no agent valueof in desk"],
  );
  const [line] = complaints("version: 1\nworkspaces: { desk: { agents: { __proto__: {} } } }");
  assert.match(line ?? "", /^mesh\.yaml:2:33: workspaces\.desk\.agents: is no key/);
});

test("what is no such file at all is refused in a word", () => {
  assert.deepEqual(complaints(""), ["mesh.yaml:1:1: must be a map, got nothing"]);
  assert.deepEqual(complaints("just text"), ['mesh.yaml:1:1: must be a map, got "just text"']);
  assert.deepEqual(complaints("version: 1"), [
    "mesh.yaml:1:1: workspaces: is missing; it must be a map",
  ]);
  for (const text of [
    "a: [",
    "a:\n\tb: 1",
    "--- 1\n--- 2",
    "a: !thing 1",
    "%YAML 9.9\n---\na: 1",
  ]) {
    for (const line of complaints(text)) assert.match(line, /^mesh\.yaml:\d+:\d+: /);
  }
});

test("a file that is made to cost is refused before it does", () => {
  assert.deepEqual(complaints("a: &x [1]\nb: *x\n"), [
    "mesh.yaml:1:7: a: anchors and aliases are not allowed: write it out",
    "mesh.yaml:2:4: b: anchors and aliases are not allowed: write it out",
  ]);
  assert.deepEqual(complaints("x".repeat(600_000)), [
    "mesh.yaml:1:1: the file has 600000 characters, at most 524288 are read",
  ]);
  const [deep] = complaints("[".repeat(50_000));
  assert.match(deep ?? "", /nothing here is nested more than 16 deep/);
  const same = `version: 1\nworkspaces: { desk: { agents: { a: { skills: [${"a,".repeat(200_000)}] } } } }`;
  assert.match(complaints(same)[0] ?? "", /skills: has 200000 entries, at most 1000/);
});

test("of many mistakes the first twenty are told, and how many more there are", () => {
  const lines = complaints(
    `version: 1\nworkspaces:\n${"  A!: {}\n".repeat(1)}${Array.from(
      { length: 30 },
      (_, at) => `  W${at}: {}\n`,
    ).join("")}`,
  );
  assert.equal(lines.length, 21);
  assert.equal(lines.at(-1), "and 11 more");
});

test("what streams may hold, how many copies there are, and who makes them is read and checked", () => {
  const mesh = (lines: string): string => `version: 1\nworkspaces:\n  desk:\n    ${lines}\n`;
  const kept = "provision: off\n    replicas: 1\n    streams: { tasks: { maxBytes: 2097152 } }";
  const { desk } = readMeshFile(mesh(kept), "mesh.yaml").workspaces;
  assert.deepEqual(
    [desk?.provision, desk?.replicas, desk?.streams],
    ["off", 1, { tasks: { maxBytes: 2_097_152 } }],
  );
  const wrong =
    "provision: bond\n    replicas: 2\n    streams: { task: {}, events: { maxBytes: 5 }, dead: { maxBytes: 2GiB } }";
  assert.deepEqual(complaints(mesh(wrong)), [
    'mesh.yaml:4:16: workspaces.desk.provision: must be create or bind or off, got "bond"',
    "mesh.yaml:5:15: workspaces.desk.replicas: must be 1 or 3, got 2",
    "mesh.yaml:6:16: workspaces.desk.streams.task: there is no such key; did you mean tasks?",
    "mesh.yaml:6:46: workspaces.desk.streams.events.maxBytes: must be 1048576 bytes or more",
    'mesh.yaml:6:69: workspaces.desk.streams.dead.maxBytes: must be a whole number, got "2GiB"',
  ]);
});
