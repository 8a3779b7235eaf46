import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { deferred, errorOf, serving, settled } from "./serving.ts";
import { block } from "./world.ts";

const answering = (value: unknown) => serving(async () => value);

test("an answer goes to the reply subject, with who gave it, and nothing is held any more", async () => {
  const { far, ask, held, wheel, clock } = answering({ n: 1 });
  ask();
  assert.equal(held.size, 1);
  await settled();
  assert.deepEqual(
    far.sent.map(({ subject, text, head }) => [subject, text, head]),
    [["_INBOX.ops.o1.token", '{"n":1}', block("Mesh-From: f1 2")]],
  );
  assert.equal(held.size, 0);
  assert.deepEqual(wheel.armed(), []);
  clock.advance(60_000);
  assert.equal(far.sent.length, 1);
});

test("a plain client's call gets an id, a path and the skill's own deadline", () => {
  const { ask, requests, clock } = serving(() => new Promise(() => {}), { deadlineMs: 700 });
  ask();
  const [request] = requests;
  assert.equal(request?.id, "made-up");
  assert.equal(request?.path, "ops");
  assert.equal(request?.timeoutMs, undefined);
  assert.equal(request?.signal.expiresAt, clock.now() + 700);
});

test("the headers decide over id, path, attempt and deadline", () => {
  const { ask, requests, clock } = serving(() => new Promise(() => {}));
  ask("{}", block("Mesh-Timeout: 50", "Mesh-Id: i-1", "Mesh-Path: a,ops", "Mesh-Attempt: 3"));
  const [request] = requests;
  assert.deepEqual(
    [request?.id, request?.path, request?.attempt, request?.timeoutMs],
    ["i-1", "a,ops", 3, 50],
  );
  assert.equal(request?.signal.expiresAt, clock.now() + 50);
});

test("a reply subject outside the caller's own inbox is counted, and nothing runs", async () => {
  const { far, ask, refused, requests } = answering(1);
  const foreign = [
    "",
    "_INBOX.eve.1.x",
    "_INBOX.opsx.1",
    "_INBOX.ops.",
    "_INBOX.ops.*",
    "$JS.API.x",
  ];
  foreign.push("_INBOX.ops.>", `_INBOX.ops.${"x".repeat(300)}`, "mesh.call.far.work.any.ops");
  for (const reply of foreign) ask("{}", "", reply);
  await settled();
  assert.deepEqual(
    refused,
    foreign.map(() => "reply_subject"),
  );
  assert.deepEqual([far.sent.length, requests.length], [0, 0]);
});

test("the caller hears of its deadline when it passes, and a late answer goes nowhere", async () => {
  const work = deferred();
  const { far, ask, clock, held } = serving(() => work.promise);
  ask("{}", block("Mesh-Timeout: 100"));
  clock.advance(120);
  assert.equal(errorOf(far.sent[0]).code, "deadline_exceeded");
  assert.equal(held.size, 0, "a probe is told the truth");
  work.resolve(1);
  await settled();
  assert.equal(far.sent.length, 1);
});

test("a caller that gives up is not answered, and its handler's signal ends with who it was", async () => {
  const work = deferred();
  const { far, ask, tell, requests, held } = serving(() => work.promise);
  ask();
  tell({ cancel: { token: "token" } });
  assert.equal(requests[0]?.signal.reason?.message, "cancelled: ops gave up");
  work.reject(new MeshError(MeshCode.HandlerFailed, "oh"));
  await settled();
  assert.deepEqual(far.sent, []);
  assert.equal(held.size, 0);
});

test("an answer that cannot be written fails the call, not with silence", async () => {
  const { far, ask } = answering(10n);
  ask();
  await settled();
  assert.equal(errorOf(far.sent[0]).code, "invalid_output");
});

test("a domain error whose data cannot be written still answers the caller", async () => {
  const domain = { name: "odd", data: 10n };
  const { far, ask } = serving(() =>
    Promise.reject(new MeshError(MeshCode.DomainError, "odd", { domain })),
  );
  ask();
  await settled();
  assert.equal(far.sent.length, 1);
  assert.equal(errorOf(far.sent[0]).code, "malformed_payload");
});

test("a reply that cannot be sent is counted once, and nothing is held any more", async () => {
  const { far, ask, refused, held, wheel } = answering(1);
  ask();
  far.isUp = false;
  await settled();
  assert.deepEqual(refused, ["reply_lost"]);
  assert.equal(held.size, 0);
  assert.deepEqual(wheel.armed(), []);
});

test("headers or a content type that cannot be taken are answered without running anything", async () => {
  const { far, ask, refused, requests } = answering(1);
  ask("{}", block("Mesh-Timeout: soon"));
  ask("{}", block("Content-Type: text/xml"));
  far.deliver("mesh.call.far.nap.any.ops", "{}", "", "_INBOX.ops.o1.t");
  await settled();
  const codes = ["malformed_header", "unsupported_content_type", "unknown_skill"];
  assert.deepEqual(
    far.sent.map((reply) => errorOf(reply).code),
    codes,
  );
  assert.deepEqual(refused, codes);
  assert.equal(requests.length, 0);
});

test("whatever bytes a caller sends, each call is answered once or counted, and nothing stays", async () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.constantFrom("0", "1", "ops", "a,ops"),
  );
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "Mesh-Timeout",
      "Mesh-Id",
      "Mesh-Path",
      "Mesh-Attempt",
      "Mesh-Credit",
      "Content-Type",
      "traceparent",
      "tracestate",
    ),
  );
  const line = fc.tuple(name, value).map(([key, text]) => `${key}: ${text}`);
  const head = fc.oneof(
    fc.string(),
    fc.array(line, { maxLength: 6 }).map((lines) => block(...lines)),
  );
  await fc.assert(
    fc.asyncProperty(head, fc.string(), fc.string(), async (head, payload, token) => {
      const { far, ask, held, refused, wheel } = serving(async (request) => request.id);
      ask(payload, head, `_INBOX.ops.${token}`);
      await settled();
      const [reply] = far.sent;
      assert.equal(far.sent.length, refused.includes("reply_subject") ? 0 : 1);
      assert.ok(reply === undefined || reply.head.endsWith("\r\n\r\n"));
      assert.equal(
        reply?.head.indexOf("\r\n\r\n") ?? -1,
        reply === undefined ? -1 : reply.head.length - 4,
      );
      assert.equal(held.size, 0);
      assert.deepEqual(wheel.armed(), []);
    }),
    { numRuns: 300 },
  );
});

test("frames go out in order, the first with who streams, and an empty message counts them", async () => {
  const { far, ask, held, wheel } = serving(
    async () =>
      (async function* () {
        yield "a";
        yield "b";
      })(),
    { streams: true },
  );
  ask("{}", block("Mesh-Credit: 524288"));
  await settled();
  assert.deepEqual(
    far.sent.map(({ text, head }) => [text, head]),
    [
      ['"a"', block("Mesh-From: f1 2")],
      ['"b"', ""],
      ["", block("Mesh-From: f1 2", "Mesh-Frames: 2")],
    ],
  );
  assert.equal(held.size, 0);
  assert.deepEqual(wheel.armed(), []);
});

test("a stream that fails under way ends with its error in place of the count", async () => {
  const { far, ask, held } = serving(
    async () =>
      (async function* () {
        yield "a";
        throw new MeshError(MeshCode.HandlerFailed, "oh");
      })(),
    { streams: true },
  );
  ask();
  await settled();
  assert.equal(far.sent.length, 2);
  assert.equal(errorOf(far.sent[1]).code, "handler_failed");
  assert.equal(held.size, 0);
});

test("a stream goes on past its call's deadline once its first frame is out", async () => {
  const next = deferred();
  const { far, ask, clock } = serving(
    async () =>
      (async function* () {
        yield "a";
        yield await next.promise;
      })(),
    { streams: true, deadlineMs: 100, idleMs: 60_000 },
  );
  ask();
  await settled();
  clock.advance(5_000);
  next.resolve("b");
  await settled();
  assert.deepEqual(
    far.sent.map(({ text }) => text),
    ['"a"', '"b"', ""],
  );
});
