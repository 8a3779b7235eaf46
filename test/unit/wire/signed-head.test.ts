import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readSigned, signedHeaders } from "../../../libs/wire/index.ts";

const texts = fc.stringMatching(/^[A-Za-z0-9_.-]{1,60}$/);

function headOf(headers: readonly (readonly [string, string])[]): string {
  return `NATS/1.0\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

test("no N stands in the headers of a signed message, and what they say is read whole", () => {
  fc.assert(
    fc.property(texts, texts, (envelope, signer) => {
      const headers = signedHeaders({ envelope, signer });
      for (const [, value] of headers) assert.doesNotMatch(value, /N/);
      assert.deepEqual(readSigned(headOf(headers)), { envelope, signer });
    }),
  );
});

test("so it is of long ones, and of a short one after them", () => {
  for (const length of [8_191, 8_192, 8_193, 20_000, 3]) {
    const envelope = "aNN".repeat(length).slice(0, length);
    const headers = signedHeaders({ envelope, signer: "x" });
    assert.equal(headers[0][1], envelope.replaceAll("N", "~"));
    assert.equal(readSigned(headOf(headers))?.envelope, envelope);
  }
});

test("headers that say it as it is are read as well", () => {
  const head = headOf([
    ["Mesh-Envelope", "aN.b"],
    ["Mesh-Signer", "N.c~"],
  ]);
  assert.deepEqual(readSigned(head), { envelope: "aN.b", signer: "N.cN" });
});

test("a message with one of the two headers is not signed", () => {
  for (const name of ["Mesh-Envelope", "Mesh-Signer"]) {
    assert.equal(readSigned(headOf([[name, "x"]])), undefined);
  }
});
