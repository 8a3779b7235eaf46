import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutSecrets } from "../../../libs/nats/dial.ts";

test("no error tells the login that stands in a URL, however it is written", () => {
  const urls = [
    "nats://bob:hunter2@h:4222",
    "bob:hunter2@h",
    "bob:hunter2@[bad",
    "tls://hunter2@h",
  ];
  for (const url of [...urls, "nats://bob:a/hunter2@h", "NATS://bob:a@hunter2@h"]) {
    assert.doesNotMatch(withoutSecrets(url), /hunter2/, url);
  }
  assert.equal(withoutSecrets("nats://h:4222"), "nats://h:4222");
  assert.equal(withoutSecrets("nats://bob:x@h:4222"), "nats://…@h:4222");
});
