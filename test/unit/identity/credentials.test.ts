import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { isMeshError, MeshCode } from "../../../libs/errors/index.ts";
import { createKey, formatCredentials, parseCredentials } from "../../../libs/identity/index.ts";
import { movedMs } from "../../support/moved.ts";
import { behaves, Issuer, refuses } from "./issuer.ts";

const issuer = new Issuer();
const key = createKey("user");
const expiresAt = new Date("2031-01-01T00:00:00.000Z");
const jwt = await issuer.userJwt(key, { expiresAt });
const text = formatCredentials(jwt, key);

test("credentials that were written are read again", () => {
  const read = parseCredentials(text);
  assert.equal(read.jwt, jwt);
  assert.equal(read.key.seedText(), key.seedText());
  assert.equal(read.name, "summarizer");
  assert.equal(read.account, issuer.account.publicKey);
  assert.equal(read.signingKey, issuer.agent.publicKey);
  assert.deepEqual(read.expiresAt, expiresAt);
  assert.equal(formatCredentials(read.jwt, read.key), text);
});

test("line ends of another system and words around the blocks do no harm", () => {
  assert.equal(parseCredentials(text.replaceAll("\n", "\r\n")).name, "summarizer");
  assert.equal(parseCredentials(`\uFEFF# kept by ops\n${text}\n\nbye`).name, "summarizer");
});

test("no printing of credentials shows the seed", () => {
  const read = parseCredentials(text);
  for (const shown of [inspect(read, { showHidden: true, depth: 10 }), JSON.stringify(read)]) {
    assert.ok(!shown.includes(key.seedText().slice(2, 20)));
  }
});

test("a text that is no credentials is refused in words that say what is missing", () => {
  refuses(MeshCode.InvalidArgument, ["the text is empty"], () => parseCredentials(" \n"));
  refuses(MeshCode.InvalidArgument, ["BEGIN NATS USER JWT", "and no seed"], () =>
    parseCredentials("hello"),
  );
  const half = text.slice(0, text.indexOf("-----BEGIN USER NKEY"));
  refuses(MeshCode.InvalidArgument, ["BEGIN USER NKEY SEED"], () => parseCredentials(half));
  refuses(MeshCode.InvalidArgument, ["two blocks"], () => parseCredentials(text + text));
  refuses(MeshCode.InvalidArgument, ["not text"], () =>
    parseCredentials(undefined as unknown as string),
  );
});

test("credentials longer than any are refused before they are read", () => {
  const long = `${text}${" ".repeat(64 * 1024)}`;
  refuses(MeshCode.InvalidArgument, ["the limit is 65536"], () => parseCredentials(long));
});

test("a seed of somebody else beside a JWT is refused, as it is written and as it is read", () => {
  const other = createKey("user");
  refuses(MeshCode.InvalidArgument, [key.publicKey, other.publicKey], () =>
    formatCredentials(jwt, other),
  );
  const mixed = text.replace(key.seedText(), other.seedText());
  refuses(MeshCode.InvalidArgument, [key.publicKey, other.publicKey], () =>
    parseCredentials(mixed),
  );
  const account = createKey("account");
  const wrong = text.replace(key.seedText(), account.seedText());
  refuses(MeshCode.InvalidArgument, ["of an account", account.publicKey], () =>
    parseCredentials(wrong),
  );
});

test("a broken seed or JWT is refused, and the seed is not repeated", () => {
  const seed = key.seedText();
  for (const bent of [
    text.replace(seed, seed.slice(0, -1)),
    text.replace(seed, `${seed.slice(0, 9)}${seed[9] === "A" ? "B" : "A"}${seed.slice(10)}`),
    text.replace(jwt, jwt.slice(0, -5)),
    text.replace(jwt, `${jwt}.${seed}`),
  ]) {
    assert.throws(
      () => parseCredentials(bent),
      (error: unknown) =>
        isMeshError(error, MeshCode.InvalidArgument) &&
        error.message.includes("give the .creds file that was issued") &&
        !inspect(error, { depth: 10 }).includes(seed.slice(12, 40)),
    );
  }
});

test("an account's JWT in place of the user's is refused", async () => {
  const account = await issuer.accountJwt();
  refuses(MeshCode.InvalidArgument, ["not a user JWT"], () =>
    parseCredentials(text.replace(jwt, account)),
  );
});

test("hostile text never throws anything but a MeshError", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom(
      "-----BEGIN NATS USER JWT-----\n",
      "\n------END NATS USER JWT------\n",
      "-----BEGIN USER NKEY SEED-----\n",
      "\n------END USER NKEY SEED------\n",
      jwt,
      key.seedText(),
      "-".repeat(5_000),
      " ".repeat(5_000),
    ),
  );
  const hostile = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(hostile, (word) => behaves(() => parseCredentials(word))),
    { numRuns: 500 },
  );
});

test("the longest hostile text is refused at once", () => {
  const units = [
    "-",
    "-----BEGIN NATS USER JWT-----\n",
    "-----BEGIN NATS USER JWT----- ",
    "--- ",
    " ",
  ];
  for (const unit of units) {
    const long = unit.repeat(Math.floor((64 * 1024) / unit.length));
    const began = movedMs();
    behaves(() => parseCredentials(long));
    const took = movedMs() - began;
    assert.ok(took < 1_000, `${JSON.stringify(unit)} took ${took} ms`);
  }
});
