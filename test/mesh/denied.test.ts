import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, MeshCode, serve } from "@myelin/mesh";
import { startNats } from "@myelin/mesh/testing";
import { greeter, handlers } from "../support/greeter.ts";

const config = `
  authorization {
    users = [
      { user: agent, password: x }
      { user: caller, password: x, permissions: { publish: { deny: ["mesh.call.greeter.echo.>"] } } }
      { user: closed, password: x, permissions: { subscribe: { deny: ["mesh.call.greeter.*.any.*"] } } }
      { user: unseen, password: x, permissions: { subscribe: { deny: ["$SRV.>"] } } }
      { user: deaf, password: x, permissions: { subscribe: { deny: ["_INBOX.>", "mesh.call.>"] } } }
    ]
  }
`;
const as = (user: string) => ({ nats: { user, pass: "x" } });
const seen = () => ({ aborted: [], yielded: 0, left: 0, calls: 0 });

test("a call that the server does not allow is permission_denied at once, naming the subject", async () => {
  await using server = await startNats({ config });
  await using _agent = await serve(greeter, handlers(seen()), {
    servers: server.url,
    ...as("agent"),
  });
  await using me = await connect({ name: "me", servers: server.url, ...as("caller") });
  const from = performance.now();
  await assert.rejects(me.client(greeter).echo({ text: "x" }), {
    code: MeshCode.PermissionDenied,
    message: /mesh\.call\.greeter\.echo\./,
  });
  assert.ok(performance.now() - from < 1_000);
  assert.deepEqual(await me.client(greeter).greet({ name: "Ada" }), { text: "Hello Ada from me" });
});

test("who may not hear its own inbox learns it when it connects", async () => {
  await using server = await startNats({ config });
  await assert.rejects(connect({ name: "me", servers: server.url, ...as("deaf") }), {
    code: MeshCode.PermissionDenied,
    message: /_INBOX\.me\./,
  });
});

test("an agent that may not hear its calls, or may not be asked, learns it when it serves", async () => {
  await using server = await startNats({ config });
  const servers = server.url;
  for (const [user, message] of [
    ["closed", /mesh\.call\.greeter\.\*\.any\.\*/],
    ["unseen", /\$SRV\.PING/],
  ] as const) {
    const serving = serve(greeter, handlers(seen()), { servers, ...as(user) });
    await assert.rejects(serving, { code: MeshCode.PermissionDenied, message });
  }
});
