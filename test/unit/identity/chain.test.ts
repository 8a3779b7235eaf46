import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "../../../libs/errors/index.ts";
import {
  type AccountOptions,
  clockSkewMs,
  createKey,
  judgeChain,
  openChain,
  readAccount,
} from "../../../libs/identity/index.ts";
import { forge, Issuer, refuses, verifyChain } from "./issuer.ts";

const issuer = new Issuer();
const { operatorKeys } = issuer;
const key = createKey("user");
const user = await issuer.userJwt(key);
const account = await issuer.accountJwt();
const issuedAt = openChain({ user, account, operatorKeys }).user.issuedAt.getTime();
const second = 1_000;
const after = (ms: number) => new Date(issuedAt + ms);
const denied = (words: readonly string[], run: () => unknown) =>
  refuses(MeshCode.PermissionDenied, words, run);

test("a chain that holds says who speaks, as what, and what is attested", () => {
  assert.deepEqual(verifyChain({ user, account, operatorKeys }, new Date()), {
    name: "summarizer",
    role: "agent:summarizer",
    skills: ["condense", "shorten"],
    vouches: true,
    workspace: "desk",
    account: issuer.account.publicKey,
    user: key.publicKey,
  });
});

test("a chain that was opened holds the user's key, ready to check what it signed", () => {
  const chain = openChain({ user, account: readAccount(account), operatorKeys });
  const bytes = Buffer.from("work");
  assert.ok(chain.key.verify(bytes, key.sign(bytes)));
  assert.ok(!chain.key.verify(bytes, issuer.agent.sign(bytes)));
  assert.equal(judgeChain(chain, after(second)), chain.speaker);
});

test("an account that another operator signed is refused", async () => {
  const other = new Issuer();
  const words = [
    'account "desk" is signed by',
    other.signing.publicKey,
    "no key of an operator trusted",
  ];
  const theirs = await issuer.accountJwt({ signer: other.signing });
  denied(words, () => openChain({ user, account: theirs, operatorKeys }));
  denied(["no key of an operator trusted"], () => openChain({ user, account, operatorKeys: [] }));
  const own = forge(account, issuer.account, () => undefined);
  denied([issuer.account.publicKey], () => openChain({ user, account: own, operatorKeys }));
});

test("claims of an account that were not read from its JWT are refused: nobody signed them", () => {
  const copied = { ...readAccount(account) };
  denied(["not an account JWT"], () => openChain({ user, account: copied, operatorKeys }));
});

test("a user of another account is refused", async () => {
  const other = new Issuer();
  const theirs = await other.userJwt(key);
  denied(["for account", other.account.publicKey, "not for desk"], () =>
    openChain({ user: theirs, account, operatorKeys }),
  );
  // Who has a signing key elsewhere cannot simply write our account's key beside it.
  const posing = forge(theirs, other.agent, (body) => {
    body.nats["issuer_account"] = issuer.account.publicKey;
  });
  denied([other.agent.publicKey, "no scoped signing key of account desk"], () =>
    openChain({ user: posing, account, operatorKeys }),
  );
});

test("a user signed by the account itself, or by a key without a scope, has no role", async () => {
  const main = forge(user, issuer.account, () => undefined);
  denied(["no scoped signing key"], () => openChain({ user: main, account, operatorKeys }));
  const plain = forge(account, issuer.signing, (body) => {
    body.nats["signing_keys"] = [issuer.agent.publicKey];
  });
  denied(["no scoped signing key"], () => openChain({ user, account: plain, operatorKeys }));
});

test("a user whose signing key the account has dropped is refused", async () => {
  const without = await issuer.accountJwt({ scopes: [] });
  denied(["no scoped signing key", "issue new ones"], () =>
    openChain({ user, account: without, operatorKeys }),
  );
});

test("a user that signed itself is refused", () => {
  const own = forge(user, key, () => undefined);
  denied([key.publicKey, "no scoped signing key"], () =>
    openChain({ user: own, account, operatorKeys }),
  );
});

test("a user that brings permissions of its own is refused", () => {
  for (const own of [
    { pub: { allow: [">"] } },
    { subs: -1 },
    { bearer_token: true },
    { resp: { max: 1 } },
  ]) {
    const more = forge(user, issuer.agent, (body) => Object.assign(body.nats, own));
    denied(["permissions of their own", "agent:summarizer"], () =>
      openChain({ user: more, account, operatorKeys }),
    );
  }
  const empty = forge(user, issuer.agent, (body) =>
    Object.assign(body.nats, {
      pub: { allow: [], deny: [] },
      sub: {},
      subs: 0,
      src: [],
      resp: null,
    }),
  );
  assert.ok(openChain({ user: empty, account, operatorKeys }));
});

test("the key of one agent cannot sign for another name", () => {
  const other = forge(user, issuer.agent, (body) => Object.assign(body, { name: "librarian" }));
  denied(["credentials of librarian", "key of agent:summarizer"], () =>
    openChain({ user: other, account, operatorKeys }),
  );
});

test("a name with a wildcard is refused, even from whoever has the key of a role", async () => {
  const roles = await issuer.accountJwt({ scopes: [{ ...issuer.scope, role: "role:operator" }] });
  for (const name of ["*", "a.b", ""]) {
    const posing = forge(user, issuer.agent, (body) => Object.assign(body, { name }));
    denied(["which is not 1 to 63"], () =>
      openChain({ user: posing, account: roles, operatorKeys }),
    );
  }
});

test("credentials end when they expire, five minutes of skew later", async () => {
  const expiring = await issuer.userJwt(key, { expiresAt: after(600 * second) });
  const chain = openChain({ user: expiring, account, operatorKeys });
  assert.ok(judgeChain(chain, after(600 * second + clockSkewMs - 1)));
  const words = [
    "summarizer of desk expired at",
    after(600 * second).toISOString(),
    "issue new ones",
  ];
  denied(words, () => judgeChain(chain, after(600 * second + clockSkewMs)));
});

test("credentials begin when they say, five minutes of skew earlier", async () => {
  const later = await issuer.userJwt(key, { notBefore: after(3_600 * second) });
  const chain = openChain({ user: later, account, operatorKeys });
  assert.ok(judgeChain(chain, after(3_600 * second - clockSkewMs)));
  denied(["not yet valid"], () => judgeChain(chain, after(3_600 * second - clockSkewMs - 1)));
});

test("credentials prove nothing about a time before they were issued", () => {
  const chain = openChain({ user, account, operatorKeys });
  assert.ok(judgeChain(chain, after(-clockSkewMs)));
  denied(["not yet valid", "issued at"], () => judgeChain(chain, after(-clockSkewMs - 1)));
});

test("an account's JWT that expired lets nobody in", async () => {
  const short = await issuer.accountJwt({ expiresAt: after(60 * second) });
  const chain = openChain({ user, account: short, operatorKeys });
  assert.ok(judgeChain(chain, after(0)));
  denied(["account JWT of desk expired"], () =>
    judgeChain(chain, after(60 * second + clockSkewMs)),
  );
});

test("an account's JWT that is younger than what was stored is taken: each apply writes a new one", () => {
  const younger = forge(account, issuer.signing, (body) => {
    body["iat"] = issuedAt / second + 86_400;
  });
  assert.ok(verifyChain({ user, account: younger, operatorKeys }, after(second)));
});

for (const whom of ["the user", "everybody"]) {
  const revoked = whom === "the user" ? key.publicKey : "*";
  const chainWith = async (at: Date) => {
    const change: Partial<AccountOptions> = { revocations: { [revoked]: at } };
    return openChain({ user, account: await issuer.accountJwt(change), operatorKeys });
  };

  test(`credentials are void once ${whom} was revoked`, async () => {
    const chain = await chainWith(after(60 * second));
    const words = ["summarizer of desk are revoked since", after(60 * second).toISOString()];
    denied(words, () => judgeChain(chain, after(60 * second)));
    denied(words, () => judgeChain(chain, after(86_400 * second)));
  });

  test(`what was stored before ${whom} was revoked stays good`, async () => {
    const chain = await chainWith(after(60 * second));
    assert.ok(judgeChain(chain, after(60 * second - 1)));
  });

  test(`credentials that were issued after ${whom} was revoked are good`, async () => {
    assert.ok(judgeChain(await chainWith(after(-second)), after(60 * second)));
    const sameSecond = await chainWith(after(0));
    denied(["revoked"], () => judgeChain(sameSecond, after(60 * second)));
  });
}

test("the revocation of somebody else changes nothing", async () => {
  const revocations = { [createKey("user").publicKey]: after(0) };
  const changed = await issuer.accountJwt({ revocations });
  assert.ok(verifyChain({ user, account: changed, operatorKeys }, after(second)));
});

test("a chain is judged at a time, or not at all", () => {
  const chain = openChain({ user, account, operatorKeys });
  refuses(MeshCode.InvalidArgument, ["no valid Date"], () =>
    judgeChain(chain, new Date(Number.NaN)),
  );
});
