import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "../../../libs/errors/index.ts";
import { createKey, readAccount, readOperator, readUser } from "../../../libs/identity/index.ts";
import { Issuer, rejects } from "./issuer.ts";

const issuer = new Issuer();
const user = createKey("user");

/** What a JWT says, without anybody's reading of it. */
function body(
  jwt: string,
): { readonly nats: Readonly<Record<string, unknown>> } & Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
}

test("an operator's JWT names its signing key and asks the server to take nothing from main keys", async () => {
  const jwt = await issuer.operatorJwt();
  assert.deepEqual(readOperator(jwt), {
    name: "myelin",
    operator: issuer.operator.publicKey,
    signingKeys: [issuer.signing.publicKey],
    systemAccount: issuer.system.publicKey,
  });
  assert.equal(body(jwt).nats["strict_signing_key_usage"], true);
});

test("an account's JWT writes every limit, since one that is left out is zero", async () => {
  const limits = body(await issuer.accountJwt()).nats["limits"];
  assert.deepEqual(limits, {
    subs: -1,
    data: -1,
    payload: -1,
    imports: -1,
    exports: -1,
    wildcards: true,
    conn: -1,
    leaf: -1,
    disallow_bearer: true,
    mem_storage: 0,
    disk_storage: 0,
    streams: 0,
    consumer: 0,
    mem_max_stream_bytes: 0,
    disk_max_stream_bytes: 0,
    max_ack_pending: 0,
    max_bytes_required: false,
  });
  assert.equal(readAccount(await issuer.accountJwt()).jetstream, false);
  assert.equal(readAccount(await issuer.accountJwt({ jetstream: true })).jetstream, true);
});

test("a scope stands in the account's JWT with its attestation, and is read as it was written", async () => {
  const jwt = await issuer.accountJwt();
  const [written] = body(jwt).nats["signing_keys"] as [Readonly<Record<string, unknown>>];
  assert.equal(written["kind"], "user_scope");
  assert.equal(written["description"], '{"skills":["condense","shorten"],"vouches":true}');
  const expected = { ...issuer.scope, connections: ["STANDARD", "WEBSOCKET"] };
  assert.deepEqual(readAccount(jwt).scopes.get(issuer.agent.publicKey), expected);
});

test("a scope that allows nothing denies everything, since an empty list would allow it", async () => {
  const permissions = { publish: [], subscribe: ["a.b"] };
  const jwt = await issuer.accountJwt({ scopes: [{ ...issuer.scope, permissions }] });
  const [written] = body(jwt).nats["signing_keys"] as [{ readonly template: unknown }];
  const { pub, sub } = written.template as Readonly<Record<string, unknown>>;
  assert.deepEqual(pub, { deny: [">"] });
  assert.deepEqual(sub, { allow: ["a.b"] });
});

test("a scope lets programs connect, and a leaf node only where it says so", async () => {
  const scope = async (change: object) => {
    const jwt = await issuer.accountJwt({ scopes: [{ ...issuer.scope, ...change }] });
    const [written] = body(jwt).nats["signing_keys"] as [{ readonly template: object }];
    return Object.entries(written.template).find(([name]) => name === "allowed_connection_types");
  };
  assert.deepEqual((await scope({}))?.[1], ["STANDARD", "WEBSOCKET"]);
  assert.deepEqual((await scope({ connections: ["LEAFNODE"] }))?.[1], ["LEAFNODE"]);
  for (const connections of [[], ["MQTT"]]) {
    await rejects(MeshCode.InvalidArgument, ["connections of agent:summarizer", "LEAFNODE"], () =>
      scope({ connections }),
    );
  }
});

test("a user without a scope may nothing", async () => {
  const nothing = body(await issuer.accountJwt()).nats["default_permissions"];
  assert.deepEqual(nothing, { pub: { deny: [">"] }, sub: { deny: [">"] } });
});

test("a user's JWT carries a name, a key, an account and no permission", async () => {
  const expiresAt = new Date("2031-02-03T04:05:06.789Z");
  const jwt = await issuer.userJwt(user, { expiresAt });
  const { issuer_account, tags, type, version, ...more } = body(jwt).nats;
  assert.deepEqual(
    [issuer_account, tags, type, version],
    [issuer.account.publicKey, [], "user", 2],
  );
  assert.deepEqual(more, {});
  const { issuedAt, ...read } = readUser(jwt);
  assert.ok(Math.abs(issuedAt.getTime() - Date.now()) < 60_000);
  assert.deepEqual(read, {
    name: "summarizer",
    user: user.publicKey,
    account: issuer.account.publicKey,
    signingKey: issuer.agent.publicKey,
    notBefore: undefined,
    expiresAt: new Date("2031-02-03T04:05:06.000Z"),
    ownPermissions: false,
  });
});

test("exports and imports reach the JWT as they are, and are read again", async () => {
  const exports = [
    { name: "x", subject: "mesh.xcall.*.a.b.*.*", type: "service", account_token_position: 3 },
  ] as const;
  const account = createKey("account").publicKey;
  const imports = [
    { name: "y", subject: "$JS.API.INFO", account, local_subject: "mesh.js.INFO", type: "service" },
  ] as const;
  const read = readAccount(await issuer.accountJwt({ exports, imports }));
  assert.deepEqual(read.exports, exports);
  assert.deepEqual(read.imports, imports);
});

test("revocations are whole seconds in the JWT, and Dates on both sides of it", async () => {
  const revocations = {
    [user.publicKey]: new Date(1_700_000_000_900),
    "*": new Date(1_600_000_000_000),
  };
  const jwt = await issuer.accountJwt({ revocations });
  assert.deepEqual(body(jwt).nats["revocations"], {
    [user.publicKey]: 1_700_000_000,
    "*": 1_600_000_000,
  });
  const read = readAccount(jwt).revocations;
  assert.deepEqual(read[user.publicKey], new Date(1_700_000_000_000));
  assert.deepEqual(read["*"], new Date(1_600_000_000_000));
  assert.equal(
    await issuer
      .accountJwt({ revocations: read })
      .then(readAccount)
      .then((again) => again.revocations["*"]?.getTime()),
    1_600_000_000_000,
  );
});

test("tags stand in the JWT as they are", async () => {
  const jwt = await issuer.userJwt(user, { tags: ["team:red", "night"] });
  assert.deepEqual(body(jwt).nats["tags"], ["team:red", "night"]);
});
