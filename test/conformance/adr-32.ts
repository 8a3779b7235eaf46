import assert from "node:assert/strict";

/** ADR-32 and the schemas that the tools of NATS check against, as rules of our own. */

type Json = Readonly<Record<string, unknown>>;

const name = /^[a-zA-Z0-9_-]+$/;
const version = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

export function assertPing(answer: unknown): void {
  assertIdentity(answer, "io.nats.micro.v1.ping_response");
}

export function assertInfo(answer: unknown): void {
  const info = assertIdentity(answer, "io.nats.micro.v1.info_response");
  assertText(info.description, "description");
  for (const endpoint of list(info.endpoints)) assertEndpoint(endpoint);
}

export function assertStats(answer: unknown): void {
  const stats = assertIdentity(answer, "io.nats.micro.v1.stats_response");
  assert.match(assertText(stats.started, "started"), rfc3339);
  for (const endpoint of list(stats.endpoints)) {
    const figures = assertEndpoint(endpoint);
    for (const field of [
      "num_requests",
      "num_errors",
      "processing_time",
      "average_processing_time",
    ])
      assert.ok(Number.isSafeInteger(figures[field]), `${field} is ${figures[field]}`);
    assertText(figures.last_error, "last_error");
    if (figures.data !== undefined) object(figures.data);
  }
}

function assertIdentity(answer: unknown, type: string): Json {
  const document = object(answer);
  assert.equal(document.type, type);
  assert.match(assertText(document.name, "name"), name);
  assert.notEqual(assertText(document.id, "id"), "");
  assert.match(assertText(document.version, "version"), version);
  assertMetadata(document.metadata);
  return document;
}

function assertEndpoint(endpoint: unknown): Json {
  const document = object(endpoint);
  assert.match(assertText(document.name, "endpoint name"), name);
  assert.notEqual(assertText(document.subject, "subject"), "");
  assert.notEqual(assertText(document.queue_group, "queue_group"), "");
  assertMetadata(document.metadata);
  return document;
}

function assertMetadata(metadata: unknown): void {
  if (metadata === undefined || metadata === null) return;
  for (const [key, value] of Object.entries(object(metadata))) assertText(value, `metadata ${key}`);
}

function assertText(value: unknown, what: string): string {
  assert.equal(typeof value, "string", `${what} is a ${typeof value}`);
  return value as string;
}

function object(value: unknown): Json {
  assert.ok(typeof value === "object" && value !== null && !Array.isArray(value));
  return value as Json;
}

function list(value: unknown): readonly unknown[] {
  assert.ok(Array.isArray(value), "not a list");
  return value;
}
