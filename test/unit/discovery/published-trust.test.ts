import assert from "node:assert/strict";
import { test } from "node:test";
import { PublishedTrust } from "../../../libs/discovery/index.ts";
import { createKey, issueAccount } from "../../../libs/identity/index.ts";
import type { Inbound } from "../../../libs/nats/index.ts";
import { eventually, ManualClock } from "../../../libs/testing/index.ts";

const operator = createKey("operator");
const account = createKey("account").publicKey;

function jwtOf(change: Partial<Parameters<typeof issueAccount>[0]> = {}): Promise<string> {
  return issueAccount({
    ...{ name: "desk", account, signer: operator, scopes: [], exports: [], imports: [] },
    ...{ jetstream: false, revocations: {} },
    ...change,
  });
}

function world() {
  const clock = new ManualClock();
  const asked: { subject: string; answer: (message: Inbound) => void }[] = [];
  let hint: (message: Inbound) => void = () => {};
  const trust = new PublishedTrust({
    clock,
    operatorKeys: [operator.publicKey],
    ask: (subject, answer) => {
      asked.push({ subject, answer });
      return () => {};
    },
    link: {
      isUp: true,
      subscribe: (_subject, onMessage) => {
        hint = onMessage;
        return { refused: undefined, stop: async () => {} };
      },
    },
  });
  const answer = (text: string, head = ""): void =>
    asked.at(-1)?.answer({ subject: "", reply: "", head, payload: Buffer.from(text) });
  const changed = (): void =>
    hint({ subject: `mesh.config.account.${account}`, reply: "", head: "", payload: Buffer.of() });
  return { clock, asked, trust, answer, changed };
}

/** The same, where the account's JWT was read a second ago. */
async function knownWorld() {
  const made = world();
  const jwt = await jwtOf();
  const first = made.trust.accountJwt(account);
  made.answer(jwt);
  assert.equal(await first, jwt);
  made.clock.advance(1_000);
  return { ...made, jwt };
}

test("an account's JWT is read from the store once, and kept", async () => {
  const { asked, trust, answer } = world();
  const jwt = await jwtOf();
  const found = [trust.accountJwt(account), trust.accountJwt(account)];
  assert.deepEqual(
    asked.map(({ subject }) => subject),
    [`mesh.js.DIRECT.GET.MESH_CONFIG.mesh.config.account.${account}`],
  );
  answer(jwt);
  assert.deepEqual(await Promise.all(found), [jwt, jwt]);
  assert.equal(await trust.accountJwt(account), jwt);
  assert.equal(asked.length, 1);
});

test("an account that nobody publishes is unknown, and is asked for again later", async () => {
  const { asked, clock, trust, answer } = world();
  const found = trust.accountJwt(account);
  answer("", "NATS/1.0 404 Message Not Found\r\n\r\n");
  assert.equal(await found, undefined);
  assert.equal(await trust.accountJwt(account), undefined);
  assert.equal(asked.length, 1);
  clock.advance(30_001);
  const again = trust.accountJwt(account);
  const jwt = await jwtOf();
  answer(jwt);
  assert.equal(await again, jwt);
});

test("nobody answers: it is unknown after a second, and asked for again by the next who needs it", async () => {
  const { asked, clock, trust, answer } = world();
  const found = trust.accountJwt(account);
  await clock.advanceAsync(1_000);
  assert.equal(await found, undefined);
  const again = trust.accountJwt(account);
  answer("", "NATS/1.0 503\r\n\r\n");
  assert.equal(await again, undefined);
  assert.equal(await trust.accountJwt(account), undefined);
  assert.equal(asked.length, 2);
  clock.advance(501);
  const third = trust.accountJwt(account);
  const jwt = await jwtOf();
  answer(jwt);
  assert.equal(await third, jwt);
});

test("a hint counts until the store has answered: what was revoked is not believed for its silence", async () => {
  const { clock, trust, answer, changed } = await knownWorld();
  changed();
  const unanswered = trust.accountJwt(account);
  await clock.advanceAsync(1_000);
  await unanswered;
  const next = trust.accountJwt(account);
  const revoking = await jwtOf({ revocations: { "*": new Date() } });
  answer(revoking);
  assert.equal(await next, revoking);
});

test("after a hint the truth is read from the store before anybody is judged", async () => {
  const { asked, trust, answer, changed } = await knownWorld();
  changed();
  const next = trust.accountJwt(account);
  assert.equal(asked.length, 2);
  const revoking = await jwtOf({ revocations: { "*": new Date() } });
  answer(revoking);
  assert.equal(await next, revoking);
});

test("a hint that comes before the store shows the change is followed until it does", async () => {
  const { asked, clock, trust, answer, changed, jwt: old } = await knownWorld();
  changed();
  const early = trust.accountJwt(account);
  answer(old);
  assert.equal(await early, old);
  clock.advance(300);
  const next = trust.accountJwt(account);
  assert.equal(asked.length, 3);
  const revoking = await newer(old, { revocations: { "*": new Date() } });
  answer(revoking);
  assert.equal(await next, revoking);
  clock.advance(300);
  assert.equal(await trust.accountJwt(account), revoking);
  assert.equal(asked.length, 3);
});

test("a hint that nothing comes of is forgotten after two seconds", async () => {
  const { asked, clock, trust, answer, changed, jwt } = await knownWorld();
  changed();
  for (let at = 0; at < 20; at++) {
    clock.advance(300);
    const found = trust.accountJwt(account);
    answer(jwt);
    assert.equal(await found, jwt);
  }
  assert.ok(asked.length <= 9, `${asked.length} questions`);
});

test("a flood of hints asks the store four times a second at most", async () => {
  const { asked, clock, trust, answer, changed, jwt } = await knownWorld();
  for (let at = 0; at < 100; at++) {
    clock.advance(10);
    changed();
    const found = trust.accountJwt(account);
    answer(jwt);
    await found;
  }
  assert.ok(asked.length <= 6, `${asked.length} questions`);
});

test("a JWT of another account or another operator, an older one, or none at all changes nothing", async () => {
  const { clock, trust, answer } = world();
  const older = await jwtOf({ tags: ["older"] });
  const found = trust.accountJwt(account);
  const jwt = await newer(older);
  answer(jwt);
  assert.equal(await found, jwt);
  const strangers = await jwtOf({ signer: createKey("operator") });
  const others = await jwtOf({ account: createKey("account").publicKey });
  for (const wrong of [older, strangers, others, "no JWT", ""]) {
    clock.advance(60_001);
    void trust.accountJwt(account);
    answer(wrong);
    await clock.advanceAsync(0);
    assert.equal(await trust.accountJwt(account), jwt);
  }
});

/** Times of issue are whole seconds. */
async function newer(than: string, change: Parameters<typeof jwtOf>[0] = {}): Promise<string> {
  const issuedAt = (jwt: string): number =>
    JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()).iat;
  const issued = async () => {
    const jwt = await jwtOf(change);
    return issuedAt(jwt) > issuedAt(than) ? jwt : undefined;
  };
  return eventually("its time of issue is later", issued, { everyMs: 50 });
}

test("accounts that somebody makes up do not push out one that is there", async () => {
  const { asked, trust, answer } = world();
  const jwt = await jwtOf();
  const found = trust.accountJwt(account);
  answer(jwt);
  assert.equal(await found, jwt);
  for (let made = 0; made < 200; made++) {
    const none = trust.accountJwt(createKey("account").publicKey);
    answer("", "NATS/1.0 404\r\n\r\n");
    assert.equal(await none, undefined);
  }
  assert.equal(asked.length, 201);
  assert.equal(await trust.accountJwt(account), jwt);
  assert.equal(asked.length, 201);
});
