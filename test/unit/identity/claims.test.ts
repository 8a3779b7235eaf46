import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isMeshError, MeshCode } from "../../../libs/errors/index.ts";
import { createKey, readAccount, readOperator, readUser } from "../../../libs/identity/index.ts";
import { behaves, forge, Issuer, refuses, signed, verifyChain } from "./issuer.ts";

const issuer = new Issuer();
const { operatorKeys } = issuer;
const key = createKey("user");
const user = await issuer.userJwt(key);
const account = await issuer.accountJwt();
const operator = await issuer.operatorJwt();
const readers = [readUser, readAccount, readOperator];
const [head = "", body = "", signature = ""] = user.split(".");
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a JWT with one character changed is refused, whichever it is", () => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
  const place = fc.nat({ max: user.length - 1 });
  const letter = fc.constantFrom(...letters);
  fc.assert(
    fc.property(place, letter, (at, other) => {
      fc.pre(user[at] !== other);
      const changed = `${user.slice(0, at)}${other}${user.slice(at + 1)}`;
      assert.throws(
        () => readUser(changed),
        (error) =>
          isMeshError(error, MeshCode.MalformedPayload) ||
          isMeshError(error, MeshCode.PermissionDenied),
      );
    }),
    { numRuns: 1_000 },
  );
});

test("a body that was swapped under a signature is refused, and says who was to have signed", () => {
  const read = JSON.parse(Buffer.from(body, "base64url").toString());
  const changed = `${head}.${encode({ ...read, name: "librarian" })}.${signature}`;
  const words = ["user JWT", "librarian", "was altered", issuer.agent.publicKey];
  refuses(MeshCode.PermissionDenied, words, () => readUser(changed));
});

test("a JWT has one spelling: padding, spaces and spare bits are refused", () => {
  const last = signature.slice(0, -1);
  const spare = String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1);
  for (const spelling of [
    `${user}=`,
    `${user}\n`,
    ` ${user}`,
    `${head}=.${body}.${signature}`,
    `${head}.${body}.${last}${spare}`,
  ]) {
    refuses(MeshCode.MalformedPayload, ["not base64url"], () => readUser(spelling));
  }
  refuses(MeshCode.MalformedPayload, ["three parts"], () => readUser(`${user}.`));
  refuses(MeshCode.MalformedPayload, ["three parts"], () => readUser(`${head}.${body}`));
});

test("no algorithm but NATS' second is read, signed or not", () => {
  for (const header of [
    { typ: "JWT", alg: "none" },
    { typ: "JWT", alg: "ed25519" },
    { typ: "JWT", alg: "HS256" },
    { alg: "ed25519-nkey" },
    { typ: ["JWT"], alg: "ed25519-nkey" },
    [],
    null,
    "JWT",
  ]) {
    const jwt = signed(encode(header), body, issuer.agent);
    refuses(MeshCode.MalformedPayload, ["its header is not"], () => readUser(jwt));
  }
  refuses(MeshCode.MalformedPayload, ["base64url"], () => readUser(`${head}.${body}.`));
});

test("a JWT of one kind is not read as another", () => {
  refuses(MeshCode.MalformedPayload, ["not a user JWT"], () => readUser(account));
  refuses(MeshCode.MalformedPayload, ["not an account JWT"], () => readAccount(user));
  refuses(MeshCode.MalformedPayload, ["not an operator JWT"], () => readOperator(account));
});

test("a JWT that leaves out what it must say is refused, and says what", () => {
  const without = (field: string, value?: unknown) =>
    forge(user, issuer.agent, (read) => Object.assign(read, { [field]: value }));
  refuses(MeshCode.MalformedPayload, ["no name"], () => readUser(without("name")));
  refuses(MeshCode.MalformedPayload, ["subject"], () => readUser(without("sub")));
  refuses(MeshCode.MalformedPayload, ["subject"], () =>
    readUser(without("sub", issuer.account.publicKey)),
  );
  refuses(MeshCode.MalformedPayload, ["issuer"], () => readUser(without("iss", "me")));
  refuses(MeshCode.MalformedPayload, ["issued"], () => readUser(without("iat")));
  refuses(MeshCode.MalformedPayload, ["type user and version 2"], () => readUser(without("nats")));
  for (const exp of [-1, 1.5, 1e15, "soon", null, {}]) {
    refuses(MeshCode.MalformedPayload, ["its exp"], () => readUser(without("exp", exp)));
  }
  assert.equal(readUser(without("exp", 0)).expiresAt, undefined);
});

test("an operator's JWT that another signed is refused", () => {
  const other = createKey("operator");
  const theirs = forge(operator, other, () => undefined);
  refuses(MeshCode.PermissionDenied, ["signed by that key itself", other.publicKey], () =>
    readOperator(theirs),
  );
});

test("a JWT longer than any is refused before it is read", () => {
  for (const [read, limit] of [
    [readUser, 16 * 1024],
    [readOperator, 64 * 1024],
    [readAccount, 2 * 1024 * 1024],
  ] as const) {
    const words = [`${limit + 1} characters`, `the limit is ${limit}`];
    refuses(MeshCode.MalformedPayload, words, () => read("a".repeat(limit + 1)));
  }
});

test("a JSON nested as deep as it can be is refused or read, at once", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const deep = `${open.repeat(1_900)}1${close.repeat(1_900)}`;
    const own = `{"name":"summarizer","sub":"${key.publicKey}","iss":"${issuer.agent.publicKey}","iat":1,"nats":{"type":"user","version":2,"pub":${deep}}}`;
    const jwt = signed(head, Buffer.from(own).toString("base64url"), issuer.agent);
    assert.equal(readUser(jwt).ownPermissions, true);
  }
});

test("a revocation whose time cannot be read makes the account unreadable, rather than forgotten", () => {
  for (const time of ["now", 1.5, null, 1e20]) {
    const bent = forge(account, issuer.signing, (read) => {
      read.nats["revocations"] = { [key.publicKey]: time };
    });
    refuses(MeshCode.MalformedPayload, ["revocation", key.publicKey], () => readAccount(bent));
  }
});

test("a scope whose description is not ours attests nothing", () => {
  for (const description of [
    "",
    "the summarizers",
    "[1]",
    '{"skills":"condense","vouches":"yes"}',
    7,
  ]) {
    const bent = forge(account, issuer.signing, (read) => {
      const [scope] = read.nats["signing_keys"] as [Record<string, unknown>];
      scope["description"] = description;
    });
    const speaker = verifyChain({ user, account: bent, operatorKeys }, new Date());
    assert.deepEqual([speaker.skills, speaker.vouches], [[], false]);
  }
});

test("hostile text never makes a reader throw anything but a MeshError", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.base64String({ maxLength: 80 }),
    fc.constantFrom(head, body, signature),
    fc.json().map((json) => Buffer.from(json).toString("base64url")),
  );
  const hostile = fc.oneof(
    fc.anything().map((value) => value as string),
    fc.array(part, { maxLength: 5 }).map((parts) => parts.join(".")),
  );
  fc.assert(
    fc.property(hostile, (word) => {
      for (const read of readers) behaves(() => read(word));
      const links = { user: word, account, operatorKeys };
      assert.throws(
        () => verifyChain(links, new Date()),
        (error) => isMeshError(error, MeshCode.PermissionDenied),
      );
      return behaves(() => verifyChain({ ...links, user, account: word }, new Date()));
    }),
    { numRuns: 400 },
  );
});

test("hostile claims under a good signature never make a reader throw anything but a MeshError", () => {
  const names =
    "name sub iss iat exp nbf nats signing_keys revocations limits exports pub __proto__";
  const claims = fc.dictionary(fc.constantFrom(...names.split(" ")), fc.jsonValue());
  fc.assert(
    fc.property(claims, claims, fc.jsonValue(), (outer, inner, scope) => {
      const keys = [
        { kind: "user_scope", key: issuer.agent.publicKey, role: "guest", template: scope },
      ];
      const change = (read: Record<string, unknown> & { nats: Record<string, unknown> }) => {
        Object.assign(read.nats, { signing_keys: keys }, inner);
        Object.assign(read, outer);
      };
      const bentUser = forge(user, issuer.agent, change);
      const bentAccount = forge(account, issuer.signing, change);
      for (const links of [
        { user: bentUser, account },
        { user, account: bentAccount },
      ]) {
        behaves(() => verifyChain({ ...links, operatorKeys }, new Date()));
      }
      return behaves(() => readOperator(forge(operator, issuer.operator, change)));
    }),
    { numRuns: 400 },
  );
});
