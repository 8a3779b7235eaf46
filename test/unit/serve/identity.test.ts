import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { defineAgent, skill } from "../../../libs/contract/index.ts";
import { isMeshError, MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { OnBehalf, Request } from "../../../libs/pipeline/index.ts";
import { identity } from "../../../libs/serve/identity.ts";
import { request } from "../../../libs/testing/index.ts";

const ann: OnBehalf = { user: "ann", scopes: ["read"], expiresAt: new Date(), token: "good" };
const contract = defineAgent({
  name: "far",
  version: "1.0.0",
  skills: {
    work: skill({ input: z.unknown(), output: z.unknown() }),
    audit: skill({ input: z.unknown(), output: z.unknown(), demandsUser: true }),
  },
});

function world() {
  const asked: string[] = [];
  const served: Request[] = [];
  const layer = identity(contract, async (token, caller) => {
    asked.push(`${token} from ${caller}`);
    if (token === "good") return ann;
    throw new MeshError(MeshCode.PermissionDenied, "the token does not hold");
  });
  const serve = layer(async (one) => {
    served.push(one);
    return "done";
  });
  return { serve, asked, served };
}

test("a request without a token passes untouched, and nothing is verified", async () => {
  const { serve, asked, served } = world();
  const plain = request();
  assert.equal(await serve(plain), "done");
  assert.equal(served[0], plain);
  assert.equal(asked.length, 0);
});

test("a token is verified for its caller, and the handler gets what it says", async () => {
  const { serve, asked, served } = world();
  await serve(request({ behalfToken: "good", caller: "gateway" }));
  assert.deepEqual(asked, ["good from gateway"]);
  assert.equal(served[0]?.onBehalf, ann);
});

test("a token that does not hold is refused, and the handler never runs", async () => {
  const { serve, served } = world();
  await assert.rejects(serve(request({ behalfToken: "bad" })), (error) =>
    isMeshError(error, MeshCode.PermissionDenied),
  );
  assert.equal(served.length, 0);
});

test("a skill that demands a user refuses whoever names none, others do not", async () => {
  const { serve, served } = world();
  const audit = { agent: "far", skill: "audit", key: "far.audit" };
  await assert.rejects(serve(request({ operation: audit, caller: "ops" })), (error) => {
    assert.ok(isMeshError(error, MeshCode.PermissionDenied));
    assert.match(error.message, /far\.audit is done for an end user only, and ops names none/);
    return true;
  });
  assert.equal(await serve(request({ operation: audit, behalfToken: "good" })), "done");
  assert.equal(served.length, 1);
});

test("a request that ended while its token was verified does not run", async () => {
  const { serve, served } = world();
  const ended = request({ behalfToken: "good" });
  const answer = serve(ended);
  ended.signal.end(new MeshError(MeshCode.Cancelled, "enough"));
  await assert.rejects(answer, (error) => isMeshError(error, MeshCode.Cancelled));
  assert.equal(served.length, 0);
});

test("a layer inside that throws is a rejection like any other", async () => {
  const layer = identity(contract, async () => ann);
  const serve = layer(() => {
    throw new MeshError(MeshCode.Internal, "thrown");
  });
  await assert.rejects(serve(request({ behalfToken: "good" })), (error) =>
    isMeshError(error, MeshCode.Internal),
  );
});
