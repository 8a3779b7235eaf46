import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startMesh } from "@myelin/mesh/testing";
import { PackedProject } from "../support/packed-project.ts";

const names = ["@myelin/subjects", "@myelin/mesh", "@myelin/keeper", "myelin"] as const;

let project: PackedProject;
before(async () => {
  project = await PackedProject.create();
});
after(async () => project[Symbol.asyncDispose]());

test("a package has what it exports, its licence, and no sources", () => {
  for (const name of names) {
    const files = project.files(name);
    assert.ok(files.includes("LICENSE") && files.includes("README.md"), name);
    const sources = files.filter((file) => /(?<!\.d)\.ts$/.test(file));
    assert.deepEqual(sources, [], name);
    for (const target of Object.values(project.manifest(name).exports ?? {})) {
      // `development` leads to sources; a bundler in development mode would follow it.
      if (typeof target !== "string") assert.deepEqual(Object.keys(target), ["types", "default"]);
      for (const file of typeof target === "string" ? [target] : Object.values(target)) {
        assert.ok(existsSync(join(project.package(name), file)), `${name} lacks ${file}`);
      }
    }
  }
});

test("what a package's README leads to is in the package", () => {
  for (const name of names) {
    const readme = readFileSync(join(project.package(name), "README.md"), "utf8");
    const documents = [...readme.matchAll(/(?<![\w/.-])[\w-]+\.md\b/g)].map(
      ([document]) => document,
    );
    assert.ok(documents.includes("ARCHITECTURE.md"));
    const links = [...readme.matchAll(/\]\(([^)#\s]+)/g)].flatMap(([, link = ""]) => link);
    const within = links.filter((link) => !/^[a-z]+:/.test(link));
    for (const file of [...documents, ...within]) {
      assert.ok(existsSync(join(project.package(name), file)), `${name}: README leads to ${file}`);
    }
  }
});

test("the README's first agent compiles against the packages, and Node alone runs it", async () => {
  await using mesh = await startMesh();
  const [agent = ""] = await project.compile("first-agent.ts");
  const printed = await project.run(process.execPath, [agent], mesh.env);
  assert.equal(printed, "Hello Ada\n3\n2\n1\n");
});

test("an agent loads no SDK, no logger, no command line and no test kit", async () => {
  await using mesh = await startMesh();
  const [agent = ""] = await project.compile("first-agent.ts");
  const coverage = join(project.folder, "coverage");
  await project.run(process.execPath, [agent], {
    ...mesh.env,
    NODE_V8_COVERAGE: coverage,
  });
  const loaded = loadedModules(coverage);
  const packages = new Set(loaded.map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]));
  assert.ok(packages.has("@myelin/mesh") && packages.has("@opentelemetry/api"));
  const telemetry = [...packages].filter((name) => name?.startsWith("@opentelemetry/"));
  assert.deepEqual(telemetry, ["@opentelemetry/api"]);
  for (const absent of ["pino", "commander", "myelin", "yaml", "@peculiar/x509"])
    assert.ok(!packages.has(absent), absent);
  const doors = /^@myelin\/mesh\/dist\/(testing|program|operate)\b/;
  assert.deepEqual(
    loaded.filter((path) => doors.test(path)),
    [],
  );
});

test("every door of the library compiles and works from its package", async () => {
  const [doors = ""] = await project.compile("packaged/doors.ts");
  const printed = await project.run(process.execPath, [doors]);
  assert.deepEqual(JSON.parse(printed), {
    text: "HELLO, caller",
    refused: true,
    counted: true,
    subject: "mesh.call.shouter.shout.any.ops",
  });
});

test("myelin works from its package", async () => {
  await using mesh = await startMesh({ agents: 1 });
  const myelin = join(project.folder, "node_modules", ".bin", "myelin");
  const { env } = mesh;
  assert.equal(await project.run(myelin, ["--version"]), "0.1.0\n");
  assert.equal(
    await project.run(myelin, ["call", "echo", "say", '{"text":"hi"}'], env),
    '{"text":"hi"}\n',
  );
  const agents = JSON.parse(await project.run(myelin, ["agents", "--json"], env));
  assert.equal(agents[0].agent, "echo");
  await assert.rejects(project.run(myelin, ["up"], env), /comes with the repository only/);
});

/** The modules of packages that a process has run, as paths below `node_modules`. */
function loadedModules(coverage: string): string[] {
  const reports = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), "utf8"));
  const scripts = reports.flatMap((report) => JSON.parse(report).result as { url: string }[]);
  return scripts.flatMap(({ url }) => url.split("/node_modules/").at(-1) ?? []);
}
