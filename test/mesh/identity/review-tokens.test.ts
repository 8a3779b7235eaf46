import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { createKey } from "../../../libs/identity/index.ts";
import { signStatement } from "../../../libs/identity/statement.ts";
import { Link } from "../../../libs/nats/index.ts";
import type { HomeMesh } from "../../support/home-mesh.ts";
import { signed } from "../../unit/identity/issuer.ts";
import { reviewer, serveReviewer, trustedMesh } from "./trusted.ts";

/** A user JWT of an account that its maker makes up, with a token of an end user around it. */
function madeUp(account: string): string {
  const signer = createKey("account");
  const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const head = text({ typ: "JWT", alg: "ed25519-nkey" });
  const iat = Math.floor(Date.now() / 1_000);
  const nats = { issuer_account: account, type: "user", version: 2 };
  const user = createKey("user");
  const body = { iat, iss: signer.publicKey, name: "rogue", sub: user.publicKey, nats };
  const jwt = signed(head, text(body), signer);
  const now = Date.now();
  const fields = ["", "ann", [], now + 60_000, now, "reviewer"];
  return `${signStatement("mesh.behalf.1", fields, user)}~${jwt}`;
}

async function callWith(home: HomeMesh, token: string): Promise<string> {
  const { servers, ...access } = home.access("rogue");
  const link = await Link.connect({ ...access, servers: [servers], user: "rogue" });
  await using _closing = link;
  const heads: string[] = [];
  link.subscribe("_INBOX.rogue.raw.*", ({ head }) => heads.push(head));
  await link.flush();
  link.publish("mesh.call.reviewer.review.any.rogue", "{}", {
    reply: "_INBOX.rogue.raw.1",
    head: `NATS/1.0\r\nMesh-On-Behalf: ${token}\r\n\r\n`,
  });
  await eventually("an answer comes", () => heads.length > 0);
  return heads[0] ?? "";
}

test("a token whose signer names an account that cannot be one costs its reader nothing, least of all its connection", async () => {
  await using home = await trustedMesh();
  const victim = await serveReviewer(home);
  for (const account of ["A".repeat(5_000), "x y\r\nPUB a 0", "*.>", ">"]) {
    assert.match(await callWith(home, madeUp(account)), /permission_denied/, account.slice(0, 20));
    assert.ok(victim.isUp);
  }
  const gateway = await home.connect("gateway");
  assert.equal(await gateway.client(reviewer).review({}), null);
  assert.equal(victim.metrics.snapshot().reconnects, 0);
});
