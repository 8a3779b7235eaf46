import assert from "node:assert/strict";
import { test } from "node:test";
import { checkNumbers, compose } from "../../../libs/pipeline/index.ts";

test("the layer given first is the outermost", () => {
  const layer = (name: string) => (next: () => string) => () => `${name}(${next()})`;
  assert.equal(compose([layer("a"), layer("b")], () => "core")(), "a(b(core))");
});

test("without layers the innermost step is the answer itself", () => {
  const core = () => "core";
  assert.equal(compose([], core), core);
});

test("a number out of range is refused by its path, with what is allowed and what came", () => {
  const rules = { size: { min: 1, max: 8, whole: true } };
  for (const size of [0, 9, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "4" as unknown as number]) {
    assert.throws(() => checkNumbers("limit", { size }, rules), {
      code: "invalid_argument",
      message: `invalid_argument: limit.size must be a whole number from 1 to 8, got ${size}`,
    });
  }
  assert.deepEqual(checkNumbers("limit", { size: 8 }, rules), { size: 8 });
});
