import assert from "node:assert/strict";
import { test } from "node:test";
import { importsOf } from "./imports.ts";
import { judgeLayers, judgeManifest, judgeServices, judgeSubjects, layers } from "./layers.ts";
import { type Breach, foldersIn, shown, sourcesIn, textOf } from "./source.ts";

test("every layer of libs imports only what ARCHITECTURE allows", () => {
  assert.equal(shown(judgeLayers(sourcesIn("libs"))), "");
});

test("every folder of libs is a layer", () => {
  assert.deepEqual(
    foldersIn("libs").filter((folder) => !layers.includes(folder)),
    [],
  );
});

test("subjects imports nothing of ours and nothing else", () => {
  assert.equal(shown(judgeSubjects(sourcesIn("subjects"))), "");
});

test("programs see the library through its doors only", () => {
  assert.equal(shown(judgeServices(sourcesIn("services"))), "");
});

for (const folder of [
  "libs",
  "subjects",
  "services/cli",
  "services/desk",
  "services/keeper",
  "test",
]) {
  test(`${folder} declares every package it imports`, () => {
    assert.equal(shown(judgeManifest(sourcesIn(folder), declaredBy(folder))), "");
  });
}

test("the rule is red when a layer imports another in any form", () => {
  const forms = [
    'import { Link } from "../nats/index.ts";',
    'import type { Link } from "../nats/link.ts";',
    'import "../nats/index.ts";',
    'export { Link } from "../nats/index.ts";',
    'export * from "../nats/index.ts";',
    'const { Link } = await import("../nats/index.ts");',
    "const nats = await import(`../nats/index.ts`);",
    'type Link = import("../nats/link.ts").Link;',
    'import {\n  type Link,\n  // why\n} from "../nats/index.ts";',
    'const nats = require("../nats/index.ts");',
  ];
  for (const text of forms) {
    assert.deepEqual(what(judgeLayers([{ path: "libs/call/made-up.ts", text }])), [
      "call may not import nats",
    ]);
  }
});

test("the rule is red for each border that ARCHITECTURE draws", () => {
  const borders: readonly (readonly [string, string, string])[] = [
    ["libs/errors/a.ts", "../pipeline/index.ts", "errors may not import pipeline"],
    ["libs/errors/a.ts", "@myelin/subjects", "errors may not import @myelin/subjects"],
    ["libs/pipeline/a.ts", "../contract/index.ts", "pipeline may not import contract"],
    ["libs/contract/a.ts", "../pipeline/index.ts", "contract may not import pipeline"],
    ["libs/telemetry/a.ts", "../contract/index.ts", "telemetry may not import contract"],
    ["libs/wire/a.ts", "../nats/index.ts", "wire may not import nats"],
    ["libs/nats/a.ts", "../transport/index.ts", "nats may not import transport"],
    ["libs/transport/a.ts", "../discovery/index.ts", "transport may not import discovery"],
    ["libs/call/a.ts", "../serve/admission.ts", "call may not import serve"],
    ["libs/serve/a.ts", "../call/retry.ts", "serve may not import call"],
    ["libs/serve/a.ts", "../wire/index.ts", "serve may not import wire"],
    ["libs/call/a.ts", "../transport/index.ts", "call may not import transport"],
    ["libs/discovery/a.ts", "../transport/index.ts", "discovery may not import transport"],
    ["libs/durable/a.ts", "../discovery/index.ts", "durable may not import discovery"],
    ["libs/transport/a.ts", "../agent/index.ts", "transport may not import agent"],
    ["libs/program.ts", "./agent/index.ts", "program may not import agent"],
    ["libs/program/a.ts", "../index.ts", "program may not import index"],
    ["libs/agent/a.ts", "../testing/index.ts", "agent may not import testing"],
    ["libs/call/a.ts", "../../services/cli/main.ts", "leaves libs for services/cli/main.ts"],
    ["libs/call/a.ts", "../../subjects/index.ts", "leaves libs for subjects/index.ts"],
    ["libs/call/a.ts", "@myelin/mesh", "call imports @myelin/mesh by its public name"],
    ["libs/nats/a.ts", "@nats-io/nkeys", "only identity may import @nats-io/nkeys, not nats"],
    [
      "libs/call/a.ts",
      "@nats-io/transport-node",
      "only nats may import @nats-io/transport-node, not call",
    ],
    [
      "libs/call/a.ts",
      "@opentelemetry/api",
      "only telemetry may import @opentelemetry/api, not call",
    ],
    ["libs/agent/a.ts", "prom-client", "only telemetry may import prom-client, not agent"],
  ];
  for (const [path, from, breach] of borders) {
    assert.deepEqual(what(judgeLayers([{ path, text: `import "${from}";` }])), [breach]);
  }
});

test("the rule is red when a layer reaches past another's index", () => {
  const judge = (path: string, from: string) =>
    what(judgeLayers([{ path, text: `import type { A } from "${from}";` }]));
  const closed = ["errors", "pipeline", "contract", "wire", "identity", "telemetry", "nats"];
  for (const layer of [...closed, "transport", "discovery", "durable"]) {
    const breach = `operate must import ${layer} through its index.ts`;
    assert.deepEqual(judge("libs/operate/dead/a.ts", `../../${layer}/b.ts`), [breach]);
    assert.deepEqual(judge("libs/operate/dead/a.ts", `../../${layer}/b/index.ts`), [breach]);
    assert.deepEqual(judge("libs/operate/dead/a.ts", `../../${layer}/index.ts`), []);
  }
  assert.deepEqual(judge("libs/durable/dead/a.ts", "../stored/store.ts"), []);
  assert.deepEqual(judge("libs/agent/a.ts", "../serve/stack.ts"), []);
});

test("the rule is red when durable's lowest folders import a sibling above them", () => {
  const judge = (path: string, from: string) =>
    what(judgeLayers([{ path, text: `import type { A } from "${from}";` }]));
  assert.deepEqual(judge("libs/durable/stored/a.ts", "../tasks/b.ts"), [
    "libs/durable/stored may not import libs/durable/tasks",
  ]);
  assert.deepEqual(judge("libs/durable/attempts/a.ts", "../work/b.ts"), [
    "libs/durable/attempts may not import libs/durable/work",
  ]);
  assert.deepEqual(judge("libs/durable/claims/a.ts", "../later/b.ts"), [
    "libs/durable/claims may not import libs/durable/later",
  ]);
  assert.deepEqual(judge("libs/durable/attempts/a.ts", "../stored/b.ts"), []);
  assert.deepEqual(judge("libs/durable/stored/a.ts", "./b.ts"), []);
});

test("the rule is red for a folder that is no layer", () => {
  assert.deepEqual(what(judgeLayers([{ path: "libs/utils/a.ts", text: "" }])), [
    "is in no layer of ARCHITECTURE",
  ]);
});

test("the rule is red for a module whose name is computed", () => {
  const text = ["await import(name);", "await import(`../$" + "{name}`);"].join("\n");
  assert.equal(judgeLayers([{ path: "libs/call/a.ts", text }]).length, 2);
});

test("the rule is green for what is allowed, and for what only looks like an import", () => {
  const text = `
    import { MeshError } from "../errors/index.ts";
    import { isToken } from "@myelin/subjects";
    import type { Call } from "../pipeline/index.ts";
    // import { Link } from "../nats/index.ts";
    const text = 'import "../nats/index.ts"';
    const regex = /import "..\\/nats"/;
    const list = Array.from("../nats/index.ts");
    const nested = \`\${text + \`\${"}"}\`} import "../nats/index.ts"\`;
  `;
  assert.deepEqual(judgeLayers([{ path: "libs/call/a.ts", text }]), []);
  assert.equal(importsOf(text).length, 3);
});

test("the rule is red for a program that goes around the doors", () => {
  const path = "services/cli/a.ts";
  const judge = (from: string) => what(judgeServices([{ path, text: `import "${from}";` }]));
  assert.deepEqual(judge("../../libs/nats/index.ts"), [
    "leaves services/cli for libs/nats/index.ts",
  ]);
  assert.deepEqual(judge("../desk/main.ts"), ["leaves services/cli for services/desk/main.ts"]);
  assert.deepEqual(judge("@myelin/mesh/nats"), ["@myelin/mesh/nats is no door"]);
  assert.deepEqual(judge("@nats-io/transport-node"), [
    "only libs/nats may import @nats-io/transport-node",
  ]);
  assert.deepEqual(judge("prom-client"), ["only libs/telemetry may import prom-client"]);
  assert.deepEqual(judge("@myelin/mesh/program"), []);
});

test("the rule is red when subjects imports anything", () => {
  const judge = (from: string) =>
    judgeSubjects([{ path: "subjects/a.ts", text: `import "${from}";` }]).length;
  assert.equal(judge("../libs/errors/index.ts"), 1);
  assert.equal(judge("zod"), 1);
  assert.equal(judge("./grammar.ts"), 0);
});

test("the rule is red for a package that is not declared", () => {
  const source = { path: "libs/call/a.ts", text: 'import "left-pad/sub"; import "node:fs";' };
  assert.deepEqual(what(judgeManifest([source], ["zod"])), [
    "imports left-pad, which its package.json does not declare",
  ]);
});

function what(breaches: readonly Breach[]): string[] {
  return breaches.map((breach) => breach.what);
}

function declaredBy(folder: string): string[] {
  const manifest = JSON.parse(textOf(`${folder}/package.json`));
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
}
