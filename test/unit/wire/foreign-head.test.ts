import assert from "node:assert/strict";
import { test } from "node:test";
import {
  readForeignProof,
  readRequestHead,
  writeForeignHead,
  writeRequestHead,
} from "../../../libs/wire/index.ts";

const usual = readRequestHead("NATS/1.0\r\nMesh-Timeout: 50\r\nMesh-Id: c1\r\n\r\n", "me");
const proof = { token: "0123456789abcdef", envelope: "a.b", signer: "e30.e30.x" };

test("the proof of a call to another workspace is read as it was written, beside the usual headers", () => {
  const block = writeForeignHead(usual, proof);
  assert.deepEqual(readForeignProof(block), proof);
  assert.deepEqual(readRequestHead(block, "me"), usual);
  assert.ok(block.endsWith("\r\n\r\n") && !block.slice(0, -4).includes("\r\n\r\n"));
});

test("what the server adds about the caller is passed over", () => {
  const block = writeForeignHead(usual, proof).replace(
    "\r\n\r\n",
    '\r\nNats-Request-Info: {"acc":"A","rtt":1}\r\n\r\n',
  );
  assert.deepEqual(readForeignProof(block), proof);
  assert.deepEqual(readRequestHead(block, "me"), usual);
});

test("a proof without a part, or with a token that could be guessed, is none", () => {
  const block = writeForeignHead(usual, proof);
  assert.equal(readForeignProof(writeRequestHead(usual)), undefined);
  for (const line of ["Mesh-Token", "Mesh-Envelope", "Mesh-Signer"]) {
    const without = block.replace(new RegExp(`${line}: .*\r\n`), "");
    assert.equal(readForeignProof(without), undefined, line);
  }
  for (const token of ["", "short", "x".repeat(65), "0123456789abcde.", "0123456789abcde\u00e9"]) {
    const guessable = block.replace(proof.token, token);
    assert.equal(readForeignProof(guessable), undefined, token);
  }
});

test("a path may come through another workspace", () => {
  const path = "desk/editor,sales/pricer,me";
  const block = `NATS/1.0\r\nMesh-Path: ${path}\r\n\r\n`;
  assert.equal(readRequestHead(block, "me").path, path);
  for (const wrong of ["a/b/c,me", "/a,me", "a/,me", "A/b,me", "desk/me"]) {
    assert.throws(() => readRequestHead(`NATS/1.0\r\nMesh-Path: ${wrong}\r\n\r\n`, "me"), wrong);
  }
});
