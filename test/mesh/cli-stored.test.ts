import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode, on } from "@myelin/mesh";
import { eventually } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { accounts, accountsMesh } from "../support/accounts-mesh.ts";
import type { Ran } from "../support/cli-mesh.ts";
import { copier, copierHandlers, copierMesh, textOf } from "../support/copier.ts";
import { FakeTerminal } from "../support/fake-terminal.ts";
import { HomeMesh } from "../support/home-mesh.ts";
import { joinKeeper } from "../support/keeping.ts";
import { painter, painterMesh } from "../support/painter.ts";
import { servePainter } from "../support/painting.ts";
import { inStore, storedMesh } from "../support/stores.ts";

const patience = { timeoutMs: 20_000 };
const ask = (mesh: HomeMesh, ...args: readonly string[]): Promise<Ran> =>
  mesh.run(...args, "--home", "mesh");

interface Told {
  readonly is: string;
  readonly what: string;
  readonly found: string;
  readonly next?: string;
}

/** What doctor says of the streams and of keeper. */
async function stored(mesh: HomeMesh): Promise<readonly Told[]> {
  const { out } = await ask(mesh, "doctor", "--json");
  const { checks } = JSON.parse(out) as { readonly checks: readonly Told[] };
  return checks.filter(({ what }) => what === "streams" || what === "keeper");
}

test("tasks show --json has the answer as the value that it is, as tasks watch has it", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  await servePainter(mesh, ({ what }) => ({ painted: what }));
  const { paint } = (await mesh.connect("boss")).client(painter);
  await (await paint.submit({ what: "a" }, { id: "t1" })).result(patience);
  const shown = await ask(mesh, "tasks", "show", "t1", "--json");
  assert.deepEqual(JSON.parse(shown.out).output, { painted: "a" });
  const watch = ["tasks", "watch", "painter", "paint", "t1", "--as", "boss", "--json"];
  assert.deepEqual(JSON.parse((await ask(mesh, ...watch)).out), { painted: "a" });
  assert.match((await ask(mesh, "tasks", "show", "t1")).out, /^output +\{"painted":"a"\}$/m);
});

test("a task that somebody cancelled exits with 1, one that is not there with 4", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const { paint } = (await mesh.connect("boss")).client(painter);
  await servePainter(mesh, ({ what }) => ({ painted: what }), { tasks: { concurrency: 1 } });
  const task = await paint.submit({ what: "a" }, { id: "t1", delayMs: 0 });
  await task.result(patience);
  const unknown = await ask(mesh, "tasks", "show", "t9");
  assert.equal(unknown.exit, 4, unknown.err);
  await using idle = await storedMesh(painterMesh, ["painter"]);
  await (await idle.connect("boss")).client(painter).paint.submit({ what: "b" }, { id: "t2" });
  assert.equal((await ask(idle, "tasks", "cancel", "t2")).exit, 0);
  await servePainter(idle, ({ what }) => ({ painted: what }));
  const watched = await ask(idle, "tasks", "watch", "painter", "paint", "t2", "--as", "boss");
  assert.match(watched.err, /error cancelled: /);
  assert.equal(watched.exit, 1);
});

test("streams that were never made are no server that cannot be reached", async () => {
  await using mesh = await HomeMesh.start({ mesh: painterMesh });
  for (const command of [
    ["tasks", "ls"],
    ["later", "ls"],
    ["dead", "ls"],
    ["events", "ls"],
  ]) {
    const { exit, err } = await ask(mesh, ...command);
    assert.equal(exit, 1, err);
    assert.match(err, /`myelin apply/);
    assert.doesNotMatch(err, /nats-server -c|myelin up/);
  }
});

test("a task for an agent that nobody serves is refused whole, and what is said beside it is JSON", async () => {
  await using mesh = await storedMesh(painterMesh, ["painter"]);
  const submit = ["tasks", "submit", "painter", "paint", '{"what":"a"}', "--as", "boss"];
  const { exit, err } = await ask(mesh, ...submit);
  assert.equal(exit, 4);
  assert.match(err, /nobody serves painter.*--contract 1\.0\.0/);
  assert.match(err, /next: `myelin agents --home mesh` lists who is there\n$/);
  const put = await ask(mesh, ...submit, "--contract", "1.2.0", "--json");
  assert.equal(put.exit, 0, put.err);
  const notes = put.err.trim().split("\n");
  assert.match(JSON.parse(notes[0] ?? "").note, /^nobody takes tasks of painter now/);
  assert.match(JSON.parse(notes[1] ?? "").note, /^not checked: with --contract/);
  const wrong = await ask(mesh, "tasks", "ls", "--nosuch", "--json");
  assert.match(JSON.parse(wrong.err).error.message, /^unknown option '--nosuch'/);
});

test("dead show says of a large body that it is kept apart, and dead ls goes by time", async () => {
  await using mesh = await storedMesh(copierMesh, ["copier"]);
  const worker = await mesh.connect("copier");
  const copy = (): never => {
    throw new TypeError("no paper");
  };
  await worker.serve(copier, { ...copierHandlers, copy }, { tasks: { attempts: 1 } });
  const boss = (await mesh.connect("boss")).client(copier);
  const task = await boss.copy.submit({ text: textOf(2_000_000) }, { id: "t1" });
  await assert.rejects(task.result(patience));
  const { out, err } = await ask(mesh, "dead", "show", "t1");
  assert.match(out, /^body +kept apart in the store: 20\d+ bytes of application\/json, id /m, err);
  const [letter] = JSON.parse((await ask(mesh, "dead", "show", "t1", "--json")).out);
  assert.equal(letter.kept.contentType, "application/json");
  assert.equal(letter.body, undefined);
  const other = await ask(mesh, "dead", "redrive", "t1", "--to", "nosuch");
  assert.match(other.out, /there is no agent nosuch, or/);
});

test("dead ls goes by time, whether tasks or events died", async () => {
  const both =
    "    agents:\n      painter: { skills: [paint] }\n      boss: { submits: [painter.*] }\n";
  await using mesh = await storedMesh(accountsMesh.replace("    agents:\n", both), ["painter"]);
  const fail = (): never => {
    throw new TypeError("no room");
  };
  const crm = await mesh.connect("crm");
  await crm.follow("users", [on(accounts, "user.left", fail)], { attempts: 1 });
  const publisher = await mesh.connect("accounts");
  await publisher.publish(accounts, "user.left", { user: "ada" }, { id: "e1" });
  await eventually("it died", async () => (await ask(mesh, "dead", "ls")).out.includes("e1"));
  await servePainter(mesh, fail, { tasks: { attempts: 1 } });
  const { paint } = (await mesh.connect("boss")).client(painter);
  const task = await paint.submit({ what: "a" }, { id: "t1" });
  await assert.rejects(task.result(patience));
  await eventually("both are there", async () => {
    const { out } = await ask(mesh, "dead", "ls", "--json");
    const kinds = JSON.parse(out).map(({ kind }: { kind: string }) => kind);
    return kinds.join() === "event,task";
  });
});

test("doctor and streams ls tell of streams that are missing, otherwise, nearly full and full", async () => {
  const small = "    streams: { tasks: { maxBytes: 1048576 } }\n    roles:\n";
  await using mesh = await HomeMesh.start({ mesh: painterMesh.replace("    roles:\n", small) });
  const [none] = await stored(mesh);
  assert.equal(none?.is, "fail");
  assert.match(none?.found ?? "", /missing: desk\/MESH_TASKS/);
  assert.match(none?.next ?? "", /`myelin apply --home mesh` makes them/);
  assert.equal((await ask(mesh, "apply")).exit, 0);
  const [whole, keeper] = await stored(mesh);
  assert.deepEqual([whole?.is, keeper?.is], ["ok", "warn"]);
  assert.match(keeper?.next ?? "", /`myelin keeper --home mesh`/);
  const { paint } = (await mesh.connect("boss")).client(painter);
  for (let n = 0; n < 9; n++) await paint.submit({ what: textOf(100_000) });
  assert.match((await ask(mesh, "streams", "ls")).out, /MESH_TASKS .* 8\d % of 1 MiB /);
  const [nearly] = await stored(mesh);
  assert.equal(nearly?.is, "warn");
  assert.match(nearly?.found ?? "", /desk\/MESH_TASKS: 8\d % of 1 MiB; .* refuses what comes/);
  await paint.submit({ what: textOf(130_000) });
  const input = JSON.stringify({ what: textOf(100_000) });
  const submit = ["tasks", "submit", "painter", "paint", input, "--contract", "1.2.0"];
  const full = await ask(mesh, ...submit, "--as", "boss");
  assert.match(full.err, /overloaded: .*the stream is full/);
  assert.match(full.err, /next: `myelin streams ls --home mesh` shows how full/);
  assert.equal((await stored(mesh))[0]?.is, "fail");
  await using _keeper = await joinKeeper(mesh);
  await inStore(mesh, (jsm) => jsm.streams.update("MESH_EVENTS", { max_bytes: 9_999_999 }));
  const seen = await ask(mesh, "streams", "ls");
  assert.match(seen.out, /MESH_EVENTS +differs .* max_bytes 9999999, not \d+; /);
  const found = await stored(mesh);
  assert.match(found[0]?.found ?? "", /not as mesh\.yaml has it: desk\/MESH_EVENTS/);
  assert.deepEqual(found.at(-1), { is: "ok", what: "keeper", found: "is there" });
});

test("events publish checks the data by the card of a publisher that is there", async () => {
  const policy = accountsMesh.replace(
    "accounts: { ",
    "accounts: { skills: [tell], calls: [accounts.*], ",
  );
  await using mesh = await storedMesh(policy, []);
  const publish = ["events", "publish", "user.left", "--as", "accounts"] as const;
  const far = await ask(mesh, ...publish, '{"n":1}');
  assert.equal(far.exit, 0, far.err);
  await (await mesh.connect("accounts")).serve(accounts, {});
  const wrong = await ask(mesh, ...publish, '{"n":1}');
  assert.equal(wrong.exit, 2, wrong.err);
  assert.match(wrong.err, /invalid_input: .*user/);
  assert.equal((await ask(mesh, ...publish, '{"user":"ada"}')).exit, 0);
});

test("events tail and tap outlive the loss of the server, and say so in JSON under --json", async () => {
  await using mesh = await storedMesh(accountsMesh, []);
  const env = { MYELIN_URL: mesh.server.url };
  const home = ["--home", "mesh", "--json"];
  const terminals = [0, 1].map(() => new FakeTerminal({ cwd: mesh.cwd, env }));
  const [tail, tap] = terminals;
  assert.ok(tail && tap);
  const tailing = run(["events", "tail", "--from", "beginning", "--count", "2", ...home], tail);
  const tapping = run(["tap", ...home], tap);
  const publisher = await mesh.connect("accounts");
  await publisher.publish(accounts, "user.left", { user: "ada" });
  await eventually("it is told", () => tail.written.includes("ada"));
  await eventually("the tap is open", () => tap.listeners > 0);
  await mesh.server.restart();
  await eventually("both say so", () =>
    terminals.every(({ complained }) => complained.includes('{"note":"the server is back"}')),
  );
  assert.match(tap.complained, /^\{"note":"the server is gone; reconnecting"\}\n/);
  await eventually("the publisher is back", async () => {
    try {
      await publisher.publish(accounts, "user.left", { user: "bob" }, { id: "e2" });
      return true;
    } catch (error) {
      return !isMeshError(error, MeshCode.Unavailable) && Promise.reject(error);
    }
  });
  assert.equal(await tailing, 0, tail.complained);
  assert.match(tail.written, /bob/);
  tap.interrupt();
  assert.equal(await tapping, 0);
});
