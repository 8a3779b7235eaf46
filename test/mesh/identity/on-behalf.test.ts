import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, MeshCode } from "@myelin/mesh";
import { startNats } from "@myelin/mesh/testing";
import { Link } from "../../../libs/nats/index.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { rejects } from "../../unit/identity/issuer.ts";
import { editor, reviewer, serveEditor, serveReviewer, trustedMesh } from "./trusted.ts";

const ann = { user: "ann@example.org", scopes: ["documents:read", "documents:edit"] };

test("an end user travels down a chain of agents, and each handler reads it", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  await serveEditor(home);
  const gateway = await home.connect("gateway");
  const answer = await gateway.client(editor).edit({}, { onBehalfOf: ann });
  assert.deepEqual(answer, { here: ann, there: ann });
});

test("an agent hands on fewer scopes than it has", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  await serveEditor(home);
  const gateway = await home.connect("gateway");
  const fewer = { ...ann, scopes: ["documents:read"] };
  const answer = await gateway
    .client(editor)
    .edit({ scopes: ["documents:read"] }, { onBehalfOf: ann });
  assert.deepEqual(answer, { here: ann, there: fewer });
});

test("an agent cannot hand on more than it has", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  await serveEditor(home);
  const gateway = await home.connect("gateway");
  await rejects(MeshCode.HandlerFailed, ["editor.edit"], () =>
    gateway.client(editor).edit({ scopes: ["documents:delete"] }, { onBehalfOf: ann }),
  );
});

test("a call on nobody's behalf shows nobody, and a skill that demands a user refuses it", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  const gateway = await home.connect("gateway");
  assert.equal(await gateway.client(reviewer).review({}), null);
  await rejects(MeshCode.PermissionDenied, ["for an end user only", "gateway names none"], () =>
    gateway.client(reviewer).audit({}),
  );
  assert.deepEqual(await gateway.client(reviewer).audit({}, { onBehalfOf: ann }), ann);
});

test("an agent that may not vouch is told so, and which line would let it", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  const rogue = await home.connect("rogue");
  await rejects(
    MeshCode.PermissionDenied,
    ["rogue may not speak for end users", "vouches: true"],
    () => rogue.client(reviewer).review({}, { onBehalfOf: ann }),
  );
});

test("whoever has no credentials to sign with is told so before anything is sent", async () => {
  await using server = await startNats();
  await using lone = await connect({ name: "gateway", servers: server.url });
  await rejects(MeshCode.PermissionDenied, ["gateway has no credentials to sign with"], () =>
    lone.client(reviewer).review({}, { onBehalfOf: ann }),
  );
});

test("an agent that knows no operator to trust refuses a token, and says so", async () => {
  await using server = await startNats();
  const agent = await connect({ name: "reviewer", servers: server.url });
  await using _serving = agent;
  await agent.serve(reviewer, { review: () => null, audit: () => null });
  const answer = new Promise<string>((resolve) => {
    void Link.connect({ name: "raw", servers: [server.url] }).then(async (link) => {
      link.subscribe("_INBOX.raw.*", ({ head }) => {
        resolve(head);
        void link.close();
      });
      await link.flush();
      link.publish("mesh.call.reviewer.review.any.raw", "{}", {
        reply: "_INBOX.raw.1",
        head: "NATS/1.0\r\nMesh-On-Behalf: anything\r\n\r\n",
      });
    });
  });
  assert.match(await answer, /permission_denied: raw speaks for an end user.*knows no operator/);
});

test("scopes alone narrow what came in, and are refused where nothing did", async () => {
  await using home = await trustedMesh();
  const gateway = await home.connect("gateway");
  await rejects(MeshCode.InvalidArgument, ["name a user, too"], () =>
    gateway.client(reviewer).review({}, { onBehalfOf: { scopes: [] } }),
  );
});

test("a stolen token is worth nothing to another agent", async () => {
  await using home = await trustedMesh();
  await serveReviewer(home);
  const stolen = await tokenFrom(home);
  const head = await rawCall(home, "rogue", stolen);
  assert.match(head, /permission_denied: .*gateway signed it, but rogue sent it/);
  assert.match(await rawCall(home, "rogue", `${stolen}A`), /permission_denied/);
});

/** The token of a call by the gateway to the reviewer, as the operator of the mesh overhears it. */
async function tokenFrom(home: HomeMesh): Promise<string> {
  const { servers, ...access } = home.access("ops");
  const ears = await Link.connect({ ...access, servers: [servers], user: "ops" });
  await using _closing = ears;
  const heard = new Promise<string>((resolve) => {
    ears.subscribe("mesh.call.reviewer.*.*.gateway", ({ head }) => {
      resolve(/Mesh-On-Behalf: (\S+)/.exec(head)?.[1] ?? "");
    });
  });
  await ears.flush();
  const gateway = await home.connect("gateway");
  await gateway.client(reviewer).review({}, { onBehalfOf: ann });
  return await heard;
}

async function rawCall(home: HomeMesh, name: string, token: string): Promise<string> {
  const { servers, ...access } = home.access(name);
  const link = await Link.connect({ ...access, servers: [servers], user: name });
  await using _closing = link;
  const answer = new Promise<string>((resolve) => {
    link.subscribe(`_INBOX.${name}.raw.*`, ({ head }) => resolve(head));
  });
  await link.flush();
  link.publish(`mesh.call.reviewer.review.any.${name}`, "{}", {
    reply: `_INBOX.${name}.raw.1`,
    head: `NATS/1.0\r\nMesh-On-Behalf: ${token}\r\n\r\n`,
  });
  return await answer;
}
