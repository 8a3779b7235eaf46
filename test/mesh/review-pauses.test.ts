import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "@myelin/mesh";
import { observe } from "@myelin/mesh/operate";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { echo } from "../support/echo.ts";
import { lab, labour, Notes } from "../support/lab.ts";
import { launchAgent, launchLab } from "../support/launch.ts";

test("a caller that is stopped while its call runs gets the answer when it goes on", async () => {
  await using mesh = await startMesh();
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  await using caller = await launchLab(mesh, "wait");
  await eventually("its call runs", () => notes.calls === 1);
  caller.signal("SIGSTOP");
  const begun = performance.now();
  await eventually("nobody cared for two seconds", () => performance.now() - begun > 2_000);
  caller.signal("SIGCONT");
  await eventually("it has its answer", () => caller.lines[1] === '{"aborted":false}');
  assert.equal(notes.calls, 1);
});

test("when the only instance stands still for a while, idempotent calls wait for it and none fails", async () => {
  await using nats = await startMesh();
  await using only = await launchAgent(nats);
  await using caller = await connect({ name: "ops", ...nats.access });
  const client = caller.client(echo);
  await client.who({ ms: 0 });
  only.signal("SIGSTOP");
  const calls = Array.from({ length: 20 }, () => client.who({ ms: 0 }));
  const begun = performance.now();
  await eventually("two and a half seconds go by", () => performance.now() - begun > 2_500);
  only.signal("SIGCONT");
  const answers = await Promise.all(calls);
  assert.deepEqual(new Set(answers.map(({ instance }) => instance)), new Set([only.instance]));
});

test("when the broker stands still for a while, idempotent calls wait for it and none fails", async () => {
  await using mesh = await startMesh({ agents: 0 });
  const notes = new Notes();
  await mesh.serve(lab, labour(notes));
  const client = (await mesh.connect("ops")).client(lab);
  await client.echo("before");
  mesh.server.pause();
  const calls = Array.from({ length: 20 }, (_, at) => client.echo(at));
  const begun = performance.now();
  await eventually("two and a half seconds go by", () => performance.now() - begun > 2_500);
  mesh.server.resume();
  assert.deepEqual(
    await Promise.all(calls),
    calls.map((_, at) => at),
  );
  assert.equal(await client.echo("after"), "after");
});

test("who asks around and stands still meanwhile hears everybody all the same", async () => {
  await using mesh = await startMesh({ agents: 2 });
  await using ops = await observe({ name: "ops", ...mesh.access });
  const asked = ops.info();
  const begun = performance.now();
  while (performance.now() - begun < 1_500);
  assert.equal((await asked).length, 2);
});
