import assert from "node:assert/strict";
import { test } from "node:test";
import { Replier, type Told } from "../../../libs/transport/replier.ts";
import { json, ReplyHeads } from "../../../libs/wire/index.ts";
import { FakeLink } from "./world.ts";

/** The loads that answers told while the instance had these, one after the other; undefined where none was told. */
function tells(told: Told | undefined, loads: readonly number[]): (number | undefined)[] {
  const far = new FakeLink();
  let load = 0;
  const parts = {
    link: far.link,
    heads: new ReplyHeads("f1"),
    load: () => load,
    onRefused: () => {},
  };
  for (load of loads) new Replier(parts, "_INBOX.ops.o1.t", told).answer(1, json);
  return far.sent.map(({ head }) => {
    const said = /Mesh-From: f1 (\d+)/.exec(head ?? "")?.[1];
    return said === undefined ? undefined : Number(said);
  });
}

test("callers who know the instance are told its load when it has moved by more than a quarter", () => {
  const told = tells({ direct: true, toldLoad: -1 }, [4, 4, 5, 6, 6, 8, 4, 1, 0, 0]);
  assert.deepEqual(told, [4, undefined, undefined, 6, undefined, 8, 4, 1, 0, undefined]);
});

test("whoever asked anybody is told each time who answered", () => {
  assert.deepEqual(tells({ direct: false, toldLoad: -1 }, [4, 4, 4]), [4, 4, 4]);
  assert.deepEqual(tells(undefined, [2, 2]), [2, 2]);
});
