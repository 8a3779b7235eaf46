import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, defineAgent, event, isMeshError, on, skill } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { z } from "zod";

const clerk = defineAgent({
  name: "clerk",
  version: "1.0.0",
  skills: {
    file: skill({
      input: z.object({ what: z.string() }),
      output: z.object({ filed: z.string(), left: z.number() }),
      errors: { full: z.object({ shelf: z.number() }) },
    }),
    stamp: skill({ input: z.object({}), output: z.object({ path: z.array(z.string()) }) }),
  },
  events: { filed: event({ data: z.object({ what: z.string() }) }) },
});

test("handlers may take their contexts apart", async () => {
  await using server = await startMesh({ jetstream: true });
  await using agent = await connect({ name: "clerk", ...server.access });
  await using me = await connect({ name: "me", ...server.access });
  await agent.serve(clerk, {
    file: async ({ what }, { client, fail, progress, checkpoint, remainingMs, publish, log }) => {
      if (what === "much") fail("full", { shelf: 7 });
      await Promise.all([progress(1), checkpoint(2)]);
      log.debug({}, "stamping");
      const { path } = await client(clerk).stamp({});
      await publish(clerk, "filed", { what });
      return { filed: path.join(), left: remainingMs() };
    },
    stamp: (_input, { path, conversation }) => {
      assert.throws(
        () => conversation(),
        (error) => isMeshError(error, "invalid_argument"),
      );
      return { path: [...path] };
    },
  });
  const heard: string[] = [];
  await me.hear(clerk, "filed", async ({ what }, { client, giveUp, publisher }) => {
    const { path } = await client(clerk).stamp({});
    heard.push(`${what} ${publisher} ${path.join()}`);
    giveUp("enough");
  });
  const { file } = me.client(clerk);
  const { filed, left } = await file({ what: "a letter" });
  assert.equal(filed, "me,clerk");
  assert.ok(left > 0 && left <= 30_000, `${left} ms`);
  await assert.rejects(file({ what: "much" }), (error) => isMeshError(error, "domain_error"));
  await eventually("it is heard", () => heard.length === 1);
  assert.deepEqual(heard, ["a letter clerk clerk,me"]);
});

test("what is no contract is refused by name, as one is that a circle of imports has not made yet", async () => {
  await using server = await startMesh({ jetstream: true });
  await using mesh = await connect({ name: "clerk", ...server.access });
  const none = undefined as unknown as typeof clerk;
  const odd = { name: "clerk" } as unknown as typeof clerk;
  const asks: Readonly<Record<string, (contract: typeof clerk) => unknown>> = {
    client: (contract) => mesh.client(contract),
    task: (contract) => mesh.task(contract, "file", "t1"),
    serve: (contract) => mesh.serve(contract, {} as never),
    publish: (contract) => mesh.publish(contract, "filed", { what: "x" }),
    hear: (contract) => mesh.hear(contract, "filed", () => {}),
    on: (contract) => on(contract, "filed", () => {}),
    follow: (contract) => mesh.follow("all", [{ contract, name: "filed" } as never]),
  };
  for (const [name, ask] of Object.entries(asks)) {
    const refused = async (contract: typeof clerk): Promise<unknown> => ask(contract);
    const says = (what: RegExp) => (error: unknown) =>
      isMeshError(error, "invalid_argument") && what.test(error.message);
    await assert.rejects(refused(none), says(/defineAgent returned, got undefined, as mod/), name);
    await assert.rejects(refused(odd), says(/defineAgent returned, got object/), name);
  }
  const follow = async (): Promise<unknown> => mesh.follow("all", undefined as never);
  await assert.rejects(follow(), (error) => isMeshError(error, "invalid_argument"));
  const bare = { name: "x", version: "1.0.0" } as never;
  assert.throws(() => defineAgent(bare), /x: skills must be an object/);
});
