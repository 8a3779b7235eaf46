import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, MeshCode, serve } from "@myelin/mesh";
import { startMesh, startNats } from "@myelin/mesh/testing";
import { greeter, handlers } from "../support/greeter.ts";
import { movedMs } from "../support/moved.ts";

/** What no mesh.yaml can make of an agent; a server that somebody set up by hand may. */
const config = `
  authorization {
    users = [
      { user: closed, password: x, permissions: { subscribe: { deny: ["mesh.call.greeter.*.any.*"] } } }
      { user: unseen, password: x, permissions: { subscribe: { deny: ["$SRV.>"] } } }
      { user: deaf, password: x, permissions: { subscribe: { deny: ["_INBOX.>", "mesh.call.>"] } } }
    ]
  }
`;
const as = (user: string) => ({ nats: { user, pass: "x" } });
const seen = () => ({ aborted: [], yielded: 0, left: 0, calls: 0 });

const policy = `
version: 1
workspaces:
  test:
    agents:
      greeter: { skills: [greet, wait, count, echo] }
      me: { skills: [], calls: [greeter.greet] }
`;

test("a call that mesh.yaml does not grant is permission_denied at once, naming the line that would", async () => {
  await using mesh = await startMesh({ policy });
  await mesh.serve(greeter, handlers(seen()));
  const client = (await mesh.connect("me")).client(greeter);
  const from = movedMs();
  await assert.rejects(client.echo({ text: "x" }), {
    code: MeshCode.PermissionDenied,
    message: /mesh\.call\.greeter\.echo\..*agents\.me\.calls: \[greeter\.echo\]/,
  });
  assert.ok(movedMs() - from < 1_000);
  assert.deepEqual(await client.greet({ name: "Ada" }), { text: "Hello Ada from me" });
});

test("who is not in mesh.yaml gets no credentials where no guests are", async () => {
  await using mesh = await startMesh({ policy });
  await assert.rejects(mesh.connect("stranger"), {
    message: /has no stranger and takes no guests/,
  });
  const joining = connect({ ...mesh.access, name: "stranger" });
  await assert.rejects(joining, { code: MeshCode.InvalidArgument, message: /stranger\.creds/ });
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
