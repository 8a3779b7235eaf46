import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MeshCode } from "../../../libs/errors/index.ts";
import {
  createKey,
  issueOperator,
  readAccount,
  systemAccountName,
} from "../../../libs/identity/index.ts";
import { Issuer, rejects } from "./issuer.ts";

const issuer = new Issuer();
const user = createKey("user");

test("a name that a template would turn into a wildcard is refused", async () => {
  for (const name of [
    "*",
    ">",
    "a.b",
    "a.*",
    "",
    "A",
    "a b",
    "-a",
    "ä",
    "a".repeat(64),
    "a\n",
    "{{name()}}",
  ]) {
    await rejects(MeshCode.InvalidName, ["a user's name", "1 to 63 of a-z"], () =>
      issuer.userJwt(user, { name }),
    );
    await rejects(MeshCode.InvalidName, ["an account's name"], () => issuer.accountJwt({ name }));
  }
  assert.equal(readAccount(await issuer.accountJwt({ name: systemAccountName })).name, "SYS");
});

test("no name but a token comes through, whatever it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 70 }), async (name) => {
      if (/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name)) return;
      await rejects(MeshCode.InvalidName, [], () => issuer.userJwt(user, { name }));
    }),
    { numRuns: 200 },
  );
});

test("a tag that is no lower-case token is refused", async () => {
  for (const tag of ["Team:red", "team:*", "team:a.b", "a:b:c", ""]) {
    await rejects(MeshCode.InvalidName, ["lower-case"], () =>
      issuer.userJwt(user, { tags: [tag] }),
    );
    await rejects(MeshCode.InvalidName, ["lower-case"], () => issuer.accountJwt({ tags: [tag] }));
  }
});

test("a role, a skill or a subject that the server would misread is refused", async () => {
  const { scope } = issuer;
  for (const role of ["*", "agent:*", "agent:", "boss:a", "a.b", ""]) {
    await rejects(MeshCode.InvalidName, ["a role must be"], () =>
      issuer.accountJwt({ scopes: [{ ...scope, role }] }),
    );
  }
  await rejects(MeshCode.InvalidName, ["a skill of agent:summarizer"], () =>
    issuer.accountJwt({ scopes: [{ ...scope, skills: ["a.b"] }] }),
  );
  for (const subject of ["", "a..b", "a b", "a.>.b", ".a", "a.", "a\tb", "x".repeat(1_025)]) {
    const permissions = { publish: [subject], subscribe: [] };
    await rejects(MeshCode.InvalidArgument, ["agent:summarizer publishes", "subject"], () =>
      issuer.accountJwt({ scopes: [{ ...scope, permissions }] }),
    );
    const shared = { name: "x", subject, type: "service" } as const;
    await rejects(MeshCode.InvalidArgument, ["exports"], () =>
      issuer.accountJwt({ exports: [shared] }),
    );
  }
});

test("a signing key has one scope, and is another than the account's own", async () => {
  const { scope, account } = issuer;
  await rejects(MeshCode.InvalidArgument, ["two scopes", "a key for each role"], () =>
    issuer.accountJwt({ scopes: [scope, { ...scope, role: "guest" }] }),
  );
  await rejects(MeshCode.InvalidArgument, ["another key"], () =>
    issuer.accountJwt({ scopes: [{ ...scope, key: account.publicKey }] }),
  );
});

test("each JWT is signed by the kind of key that may", async () => {
  const { account, operator, signing, system } = issuer;
  await rejects(MeshCode.InvalidArgument, ["kind operator", "account key"], () =>
    issuer.accountJwt({ signer: account }),
  );
  await rejects(MeshCode.InvalidArgument, ["kind account", "operator key"], () =>
    issuer.userJwt(user, { signer: signing }),
  );
  await rejects(MeshCode.InvalidArgument, ["not by the account itself"], () =>
    issuer.userJwt(user, { signer: account }),
  );
  const options = { name: "myelin", systemAccount: system.publicKey };
  await rejects(MeshCode.InvalidArgument, ["another key than its own"], () =>
    issueOperator({ ...options, operator, signing: operator.publicKey }),
  );
  await rejects(MeshCode.InvalidArgument, ["kind operator"], () =>
    issueOperator({ ...options, operator: account, signing: signing.publicKey }),
  );
});

test("a key of another kind, or a seed, where a public key belongs is refused and not repeated", async () => {
  const seed = createKey("user").seedText();
  await rejects(MeshCode.InvalidArgument, ["a user must be", "beginning with U"], () =>
    issuer.userJwt(user, { user: issuer.account.publicKey }),
  );
  await assert.rejects(
    () => issuer.userJwt(user, { user: seed }),
    (error: Error) =>
      error.message.includes("may be a seed") && !error.message.includes(seed.slice(2, 12)),
  );
  await rejects(MeshCode.InvalidArgument, ["a user's account", "beginning with A"], () =>
    issuer.userJwt(user, { account: user.publicKey }),
  );
  await rejects(MeshCode.InvalidArgument, ["a revoked user"], () =>
    issuer.accountJwt({ revocations: { summarizer: new Date() } }),
  );
});

test("a time that is none is refused", async () => {
  for (const at of [new Date(Number.NaN), new Date(0), new Date(-1)]) {
    await rejects(MeshCode.InvalidArgument, ["expiresAt", "valid Date"], () =>
      issuer.userJwt(user, { expiresAt: at }),
    );
    await rejects(MeshCode.InvalidArgument, ["revocation"], () =>
      issuer.accountJwt({ revocations: { "*": at } }),
    );
  }
});
