import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { startMesh } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { copier, copierHandlers, copierMesh, digestOf, textOf } from "../../support/copier.ts";
import { deadLetters, left, purge } from "../../support/durable-facts.ts";
import { joinKeeper } from "../../support/keeping.ts";
import { storedMesh } from "../../support/stores.ts";

const mebibyte = 1_048_576;
const tasks = { attempts: 3, firstDelayMs: 20, maxDelayMs: 50 };
const patience = { timeoutMs: 100_000 };

test("a task's input and result have 64 MiB each, over TLS and with identities", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.takesTasks("copier");
  await mesh.serve(copier, copierHandlers, { tasks });
  const boss = await mesh.connect("boss");
  const text = textOf(64 * mebibyte);
  const task = await boss.client(copier).copy.submit({ text });
  const { text: copied } = await task.result(patience);
  assert.equal(digestOf(copied), digestOf(text));
});

test("a large task waits for its worker, whoever submitted it is gone, and another process reads the result", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.takesTasks("copier");
  const boss = await mesh.connect("boss");
  const text = textOf(3_000_000);
  await boss.client(copier).copy.submit({ text }, { id: "t1" });
  await boss.close();
  const worker = await mesh.serve(copier, copierHandlers, { tasks });
  const again = await mesh.connect("boss");
  const result = await again.task(copier, "copy", "t1").result(patience);
  assert.equal(digestOf(result.text), digestOf(text));
  await worker.drain();
});

test("an attempt that fails has its large input again in the next one", async () => {
  await using mesh = await startMesh({ jetstream: true });
  await mesh.takesTasks("copier");
  const seen: string[] = [];
  const copy = ({ text }: { readonly text: string }, ctx: { readonly attempt: number }) => {
    seen.push(digestOf(text));
    if (ctx.attempt === 1) throw new RangeError("not yet");
    return { text: "done" };
  };
  await mesh.serve(copier, { ...copierHandlers, copy }, { tasks });
  const text = textOf(2_000_000);
  const task = await (await mesh.connect("boss")).client(copier).copy.submit({ text });
  assert.deepEqual(await task.result(patience), { text: "done" });
  assert.deepEqual(seen, [digestOf(text), digestOf(text)]);
});

test("a task whose payload is gone from the store ends with the reason, and the worker goes on", async () => {
  await using home = await storedMesh(copierMesh, []);
  const boss = (await home.connect("boss")).client(copier);
  const task = await boss.copy.submit({ text: textOf(2_000_000) });
  assert.ok((await left(home, Store.blobs)) > 0);
  await purge(home, Store.blobs);
  await (await home.connect("copier")).serve(copier, copierHandlers, { tasks });
  await assert.rejects(task.result(patience), {
    code: MeshCode.MalformedPayload,
    message: /not in the store: it has expired, or was removed/,
  });
  const [dead] = await deadLetters(home);
  assert.match(dead?.body ?? "", /^\{"claim":1,/);
  assert.equal(dead?.header("Origin-Content-Type"), "application/vnd.myelin.claim");
  const next = await boss.copy.submit({ text: "x" });
  assert.deepEqual(await next.result(patience), { text: "x" });
});

test("without a store for blobs a large task is refused before it is stored", async () => {
  await using mesh = await startMesh();
  const boss = (await mesh.connect("boss")).client(copier);
  await assert.rejects(boss.copy.submit({ text: textOf(2_000_000) }), {
    code: MeshCode.PayloadTooLarge,
    origin: "here",
  });
});

test("a schedule keeps no large payload, since it would outlive it", async () => {
  await using home = await storedMesh(copierMesh, []);
  const boss = (await home.connect("boss")).client(copier);
  await assert.rejects(
    boss.copy.schedule({ text: textOf(2_000_000) }, { cron: "0 0 * * * *", id: "hourly" }),
    { code: MeshCode.PayloadTooLarge, message: /45 days at most/ },
  );
  assert.equal(await left(home, Store.blobs), 0);
});

test("a large task for later is kept until keeper releases it", async () => {
  await using home = await storedMesh(copierMesh, ["copier"]);
  await using _keeper = await joinKeeper(home);
  const text = textOf(2_000_000);
  const { copy } = (await home.connect("boss")).client(copier);
  const task = await copy.submit({ text }, { delayMs: 1_000 });
  await (await home.connect("copier")).serve(copier, copierHandlers, { tasks });
  assert.equal(digestOf((await task.result(patience)).text), digestOf(text));
});
