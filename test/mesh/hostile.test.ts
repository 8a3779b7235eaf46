import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { connect as connectPlain, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { Stage } from "../support/greeter.ts";
import { head, publishRaw } from "../support/raw.ts";

async function ask(
  nc: NatsConnection,
  subject: string,
  body: Uint8Array | string,
  block?: string,
): Promise<Msg> {
  const reply = `_INBOX.ops.t.${Math.random().toString(36).slice(2)}`;
  let answer: Msg | undefined;
  const sub = nc.subscribe(reply, {
    callback: (_error, message) => {
      answer ??= message;
    },
  });
  publishRaw(nc, subject, body, reply, block);
  const got = await eventually(`an answer to ${subject}`, () => answer);
  sub.unsubscribe();
  return got as Msg;
}

test("each malformed header, payload and content type is answered with its own code, and names what is allowed", async () => {
  await using stage = await Stage.start();
  const nc = await connectPlain(await stage.mesh.options("ops"));
  try {
    const subject = "mesh.call.greeter.greet.any.ops";
    const good = '{"name":"Ada"}';
    const cases: readonly [string, string | Uint8Array, string | undefined, string, RegExp][] = [
      ["no JSON", "{nope", undefined, "malformed_payload", /not JSON/],
      ["truncated JSON", good.slice(0, -1), undefined, "malformed_payload", /JSON/],
      ["empty", "", undefined, "invalid_input", /greeter\.greet/],
      ["contract", '{"name":7}', undefined, "invalid_input", /name/],
      [
        "timeout",
        good,
        head("Mesh-Timeout: soon"),
        "malformed_header",
        /Mesh-Timeout.*whole number.*soon/,
      ],
      ["negative timeout", good, head("Mesh-Timeout: -5"), "malformed_header", /Mesh-Timeout/],
      ["huge timeout", good, head("Mesh-Timeout: 99999999999"), "malformed_header", /2147483647/],
      ["id", good, head("Mesh-Id: a b"), "malformed_header", /Mesh-Id/],
      [
        "path of another",
        good,
        head("Mesh-Path: ops,eve"),
        "malformed_header",
        /Mesh-Path.*end with ops/,
      ],
      [
        "endless path",
        good,
        head(`Mesh-Path: ${"a,".repeat(40)}ops`),
        "malformed_header",
        /at most 32/,
      ],
      ["attempt", good, head("Mesh-Attempt: 0"), "malformed_header", /Mesh-Attempt/],
      ["too many headers", good, head(`X: ${"x".repeat(20_000)}`), "malformed_header", /16384/],
      [
        "content type",
        good,
        head("Content-Type: text/xml"),
        "unsupported_content_type",
        /application\/json.*text\/xml/,
      ],
    ];
    for (const [name, body, block, code, message] of cases) {
      const reply = await ask(nc, subject, body, block);
      assert.equal(reply.headers?.get("Mesh-Error"), code, name);
      assert.match(reply.headers?.get("Nats-Service-Error") ?? "", message, name);
    }
    const unknown = await ask(nc, "mesh.call.greeter.fly.any.ops", good);
    assert.equal(unknown.headers?.get("Mesh-Error"), "unknown_skill");
    assert.match(unknown.headers?.get("Nats-Service-Error") ?? "", /fly.*greet, wait, count, echo/);
    assert.deepEqual((await ask(nc, subject, good)).json(), { text: "Hello Ada from ops" });
  } finally {
    await nc.close();
  }
});

test("a reply subject outside the caller's inbox is counted and never answered", async () => {
  await using stage = await Stage.start();
  const nc = await connectPlain(await stage.mesh.options("ops"));
  try {
    const heard: string[] = [];
    for (const subject of ["_INBOX.victim.>", "mesh.call.greeter.echo.any.ops", "_INBOX.opsx.>"]) {
      nc.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) });
    }
    const subject = "mesh.call.greeter.greet.any.ops";
    const before = stage.agent.metrics.snapshot().refused["reply_subject"] ?? 0;
    const replies = [
      "_INBOX.victim.1.token",
      "mesh.call.greeter.echo.i-x.victim",
      "elsewhere.x",
      "_INBOX.opsx.1",
      "_INBOX.ops.",
      "_INBOX.ops.*",
      "",
    ];
    for (const reply of replies) publishRaw(nc, subject, '{"name":"Eve"}', reply);
    await eventually(
      "each is counted",
      () =>
        (stage.agent.metrics.snapshot().refused["reply_subject"] ?? 0) - before === replies.length,
    );
    assert.equal(
      (await ask(nc, subject, '{"name":"Ada"}')).json<{ text: string }>().text,
      "Hello Ada from ops",
    );
    assert.deepEqual(heard, []);
    assert.equal(stage.seen.calls, 1);
  } finally {
    await nc.close();
  }
});

test("control of another caller's attempt, or without a reply subject of its own, does nothing", async () => {
  await using stage = await Stage.start();
  const watcher = await connectPlain(await stage.mesh.options("ops"));
  const [eve, me] = await Promise.all(
    ["eve", "me"].map(async (name) => connectPlain(await stage.mesh.options(name))),
  );
  assert.ok(eve !== undefined && me !== undefined);
  try {
    let token = "";
    watcher.subscribe("mesh.call.greeter.wait.>", {
      callback: (_error, message) => {
        token = message.reply?.split(".").at(-1) ?? "";
      },
    });
    await watcher.flush();
    const controller = new AbortController();
    const call = stage.client.wait({}, { signal: controller.signal, timeoutMs: 60_000 });
    call.catch(() => undefined);
    await eventually("the token is seen", () => token !== "" && stage.seen.calls === 1);
    const cancel = JSON.stringify({ cancel: { token } });
    eve.publish("mesh.control.greeter.any.eve", cancel, { reply: "_INBOX.eve.1.x" });
    me.publish("mesh.control.greeter.any.me", cancel);
    me.publish("mesh.control.greeter.any.me", cancel, { reply: "_INBOX.eve.1.x" });
    me.publish("mesh.control.greeter.any.me", "not json", { reply: "_INBOX.me.1.x" });
    me.publish("mesh.control.greeter.any.me", '{"explode":{}}', { reply: "_INBOX.me.1.x" });
    await Promise.all([eve.flush(), me.flush()]);
    assert.deepEqual(await stage.client.echo({ text: "still up" }), { text: "still up" });
    assert.deepEqual(stage.seen.aborted, []);
    controller.abort();
    await eventually("its own caller's cancel works", () => stage.seen.aborted.length === 1);
    const { refused } = stage.agent.metrics.snapshot();
    assert.equal(refused["control_reply_subject"], 2);
    assert.equal(refused["control_payload"], 1);
    assert.equal(refused["control_kind"], 1);
  } finally {
    await Promise.all([watcher, eve, me].map((nc) => nc.close()));
  }
});

test("reply tokens are 96 random bits, a new one for each attempt", async () => {
  await using stage = await Stage.start();
  const nc = await connectPlain(await stage.mesh.options("ops"));
  try {
    const tokens = new Set<string>();
    nc.subscribe("mesh.call.>", {
      callback: (_error, message) => void tokens.add(message.reply ?? ""),
    });
    await nc.flush();
    for (let n = 0; n < 50; n++) await stage.client.echo({ text: "x" });
    await eventually("all are seen", () => tokens.size === 50);
    for (const reply of tokens)
      assert.match(reply, /^_INBOX\.me\.[a-z0-9]+\.[A-Za-z0-9_-]{16}\d+$/);
  } finally {
    await nc.close();
  }
});
