import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { Denials } from "../../../libs/nats/denials.ts";
import { deniedBy } from "../../../libs/nats/errors.ts";

/** What nats.js makes of the server's refusal. */
function refusal(subject: string, user = "me"): NonNullable<ReturnType<typeof deniedBy>> {
  const thrown = Object.assign(new Error("Permissions Violation"), {
    name: "PermissionViolationError",
    operation: "publish",
    subject,
  });
  const denied = deniedBy(thrown, user);
  assert.ok(denied !== undefined);
  return denied;
}

const told = () => {
  const troubles: string[] = [];
  const denials = new Denials((thrown) => troubles.push(String(thrown)));
  return { denials, troubles };
};

test("a refusal names the subject and the line that would allow it", () => {
  const { operation, subject, line, error } = refusal("mesh.call.far.read.any.me");
  assert.deepEqual([operation, subject], ["publish", "mesh.call.far.read.any.me"]);
  assert.equal(line, "agents.me.calls: [far.read]");
  assert.equal(error.code, MeshCode.PermissionDenied);
  assert.equal(
    error.detail,
    "the server does not let this user publish to mesh.call.far.read.any.me; mesh.yaml would with agents.me.calls: [far.read]",
  );
  assert.match(
    refusal("mesh.call.far.read.any.you").error.detail,
    /; no line of mesh\.yaml would$/,
  );
});

test("what somebody has dealt with is no trouble", () => {
  const { denials, troubles } = told();
  const heard: string[] = [];
  const stop = denials.on(({ subject }) => heard.push(subject) > 0);
  denials.tell(refusal("mesh.call.far.read.any.me"));
  assert.equal(troubles.length, 0);
  stop();
  denials.tell(refusal("mesh.call.far.read.any.me"));
  assert.equal(heard.length, 1);
  assert.equal(troubles.length, 1);
});

test("trouble is told once for each line, until what is allowed may have changed", () => {
  const { denials, troubles } = told();
  for (let beat = 0; beat < 100; beat++) {
    denials.tell(refusal(`mesh.presence.me.a${beat}`));
    denials.tell(refusal(`mesh.js.STREAM.DELETE.S${beat}`));
  }
  assert.equal(troubles.length, 2);
  denials.forget();
  denials.tell(refusal("mesh.presence.me.a1"));
  assert.equal(troubles.length, 3);
});

test("a listener that throws keeps nobody else from hearing", () => {
  const { denials, troubles } = told();
  let heard = 0;
  denials.on(() => {
    throw new Error("mine");
  });
  denials.on(() => {
    heard++;
    return true;
  });
  denials.tell(refusal("mesh.call.far.read.any.me"));
  assert.equal(heard, 1);
  assert.deepEqual(troubles, ["Error: mine"]);
});
