import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MeshCode } from "../../../libs/errors/index.ts";
import {
  type Credentials,
  parseCredentials,
  type SharedCall,
  SharedCallCheck,
  signSharedCall,
  type Trust,
} from "../../../libs/identity/index.ts";
import { readMeshFile } from "../../../libs/operate/mesh-file/index.ts";
import { type Identities, makeIdentities } from "../../../libs/testing/identities.ts";
import { policy } from "../../support/workspaces.ts";

const rejects = (message: RegExp, run: () => Promise<unknown>) =>
  assert.rejects(run, { code: MeshCode.PermissionDenied, message });

let made: Promise<Identities> | undefined;

async function parties() {
  made ??= makeIdentities(readMeshFile(policy, "mesh.yaml"));
  const identities = await made;
  const credentials = async (name: string, workspace: string): Promise<Credentials> =>
    parseCredentials(readFileSync(await identities.credentials(name, workspace), "utf8"));
  return {
    trust: identities.trust,
    pricer: await credentials("pricer", "sales"),
    intern: await credentials("intern", "sales"),
    own: (await credentials("summarizer", "desk")).account,
    lab: (await credentials("tester", "lab")).account,
  };
}

function callBy({ account, name }: Credentials, change: Partial<SharedCall> = {}): SharedCall {
  return {
    ...{ account, caller: name, agent: "summarizer", skill: "condense", route: "any" },
    ...{ id: "c1", token: "0123456789abcdef", contentType: "application/json" },
    body: Buffer.from("{}"),
    ...change,
  };
}

function signed(call: SharedCall, signer: Credentials, lifeMs = 1_000) {
  return {
    ...call,
    ...signSharedCall(call, { workspace: "desk", now: new Date(), lifeMs }, signer),
  };
}

test("an honest call is its caller's, with the workspace that the operator named", async () => {
  const { trust, pricer, own } = await parties();
  const check = new SharedCallCheck(trust);
  const verified = await check.verify(signed(callBy(pricer), pricer), own, new Date());
  assert.equal(verified.workspace, "sales");
  assert.equal(verified.name, "pricer");
});

test("each attempt is taken once, and other attempts at the same call as well", async () => {
  const { trust, pricer, own } = await parties();
  const check = new SharedCallCheck(trust);
  const call = signed(callBy(pricer), pricer);
  await check.verify(call, own, new Date());
  await rejects(/seen already/, () => check.verify(call, own, new Date()));
  const next = callBy(pricer, { token: "fedcba9876543210" });
  await check.verify(signed(next, pricer), own, new Date());
});

test("what is not shared, not granted, or for another account is refused, whoever signed it", async () => {
  const { trust, pricer, intern, own, lab } = await parties();
  const check = new SharedCallCheck(trust);
  const secret = signed(callBy(pricer, { skill: "secret" }), pricer);
  await rejects(/secret is not shared with sales/, () => check.verify(secret, own, new Date()));
  const asIntern = signed(callBy(intern), intern);
  await rejects(/intern of sales may not call/, () => check.verify(asIntern, own, new Date()));
  const call = signed(callBy(pricer), pricer);
  await rejects(/condense is not shared with sales/, () => check.verify(call, lab, new Date()));
});

test("a caller of whose account nothing is known is refused", async () => {
  const { trust, pricer, own } = await parties();
  const blind: Trust = { operatorKeys: trust.operatorKeys, accountJwt: async () => undefined };
  const call = signed(callBy(pricer), pricer);
  await rejects(/is not known here/, () =>
    new SharedCallCheck(blind).verify(call, own, new Date()),
  );
  const foreign: Trust = { operatorKeys: [], accountJwt: (account) => trust.accountJwt(account) };
  await rejects(/no key of an operator trusted here/, () =>
    new SharedCallCheck(foreign).verify(call, own, new Date()),
  );
});

test("a signature holds for the call's time and the clocks' difference, no longer", async () => {
  const { trust, pricer, own } = await parties();
  const check = new SharedCallCheck(trust);
  const call = signed(callBy(pricer), pricer);
  const later = (ms: number) => new Date(Date.now() + ms);
  await rejects(/expired/, () => check.verify(call, own, later(302_000)));
  await check.verify(call, own, later(290_000));
  const long = signed(callBy(pricer, { token: "x".repeat(16) }), pricer, 86_400_000);
  await rejects(/at most/, () => check.verify(long, own, new Date()));
});

test("a user of another account than the one it comes from is refused, and nobody's JWT is asked for", async () => {
  const { trust, pricer, own, lab } = await parties();
  const asked: string[] = [];
  const watched: Trust = {
    operatorKeys: trust.operatorKeys,
    accountJwt: (account) => {
      asked.push(account);
      return trust.accountJwt(account);
    },
  };
  const call = { ...signed(callBy(pricer), pricer), account: lab };
  await rejects(/signed by a user of account/, () =>
    new SharedCallCheck(watched).verify(call, own, new Date()),
  );
  assert.deepEqual(asked, []);
});
