import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callerInbox,
  callSubject,
  controlSubject,
  coversSubject,
  filters,
  inboxPrefix,
  isToken,
  maxInstanceLength,
  parseCallSubject,
  parseControlSubject,
  parsePresenceSubject,
  presenceSubject,
  type Route,
  routeToken,
  serviceSubjects,
  versionLabel,
} from "@myelin/subjects";
import fc from "fast-check";

/** One byte a character, and characters whose low byte is another. */
const wide = fc.nat({ max: 0x3ff }).map((code) => String.fromCharCode(code));

const token = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/);
const short = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.constant<Route>({ to: "any" }),
  short.map((label): Route => ({ to: "version", label })),
  short.map((instance): Route => ({ to: "instance", instance })),
);

test("every subject that can be built is read as what it was built from", () => {
  fc.assert(
    fc.property(token, token, route, token, (agent, skill, to, caller) => {
      const address = { agent, skill, route: to, caller };
      const call = callSubject(agent, skill, routeToken(to), caller);
      assert.deepEqual(parseCallSubject(call), { ok: true, value: address });
      const control = controlSubject(agent, routeToken(to), caller);
      const spoken = { agent, route: to, caller };
      assert.deepEqual(parseControlSubject(control), { ok: true, value: spoken });
      const presence = presenceSubject(agent, skill);
      const beat = { agent, instance: skill };
      assert.deepEqual(parsePresenceSubject(presence), { ok: true, value: beat });
      assert.equal(parseControlSubject(call).ok, false);
      assert.equal(parseCallSubject(control).ok, false);
    }),
  );
});

test("what is published is what the filter of its kind hears", () => {
  const hears = (filter: string, subject: string) => {
    const tokens = subject.split(".");
    return filter.split(".").every((one, at) => one === "*" || one === tokens[at]);
  };
  fc.assert(
    fc.property(token, token, route, token, (agent, skill, to, caller) => {
      const way = routeToken(to);
      assert.ok(hears(filters.calls(agent, way), callSubject(agent, skill, way, caller)));
      assert.ok(hears(filters.control(agent, way), controlSubject(agent, way, caller)));
      assert.ok(hears(filters.presence(agent), presenceSubject(agent, skill)));
      assert.ok(hears(filters.inbox(agent, skill), `${inboxPrefix(agent, skill)}t`));
      assert.ok(inboxPrefix(agent, skill).startsWith(callerInbox(agent)));
    }),
  );
});

test("whatever stands on a subject is parsed or refused with a reason, and nothing throws", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom("mesh", "call", "control", "presence", "any", "i-", "v-", "*", ">", ""),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (tokens) => {
      for (const parse of [parseCallSubject, parseControlSubject, parsePresenceSubject]) {
        const parsed = parse(tokens.join("."));
        assert.ok(parsed.ok || parsed.why.length > 0);
      }
    }),
  );
});

test("no wildcard, space, capital or other letter is ever a token", () => {
  fc.assert(
    fc.property(fc.string({ unit: wide }), (text) => {
      assert.equal(
        isToken(text),
        text.length <= 63 && /^[a-z0-9][a-z0-9_-]*$/.test(text) && !text.endsWith("\n"),
      );
    }),
  );
  for (const text of ["*", ">", "", "a.b", "a b", "a\n", "A", "é", "-a", "x".repeat(64)]) {
    assert.equal(isToken(text), false, JSON.stringify(text));
  }
});

test("the longest instance id still makes a route that can be read", () => {
  const instance = "x".repeat(maxInstanceLength);
  const parsed = parseControlSubject(controlSubject("far", `i-${instance}`, "ops"));
  assert.deepEqual(parsed.ok && parsed.value.route, { to: "instance", instance });
  const tooLong = controlSubject("far", `i-${instance}x`, "ops");
  assert.equal(parseControlSubject(tooLong).ok, false);
});

test("a version's label is one token, whatever the version says", () => {
  const part = fc.stringMatching(/^[0-9A-Za-z-]{1,10}$/);
  fc.assert(
    fc.property(fc.nat(), fc.nat(), part, part, (major, minor, pre, build) => {
      const label = versionLabel(`${major}.${minor}.0-${pre}+${build}`);
      assert.ok(isToken(label), label);
    }),
  );
});

test("an instance answers three subjects of each of the services' questions", () => {
  assert.deepEqual(serviceSubjects("STATS", "far", "a1"), [
    "$SRV.STATS",
    "$SRV.STATS.far",
    "$SRV.STATS.far.a1",
  ]);
});

test("a pattern covers what the server would deliver for it", () => {
  const covered = [
    ["mesh.event.editor.done", "mesh.event.editor.done"],
    ["mesh.event.*.done", "mesh.event.editor.done"],
    ["mesh.event.>", "mesh.event.editor"],
    ["mesh.event.>", "mesh.event.editor.done"],
    ["mesh.*.editor.>", "mesh.event.editor.done.well"],
    [">", "mesh"],
  ] as const;
  for (const [pattern, subject] of covered) assert.ok(coversSubject(pattern, subject), pattern);
});

test("a pattern covers no subject that is too short, too long or another one", () => {
  const uncovered = [
    ["mesh.event.editor.done", "mesh.event.editor.begun"],
    ["mesh.event.editor.done", "mesh.event.editor"],
    ["mesh.event.editor", "mesh.event.editor.done"],
    ["mesh.event.*", "mesh.event"],
    ["mesh.event.*", "mesh.event.editor.done"],
    ["mesh.event.>", "mesh.event"],
    ["mesh.event.>", "mesh.events.editor"],
    ["mesh.*.editor.>", "mesh.event.editor"],
    ["mesh.event.ed>", "mesh.event.editor"],
  ] as const;
  for (const [pattern, subject] of uncovered) {
    assert.equal(coversSubject(pattern, subject), false, `${pattern} ${subject}`);
  }
});
