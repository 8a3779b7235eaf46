import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { observe } from "@myelin/mesh/operate";
import { startMesh } from "@myelin/mesh/testing";
import { greeter, handlers } from "../support/greeter.ts";
import { movedMs } from "../support/moved.ts";

const policy = `
version: 1
workspaces:
  test:
    agents:
      greeter: { skills: [greet, echo] }
      stranger: {}
    roles:
      observer: { members: [eve] }
`;
const seen = () => ({ aborted: [], yielded: 0, left: 0, calls: 0 });

test("an observer sees who is there, and is told at once that calls are not for its eyes", async () => {
  await using mesh = await startMesh({ policy });
  await mesh.serve(greeter, handlers(seen()));
  await using eve = await observe({ name: "eve", ...mesh.access });
  const [found] = await eve.info("greeter", { most: 1 });
  assert.equal(found?.name, "greeter");
  assert.ok((await eve.server()).version.startsWith("2."));
  const stop = eve.onBeat(() => {});
  await eve.flush();
  eve.onCall(() => {});
  await assert.rejects(eve.flush(), {
    code: MeshCode.PermissionDenied,
    message: /_INBOX\.>; mesh\.yaml would with roles\.operator\.members: \[eve\]/,
  });
  stop();
});

test("who may not ask around is told so, instead of that nobody is there", async () => {
  await using mesh = await startMesh({ policy });
  await mesh.serve(greeter, handlers(seen()));
  await using stranger = await observe({ name: "stranger", ...mesh.access });
  const from = movedMs();
  await assert.rejects(stranger.info(), {
    code: MeshCode.PermissionDenied,
    message: /\$SRV\.INFO; mesh\.yaml would with roles\.observer\.members: \[stranger\]/,
  });
  await assert.rejects(stranger.stats("greeter"), {
    code: MeshCode.PermissionDenied,
    message: /\$SRV\.STATS\.greeter; /,
  });
  assert.ok(movedMs() - from < 500);
});
