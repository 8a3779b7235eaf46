import assert from "node:assert/strict";
import { test } from "node:test";
import { rolePermissions } from "@myelin/subjects";
import { createKey } from "../../../libs/identity/index.ts";
import { decodeScope, encodeScope } from "../../../libs/identity/scope.ts";

const asks = { calls: [], submits: [], publishes: [], hears: [], vouches: false };

function scoped(permissions: Parameters<typeof encodeScope>[0]["permissions"]) {
  const key = createKey("account").publicKey;
  return encodeScope({ key, role: "role:operator", skills: [], vouches: false, permissions });
}

test("what is not heard although it may be is denied in the account's JWT, and read back", () => {
  const permissions = rolePermissions("operator", { ...asks, members: ["ops"] });
  assert.deepEqual(permissions.unheard, ["mesh.record.>"]);
  const entry = scoped(permissions);
  assert.deepEqual(entry.template?.sub, {
    allow: permissions.subscribe,
    deny: ["mesh.record.>"],
  });
  assert.deepEqual(decodeScope(entry)?.permissions, permissions);
});

test("nothing that may be heard is denied by all, and reads as nothing", () => {
  const entry = scoped({ publish: ["a"], subscribe: [], unheard: ["b"] });
  assert.deepEqual(entry.template?.sub, { deny: [">"] });
  assert.deepEqual(decodeScope(entry)?.permissions, { publish: ["a"], subscribe: [] });
});

test("a subject that the server would read as something else is refused there as well", () => {
  assert.throws(() => scoped({ publish: [], subscribe: ["a"], unheard: ["b c"] }), /does not hear/);
});
