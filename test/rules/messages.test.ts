import assert from "node:assert/strict";
import { test } from "node:test";
import { type Control, type Presence, PresenceState, type ProbeReply } from "@myelin/subjects";
import protobuf from "protobufjs";
import { type Shape, shapesOf } from "./messages.ts";
import { textOf } from "./source.ts";

const proto = protobuf.parse(textOf("subjects/mesh.proto")).root.lookup("myelin.mesh.v1");
const inTypeScript = shapesOf(textOf("subjects/messages.ts"));

test("mesh.proto and messages.ts declare the same messages", () => {
  const nested = new Set(["Cancel", "Credit", "Probe"]);
  const expected = messages()
    .map(({ name }) => name)
    .filter((name) => !nested.has(name) && name !== "DomainError");
  assert.deepEqual([...inTypeScript.keys()].sort(), expected.sort());
});

for (const name of ["Presence", "Control", "ProbeReply"]) {
  test(`${name} has the same fields in mesh.proto and messages.ts`, () => {
    assert.deepEqual(inTypeScript.get(name), shapeOf(name));
  });
}

test("a domain error's body has the fields of DomainFailure", () => {
  const failure = shapesOf(textOf("libs/errors/mesh-error.ts")).get("DomainFailure");
  assert.deepEqual(failure, shapeOf("DomainError"));
});

test("the states of presence are those of mesh.proto", () => {
  const { values } = message("Presence").lookupEnum("State");
  const { STATE_UNSPECIFIED, ...states } = values;
  assert.equal(STATE_UNSPECIFIED, 0);
  assert.deepEqual(Object.values(PresenceState).sort(), Object.keys(states).sort());
});

test("each message survives mesh.proto's binary form unchanged", () => {
  const presence: Presence = { state: "FULL", version: "1.0.0", load: 3, room: 64, beatMs: 1_000 };
  const controls: readonly Control[] = [
    { cancel: { token: "a" } },
    { credit: { token: "a", bytes: 65_536 } },
    { probe: { tokens: ["a", "b"] } },
  ];
  const answer: ProbeReply = { instance: "a1", held: ["a"], load: 1 };
  assert.deepEqual(there("Presence", presence), presence);
  for (const control of controls) assert.deepEqual(there("Control", control), control);
  assert.deepEqual(there("ProbeReply", answer), answer);
});

test("the comparison is red for a field that one side alone has", () => {
  const changed = shapesOf("export interface ProbeReply { readonly instance: string }");
  assert.notDeepEqual(changed.get("ProbeReply"), shapeOf("ProbeReply"));
});

function messages(): protobuf.Type[] {
  assert.ok(proto instanceof protobuf.Namespace);
  return proto.nestedArray.filter((entry) => entry instanceof protobuf.Type);
}

function message(name: string): protobuf.Type {
  const found = messages().find((type) => type.name === name);
  assert.ok(found, `mesh.proto has no message ${name}`);
  return found;
}

/** The shape of a message of mesh.proto as its JSON form has it. */
function shapeOf(name: string): Shape {
  const fields = message(name).fieldsArray.map((field) => {
    const kind = kindOf(field);
    const shape = messages().some((type) => type.name === kind) ? shapeOf(kind) : kind;
    return [field.name, field.repeated ? `${kind}[]` : shape] as const;
  });
  return Object.fromEntries(fields);
}

function kindOf(field: protobuf.Field): string {
  if (field.type === "google.protobuf.Value") return "unknown";
  field.resolve();
  if (field.resolvedType instanceof protobuf.Enum) return "PresenceState";
  if (field.type === "uint32" || field.type === "double") return "number";
  return field.type;
}

function there(name: string, value: object): object {
  const type = message(name);
  const bytes = type.encode(type.fromObject(value)).finish();
  return type.toObject(type.decode(bytes), { enums: String });
}
