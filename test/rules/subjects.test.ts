import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adminScope,
  agentScope,
  askSubject,
  callerInbox,
  callSubject,
  controlSubject,
  filters,
  guestScope,
  inboxPrefix,
  isToken,
  parseCallSubject,
  parseControlSubject,
  parsePresenceSubject,
  presenceSubject,
  routeToken,
  scopeOf,
  serviceSubjects,
  versionLabel,
} from "@myelin/subjects";
import { scan } from "./scan.ts";
import { type Breach, type Source, shown, sourcesIn } from "./source.ts";

/** A text that a subject of the mesh begins with, or has in it; names of spans and metrics are none. */
const subject =
  /(^|[^\w.@/-])mesh\.(call|outcall|xcall|control|outcontrol|xcontrol|task|later|result|event|dead|record|blob|artifact|config|presence|js)\b(?!\()|\$SRV|\$JS|\$KV|_INBOX|_R_\./;

test("subjects are spelled out in subjects/ and nowhere else", () => {
  assert.equal(shown(judgeTexts(sourcesIn("libs", "services"))), "");
});

test("the rule is red for each way to spell a subject", () => {
  const texts = [
    '"mesh.call.summarizer.summarize.any.ops"',
    "'mesh.control.' + agent",
    "`mesh.presence.$" + "{agent}.$" + "{instance}`",
    '"$SRV.PING"',
    '"_INBOX.ops."',
    "\"nats sub 'mesh.call.>'\"",
    '"$JS.API.INFO"',
  ];
  for (const text of texts) {
    assert.equal(judgeTexts([{ path: "libs/call/a.ts", text: `const s = ${text};` }]).length, 1);
  }
});

test("the rule is green for comments, calls and other names", () => {
  const text = '// mesh.call.a\nmesh.call(a); const b = "mesh.calls", c = "@myelin/mesh.call";';
  assert.deepEqual(judgeTexts([{ path: "libs/call/a.ts", text }]), []);
});

test("scopes, which rights hang on, are spelled out in subjects/ and nowhere else", () => {
  assert.equal(shown(judgeScopes(sourcesIn("libs", "services"))), "");
  for (const text of ['"role:keeper"', "`agent:$" + "{name}`"]) {
    assert.equal(judgeScopes([{ path: "libs/call/a.ts", text }]).length, 1, text);
  }
});

test("what is published is spelled like this", () => {
  assert.equal(
    callSubject("summarizer", "summarize", "any", "ops"),
    "mesh.call.summarizer.summarize.any.ops",
  );
  assert.equal(controlSubject("summarizer", "i-a1", "ops"), "mesh.control.summarizer.i-a1.ops");
  assert.equal(presenceSubject("summarizer", "a1"), "mesh.presence.summarizer.a1");
  assert.equal(inboxPrefix("summarizer", "a1"), "_INBOX.summarizer.a1.");
  assert.equal(callerInbox("ops"), "_INBOX.ops.");
  assert.equal(askSubject("PING"), "$SRV.PING");
  assert.equal(askSubject("INFO", "summarizer"), "$SRV.INFO.summarizer");
  assert.deepEqual(serviceSubjects("STATS", "summarizer", "a1"), [
    "$SRV.STATS",
    "$SRV.STATS.summarizer",
    "$SRV.STATS.summarizer.a1",
  ]);
});

test("what is listened to is spelled like this", () => {
  assert.equal(filters.calls("summarizer", "any"), "mesh.call.summarizer.*.any.*");
  assert.equal(filters.control("summarizer", "i-a1"), "mesh.control.summarizer.i-a1.*");
  assert.equal(filters.presence("summarizer"), "mesh.presence.summarizer.*");
  assert.equal(filters.everyPresence, "mesh.presence.*.*");
  assert.equal(filters.everyCall, "mesh.call.>");
  assert.equal(filters.everyInbox, "_INBOX.>");
  assert.equal(filters.inbox("summarizer", "a1"), "_INBOX.summarizer.a1.*");
});

test("routes are spelled like this", () => {
  assert.equal(routeToken({ to: "any" }), "any");
  assert.equal(
    routeToken({ to: "version", label: versionLabel("1.2.0-RC.1+b") }),
    "v-1-2-0-rc-1-b",
  );
  assert.equal(routeToken({ to: "instance", instance: "a1" }), "i-a1");
});

test("scopes are spelled like this", () => {
  assert.deepEqual(
    [scopeOf("keeper"), agentScope("summarizer"), guestScope, adminScope],
    ["role:keeper", "agent:summarizer", "guest", "admin"],
  );
});

test("a subject is read as it was written", () => {
  assert.deepEqual(parseCallSubject("mesh.call.summarizer.summarize.v-1-0-0.ops"), {
    ok: true,
    value: {
      agent: "summarizer",
      skill: "summarize",
      route: { to: "version", label: "1-0-0" },
      caller: "ops",
    },
  });
  assert.deepEqual(parseControlSubject("mesh.control.summarizer.i-a1.ops"), {
    ok: true,
    value: { agent: "summarizer", route: { to: "instance", instance: "a1" }, caller: "ops" },
  });
  assert.deepEqual(parsePresenceSubject("mesh.presence.summarizer.a1"), {
    ok: true,
    value: { agent: "summarizer", instance: "a1" },
  });
});

test("a subject that breaks the grammar is refused", () => {
  const calls = [
    "",
    "mesh.call",
    "mesh.call.a.b.any",
    "mesh.call.a.b.any.ops.more",
    "mesh.call.a.b.some.ops",
    "mesh.call.a.b.v-.ops",
    "mesh.call.a.b.i-.ops",
    "mesh.call.A.b.any.ops",
    "mesh.call.*.b.any.ops",
    "mesh.call.a.>.any.ops",
    "mesh.call.a..any.ops",
    "mesh.task.a.b.any.ops",
    "other.call.a.b.any.ops",
  ];
  for (const call of calls) assert.equal(parseCallSubject(call).ok, false, call);
  assert.equal(parseControlSubject("mesh.control.a.ops").ok, false);
  assert.equal(parseControlSubject("mesh.control.a.some.ops").ok, false);
  assert.equal(parsePresenceSubject("mesh.presence.a").ok, false);
  assert.equal(parsePresenceSubject("mesh.presence.a.*").ok, false);
});

test("a token is 1 to 63 of a-z, 0-9, _ and -, and begins with a letter or digit", () => {
  for (const good of ["a", "0", "a-b_c", "a".repeat(63)]) assert.equal(isToken(good), true, good);
  for (const bad of ["", "-a", "_a", "A", "a.b", "*", ">", "a b", "é", "a\n", "a".repeat(64)]) {
    assert.equal(isToken(bad), false, JSON.stringify(bad));
  }
});

function judgeScopes(sources: readonly Source[]): Breach[] {
  return judgeTexts(sources, /^(agent|role):(?! )/, "a scope");
}

function judgeTexts(
  sources: readonly Source[],
  what: RegExp = subject,
  name = "a subject",
): Breach[] {
  return sources.flatMap(({ path, text }) =>
    scan(text)
      .filter(({ kind, text }) => (kind === "text" || kind === "part") && what.test(text))
      .map(({ line, text }) => ({ path, line, what: `spells ${name}: ${text}` })),
  );
}
