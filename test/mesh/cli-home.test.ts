import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HomeMesh } from "../support/home-mesh.ts";

const workspace = (name: string): string => `  ${name}:
    agents:
      worker: { skills: [work] }
    roles:
      operator: { members: [ops] }
      observer: { members: [eve] }
      keeper: { members: [keeper] }
`;

const twoMesh = `version: 1\nworkspaces:\n${workspace("prod")}${workspace("stage")}`;
const home = ["--home", "mesh"] as const;
const stage = { MYELIN_WORKSPACE: "stage" };
/** Where nobody listens. */
const elsewhere = { MYELIN_URL: "nats://127.0.0.1:1", NATS_URL: "nats://127.0.0.1:2" };

test("renewing all of one workspace leaves the others and the home's own alone", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const renewAll = ["identity", "renew", "--all", ...home] as const;
  for (const [env, option] of [
    [{}, ["--workspace", "stage"]],
    [stage, []],
  ] as const) {
    const { out } = await mesh.runWith(env, ...renewAll, ...option);
    const places = out.split("\n").flatMap((line) => /^\S+(?= until)/.exec(line) ?? []);
    assert.deepEqual(places.sort(), [
      "stage-store/keeper",
      "stage/eve",
      "stage/keeper",
      "stage/ops",
      "stage/worker",
    ]);
  }
  const all = await mesh.runWith({}, ...renewAll);
  assert.match(all.out, /^SYS\/system until/m);
  assert.match(all.out, /^prod\/ops until/m);
});

test("commands on a home go by MYELIN_WORKSPACE where --workspace is not given", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const before = readFileSync(mesh.creds("keeper", "prod"), "utf8");
  assert.equal((await mesh.runWith(stage, "identity", "add", "keeper", ...home)).exit, 0);
  assert.equal(readFileSync(mesh.creds("keeper", "prod"), "utf8"), before);
  const shown = await mesh.runWith(stage, "identity", "show", "ops", ...home, "--json");
  assert.deepEqual(accounts(shown.out), ["stage"]);
  const prod = ["--workspace", "prod"] as const;
  const other = await mesh.runWith(stage, "identity", "ls", ...home, ...prod, "--json");
  assert.deepEqual([...new Set(accounts(other.out))].sort(), ["prod", "prod-store"]);
  const listed = await mesh.runWith(stage, "streams", "ls", ...home, "--json");
  const workspaces = JSON.parse(listed.out).map((one: { workspace: string }) => one.workspace);
  assert.deepEqual([...new Set(workspaces)], ["stage"]);
});

test("a workspace that is not there is told so, with those that are", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const nosuch = { MYELIN_WORKSPACE: "nosuch" };
  for (const args of [
    ["identity", "ls"],
    ["identity", "show", "ops"],
    ["identity", "renew", "--all"],
    ["identity", "add", "ops"],
    ["streams", "ls"],
    ["agents"],
    ["keeper"],
  ]) {
    const { exit, err } = await mesh.runWith(nosuch, ...args, ...home);
    assert.equal(exit, 2, `${args}: ${err}`);
    assert.match(err, /no workspace nosuch\b.*only prod, stage/, `${args}`);
  }
});

test("a hint names the home and the workspace that the command was about", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const path = mesh.creds("keeper", "stage");
  rmSync(path);
  const lost = await mesh.runWith(stage, "agents", ...home, "--as", "keeper");
  const hint = /next: `myelin (identity add keeper --home mesh --workspace stage)` makes it/;
  const [, command = ""] = hint.exec(lost.err) ?? assert.fail(lost.err);
  const before = readFileSync(mesh.creds("keeper", "prod"), "utf8");
  assert.equal((await mesh.runWith({}, ...command.split(" "))).exit, 0);
  assert.equal(readFileSync(mesh.creds("keeper", "prod"), "utf8"), before);
  assert.notEqual(readFileSync(path, "utf8"), "");
});

test("who is not in mesh.yaml is told so, and not to make credentials that nobody can make", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const { err } = await mesh.runWith(stage, "agents", ...home, "--as", "nobody");
  assert.match(err, /next: nobody is not in mesh\.yaml .* workspaces\.stage\.agents/);
  assert.match(err, /`myelin apply --home mesh` makes its credentials/);
});

test("a grant that is missing is named at the role of who holds one", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const task = ["events", "publish", "work.done", "{}", "--as", "eve", ...home] as const;
  const { err } = await mesh.runWith(stage, ...task);
  assert.match(err, /mesh\.yaml would with roles\.observer\.publishes: \[work\.done\]/);
  assert.equal((await mesh.runWith(stage, "apply", ...home)).exit, 0);
  const submit = ["tasks", "submit", "worker", "work", "{}", "--contract", "1.0.0"] as const;
  const refused = await mesh.runWith(stage, ...submit, "--as", "eve", ...home);
  assert.match(refused.err, /mesh\.yaml would with roles\.observer\.submits: \[worker\.work\]/);
});

test("a home that is named is reached at its own URL, whatever the environment names", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const env = { ...elsewhere, ...stage };
  assert.equal((await mesh.runWith(env, "apply", ...home)).exit, 0);
  const doctor = await mesh.runWith(env, "doctor", ...home);
  assert.match(doctor.out, /^ok {4}server +nats:\S+ \(from --home\)/m);
  const said = await mesh.runWith(env, "doctor", ...home, "--server", elsewhere.NATS_URL);
  assert.match(said.out, /^fail {2}server +cannot connect to nats:\S+:2\b.*\(from --server\)/m);
  const beside = await mesh.runWith({ ...env, MYELIN_HOME: "mesh" }, "agents");
  assert.match(beside.err, /cannot connect to nats:\S+:1\b.*\(from MYELIN_URL\)/);
  assert.match(beside.err, /next: MYELIN_URL names that server: unset it to go to the home's own/);
  const applied = await mesh.runWith({ ...env, MYELIN_HOME: "mesh" }, "apply");
  assert.equal(applied.exit, 3);
  assert.match(applied.err, /\(nats:\S+:1, from MYELIN_URL\); nothing was applied/);
  assert.doesNotMatch(applied.err, /`servers`/);
});

test("doctor tells all that it may see, also to whom it may show little", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const { out, exit } = await mesh.runWith(stage, "doctor", "--as", "worker", "--json", ...home);
  const { checks } = JSON.parse(out) as { checks: readonly Record<string, string>[] };
  const told = checks.filter(({ next }) => /look as an observer or operator/.test(next ?? ""));
  assert.deepEqual([...new Set(told.map(({ what }) => what))], ["agents"]);
  assert.ok(checks.some(({ what }) => what === "streams"));
  assert.equal(typeof exit, "number");
});

test("a home whose place names several servers is reached at any of them", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const url = `nats://127.0.0.1:1,${mesh.server.url}`;
  writeFileSync(mesh.home.layout.place, JSON.stringify({ url }));
  const applied = await mesh.runWith({}, "apply", ...home);
  assert.equal(applied.exit, 0, applied.err);
});

test("keeper is called otherwise by --as alone, whatever env has exported", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  rmSync(mesh.creds("keeper", "stage"));
  const env = { ...stage, MYELIN_AS: "ops" };
  const { exit, err } = await mesh.runWith(env, "keeper", ...home);
  assert.notEqual(exit, 0);
  assert.match(err, /stage\/keeper\.creds/);
});

test("a home whose server is down says how to start that one", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  await mesh.server.stop();
  const start = /next: start its server with `nats-server -c mesh\/server\/nats-server\.conf`/;
  const { exit, err } = await mesh.runWith({ MYELIN_HOME: "mesh", ...stage }, "agents");
  assert.equal(exit, 3);
  assert.match(err, start);
  assert.match((await mesh.runWith(stage, "tasks", "ls", ...home)).err, start);
  assert.match((await mesh.runWith({}, "apply", ...home)).err, start);
  const blank = await mesh.runWith({}, "init", "--home", "my mesh");
  assert.match(blank.err, /nats-server -c 'my mesh\/server\/nats-server\.conf'/);
  assert.match(blank.err, /myelin apply --home 'my mesh'\n.*MYELIN_HOME='my mesh'\n/s);
});

test("a file that holds no credentials is told so, and not to be closed", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  const path = join(mesh.cwd, "passwd");
  writeFileSync(path, "root:x:0:0\n", { mode: 0o644 });
  const { err } = await mesh.runWith(stage, "agents", ...home, "--creds", path, "--as", "ops");
  assert.doesNotMatch(err, /chmod/);
  assert.match(err, /passwd/);
});

test("another program that changes the home is no server that cannot be reached", async () => {
  await using mesh = await HomeMesh.start({ mesh: twoMesh });
  writeFileSync(mesh.home.layout.lock, `${process.ppid}`);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 1);
  assert.match(err, /another program is changing this home/);
  assert.doesNotMatch(err, /nats-server|myelin up/);
});

function accounts(json: string): readonly string[] {
  return JSON.parse(json).map(({ account }: { account: string }) => account);
}
