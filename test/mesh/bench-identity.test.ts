import assert from "node:assert/strict";
import { after, test } from "node:test";
import { findProgram, serverProgram } from "../../libs/testing/binary.ts";
import { type Pair, slice, startPair } from "../bench/call/pair.ts";
import type { Place } from "../bench/call/side.ts";
import { loginOf, makeHome, startSecure } from "../bench/identity/home.ts";
import type { Crowd, IssuingCosts } from "../bench/identity/issuing.ts";
import type { SigningCosts } from "../bench/identity/signing.ts";
import { identity } from "../bench/identity.ts";
import type { Setting } from "../bench/support/bench.ts";
import { bundle, type Programs } from "../bench/support/bundle.ts";
import { Children } from "../bench/support/children.ts";
import { temporaryFolder } from "../bench/support/folder.ts";
import { document } from "../bench/support/report.ts";

let bundled: Promise<Programs> | undefined;

after(async () => (await bundled)?.[Symbol.asyncDispose]());

test("both sides of the bench log in over TLS, and call each other by what mesh.yaml allows", async () => {
  const setting = await setUp();
  await using folder = await temporaryFolder();
  const home = await makeHome(folder.path);
  await using server = await startSecure(setting, home);
  await using children = new Children(setting);
  const login = loginOf(home);
  for (const kind of ["raw", "mesh"] as const) {
    const pair = await startPair(children, server, { kind, isNamed: true, login });
    assert.deepEqual(await failuresOf(pair), { failures: 0, firstFailure: undefined });
    const place: Place = { kind, url: server.url, login };
    const joining = await children.start("identity/joining", place);
    const [tookMs = 0] = await joining.ask<number[]>("connect", 1);
    assert.ok(tookMs > 0);
  }
});

test("a side of the bench without a login is let in nowhere", async () => {
  const setting = await setUp();
  await using folder = await temporaryFolder();
  const home = await makeHome(folder.path);
  await using server = await startSecure(setting, home);
  await using children = new Children(setting);
  const kinds = ["raw", "mesh"] as const;
  for (const kind of kinds) {
    await assert.rejects(startPair(children, server, { kind }), /authorization|certificate|TLS/i);
  }
});

test("the bench issues, compiles, signs, verifies, seals and opens", async () => {
  const setting = await setUp();
  await using children = new Children(setting);
  const crowd: Crowd = { workspaces: 2, agents: 3, calls: 1 };
  const issuing = await children.start("identity/issuing", undefined);
  const { planS, applyS } = await issuing.ask<IssuingCosts>("issue", crowd);
  const compileS = await issuing.ask<number>("compile", crowd);
  const signing = await children.start("identity/signing", undefined);
  const { signUs, verifyUs, sealUs, openUs } = await signing.ask<SigningCosts>("measure", 500);
  for (const cost of [planS, applyS, compileS, signUs, verifyUs, sealUs, openUs])
    assert.ok(cost > 0);
});

test("a bench's document has every figure with its unit and its bound", () => {
  const figures = [
    { id: "identity.call.64", value: 0.98765, unit: "x", target: { is: "at least", bound: 0.95 } },
    { id: "identity.sign", value: 40.04, unit: "µs", spread: { low: 1, high: 2 }, note: "a note" },
  ] as const;
  assert.deepEqual(JSON.parse(document("identity", figures)), {
    bench: "identity",
    figures: [
      { id: "identity.call.64", value: 0.988, unit: "x", target: 0.95 },
      { id: "identity.sign", value: 40, unit: "µs", target: null },
    ],
  });
});

async function setUp(): Promise<Setting> {
  bundled ??= bundle(identity.programs);
  const { folder } = await bundled;
  const natsServer = findProgram(serverProgram);
  return { quick: true, programs: folder, natsServer, say: () => {} };
}

async function failuresOf(pair: Pair) {
  const { failures, firstFailure, answers } = await slice(pair, 4, 50);
  assert.ok(answers > 0);
  return { failures, firstFailure };
}
