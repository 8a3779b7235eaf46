import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import type { Card } from "../../services/cli/card.ts";
import { run } from "../../services/cli/cli.ts";
import type { AgentView } from "../../services/cli/roster.ts";
import { CliMesh } from "../support/cli-mesh.ts";

test("agents shows a row per agent: version, instances, state, load, whether verified, skills", async () => {
  await using mesh = await CliMesh.start(2);
  const { exit, out } = await mesh.run(["agents"]);
  assert.equal(exit, 0);
  assert.equal(
    out,
    [
      "AGENT   VERSION  INSTANCES  STATE   LOAD  VERIFIED  SKILLS",
      "scribe  1.2.0            2  ready  0/128  no        shout, spell, wait, fall",
      "",
    ].join("\n"),
  );
});

test("agents --instances shows a row per instance, with its calls and errors", async () => {
  await using mesh = await CliMesh.start(1);
  await mesh.run(["call", "scribe", "shout", '{"text":"a"}']);
  await mesh.run(["call", "scribe", "fall"]);
  const { out } = await mesh.run(["agents", "--instances"]);
  const [head, row, ...rest] = out.trimEnd().split("\n");
  assert.match(head ?? "", /^AGENT +INSTANCE +VERSION +STATE +LOAD +VERIFIED +CALLS +ERRORS +UP$/);
  assert.match(row ?? "", /^scribe +\w+ +1\.2\.0 +ready +0\/64 +no +2 +1 +\d+ s$/);
  assert.equal(rest.length, 0);
});

test("agents --json tells a script the same", async () => {
  await using mesh = await CliMesh.start(2);
  const [scribe, ...others] = (await mesh.json(["agents"])) as AgentView[];
  assert.equal(others.length, 0);
  assert.equal(scribe?.agent, "scribe");
  assert.deepEqual(scribe?.versions, ["1.2.0"]);
  assert.deepEqual(
    scribe?.instances.map(({ state, load, room }) => ({ state, load, room })),
    [
      { state: "READY", load: 0, room: 64 },
      { state: "READY", load: 0, room: 64 },
    ],
  );
});

test("agents of an empty mesh is no failure, and says how to begin", async () => {
  await using mesh = await CliMesh.start(0);
  const { exit, out, err } = await mesh.run(["agents"]);
  assert.deepEqual({ exit, out }, { exit: 0, out: "" });
  assert.match(err, /no agents on nats:.*`myelin up`/);
  assert.deepEqual(await mesh.json(["agents"]), []);
});

test("card shows what each skill takes, gives, and how to try it", async () => {
  await using mesh = await CliMesh.start();
  const { exit, out } = await mesh.run(["card", "scribe"]);
  assert.equal(exit, 0);
  assert.match(out, /^scribe 1\.2\.0 {2}Writes things down\n/);
  assert.ok(
    out.includes(
      [
        "  shout  Says it louder",
        "    takes  { text: string, times?: number }",
        "    gives  { text: string }",
        "    fails  too_quiet { letters: number }",
        "    terms  5 s to answer, idempotent",
        `    try    myelin call scribe shout '{"text":"…"}'`,
      ].join("\n"),
    ),
    out,
  );
  assert.match(out, / {4}yields string\n/);
});

test("card --json has the JSON Schemas", async () => {
  await using mesh = await CliMesh.start();
  const card = (await mesh.json(["card", "scribe"])) as Card;
  const shout = card.skills.find(({ name }) => name === "shout");
  assert.equal(shout?.idempotent, true);
  assert.equal(shout?.deadlineMs, 5_000);
  assert.match(JSON.stringify(shout?.input), /"properties":\{"text":\{"type":"string"\},"times":/);
  assert.deepEqual(Object.keys(shout?.errors ?? {}), ["too_quiet"]);
});

test("card of an agent that is not there says who is", async () => {
  await using mesh = await CliMesh.start();
  const { exit, err } = await mesh.run(["card", "nobody"]);
  assert.equal(exit, 4);
  assert.match(err, /nobody serves nobody; agents here: scribe/);
});

test("tap shows live calls with caller, route, time and status, until Ctrl-C", async () => {
  await using mesh = await CliMesh.start();
  const terminal = mesh.terminal();
  const tapping = run(["tap"], terminal);
  await eventually("tap watches", () => terminal.listeners > 0);
  await mesh.run(["call", "scribe", "shout", '{"text":"a"}', "--as", "alice"]);
  await mesh.run(["call", "scribe", "spell", '{"text":"abc"}']);
  await mesh.run(["call", "scribe", "fall"]);
  await eventually("three calls are shown", () => terminal.written.split("\n").length === 5);
  terminal.interrupt();
  assert.equal(await tapping, 0);
  const [head, ...rows] = terminal.written.trimEnd().split("\n");
  assert.match(head ?? "", /^TIME +CALLER +CALLED +ROUTE +TOOK +STATUS$/);
  assert.match(rows[0] ?? "", /^\S+ +alice +scribe\.shout +(any|i-\w+) +\S+ m?s {2}ok$/);
  assert.match(rows[1] ?? "", / ops +scribe\.spell .* ok, 3 frames$/);
  assert.match(rows[2] ?? "", / ops +scribe\.fall .* handler_failed$/);
  assert.match(
    terminal.complained,
    /while anybody watches, .* a call to nobody is not refused at once/,
  );
  assert.match(terminal.complained, /3 calls seen, 1 failed\n$/);
});

test("tap shows only what is asked for, and ends after --count", async () => {
  await using mesh = await CliMesh.start();
  const terminal = mesh.terminal();
  const args = ["tap", "--json", "--agent", "scribe", "--skill", "spell", "--caller", "bob"];
  const tapping = run([...args, "--count", "1"], terminal);
  await eventually("tap watches", () => terminal.listeners > 0);
  await mesh.run(["call", "scribe", "shout", '{"text":"a"}', "--as", "bob"]);
  await mesh.run(["call", "scribe", "spell", '{"text":"a"}', "--as", "alice"]);
  await mesh.run(["call", "scribe", "spell", '{"text":"ab"}', "--as", "bob"]);
  assert.equal(await tapping, 0);
  const [call, ...others] = terminal.written
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(others.length, 0);
  const { caller, agent, skill, outcome, frames } = call;
  assert.deepEqual(
    { caller, agent, skill, outcome, frames },
    { caller: "bob", agent: "scribe", skill: "spell", outcome: "ok", frames: 2 },
  );
});

test("tap tells when the server goes and comes back, and goes on", async () => {
  await using mesh = await CliMesh.start();
  const terminal = mesh.terminal();
  const tapping = run(["tap"], terminal);
  await eventually("tap watches", () => terminal.listeners > 0);
  await mesh.mesh.server.kill();
  await eventually("it is told", () => terminal.complained.includes("the server is gone"));
  await mesh.mesh.server.restart();
  await eventually("it is told", () => terminal.complained.includes("the server is back"));
  await eventually("a call is shown", async () => {
    await mesh.run(["call", "scribe", "shout", '{"text":"a"}']);
    return terminal.written.includes("scribe.shout");
  });
  terminal.interrupt();
  assert.equal(await tapping, 0);
});

test("tap counts what a slow terminal cannot take, instead of keeping it", async () => {
  await using mesh = await CliMesh.start();
  const terminal = mesh.terminal();
  const tapping = run(["tap"], terminal);
  await eventually("tap watches", () => terminal.listeners > 0);
  terminal.isSlow = true;
  await mesh.run(["call", "scribe", "shout", '{"text":"a"}']);
  await eventually("the first is shown", () => terminal.written.includes("scribe.shout"));
  await mesh.run(["call", "scribe", "spell", '{"text":"a"}']);
  terminal.drain();
  await mesh.run(["call", "scribe", "fall"]);
  await eventually("the last is shown", () => terminal.written.includes("scribe.fall"));
  terminal.interrupt();
  await tapping;
  assert.doesNotMatch(terminal.written, /scribe\.spell/);
  assert.match(terminal.complained, /2 calls seen, .*1 not shown because the terminal is too slow/);
});
