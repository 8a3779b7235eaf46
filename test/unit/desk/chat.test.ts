import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { askModel, type ChatServer } from "../../../services/desk/model/chat.ts";
import { summaryPrompt } from "../../../services/desk/model/prompt.ts";

interface Asked {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

type Answer = (response: ServerResponse, attempt: number) => void;

/** A stand-in for a model's server, with what it was asked. */
async function standIn(
  answer: Answer,
): Promise<{ readonly server: ChatServer; readonly asked: Asked[] } & AsyncDisposable> {
  const asked: Asked[] = [];
  const http = createServer(async (request: IncomingMessage, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { url } = request;
    asked.push({ url, authorization: request.headers.authorization, body: JSON.parse(body) });
    answer(response, asked.length);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const server = { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: "key", model: "small" };
  return {
    ...{ server, asked },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const says =
  (content: unknown): Answer =>
  (response) =>
    void response.end(JSON.stringify({ choices: [{ message: { content } }] }));

const refuses =
  (status: number, body = "no", headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body);

const never = new AbortController().signal;
const question = [{ role: "user", content: "?" }] as const;

function failure(code: MeshCode, message: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(isMeshError(error, code), String(error));
    assert.match(error.message, message);
    return true;
  };
}

test("the model is asked by the chat completions protocol", async () => {
  await using far = await standIn(says("  An answer. "));
  assert.equal(await askModel(far.server, question, never), "An answer.");
  assert.deepEqual(far.asked, [
    {
      url: "/v1/chat/completions",
      authorization: "Bearer key",
      body: { model: "small", messages: [{ role: "user", content: "?" }] },
    },
  ]);
});

test("without a key no authorization is sent", async () => {
  await using far = await standIn(says("ok"));
  await askModel({ ...far.server, apiKey: undefined }, question, never);
  assert.equal(far.asked[0]?.authorization, undefined);
});

test("a server that is busy is asked again, after the time it names", async () => {
  await using far = await standIn((response, attempt) =>
    (attempt < 3 ? refuses(429, "busy", { "retry-after": "0" }) : says("late"))(response, attempt),
  );
  assert.equal(await askModel(far.server, question, never), "late");
  assert.equal(far.asked.length, 3);
});

test("a server that stays busy is given up after three attempts", async () => {
  await using far = await standIn(refuses(503, "down", { "retry-after": "0" }));
  const refused = failure(MeshCode.Unavailable, /refused with 503: down/);
  await assert.rejects(askModel(far.server, question, never), refused);
  assert.equal(far.asked.length, 3);
});

for (const [status, code] of [
  [401, MeshCode.PermissionDenied],
  [404, MeshCode.InvalidArgument],
] as const) {
  test(`a refusal with ${status} is final and says what the server said`, async () => {
    await using far = await standIn(refuses(status, "because of this"));
    const refused = failure(code, new RegExp(`refused with ${status}: because of this`));
    await assert.rejects(askModel(far.server, question, never), refused);
    assert.equal(far.asked.length, 1);
  });
}

for (const [name, answer] of [
  ["no JSON", (response: ServerResponse) => void response.end("<html>")],
  ["no choices", (response: ServerResponse) => void response.end("{}")],
  ["no text", says(null)],
  ["an empty text", says(" ")],
] as const) {
  test(`an answer with ${name} is refused, not believed`, async () => {
    await using far = await standIn(answer);
    const refused = failure(MeshCode.MalformedPayload, /does not speak chat completions/);
    await assert.rejects(askModel(far.server, question, never), refused);
  });
}

test("an answer without end is cut off", async () => {
  await using far = await standIn((response) => {
    response.on("error", () => {});
    const more = (): void => {
      if (!response.destroyed) response.write("x".repeat(65_536), () => setImmediate(more));
    };
    more();
  });
  const refused = failure(MeshCode.PayloadTooLarge, /more than 1048576 bytes/);
  await assert.rejects(askModel(far.server, question, never), refused);
});

test("a server that is not there is named", async () => {
  const far = await standIn(says("x"));
  await far[Symbol.asyncDispose]();
  const soon = AbortSignal.timeout(20_000);
  const refused = failure(
    MeshCode.Unavailable,
    /at http:\/\/127\.0\.0\.1:\d+\/v1 cannot be reached/,
  );
  await assert.rejects(askModel(far.server, question, soon), refused);
});

test("giving up ends the question at once, with the reason of who gave up", async () => {
  const giveUp = new AbortController();
  const why = new Error("nobody waits any more");
  await using far = await standIn(() => giveUp.abort(why));
  await assert.rejects(askModel(far.server, question, giveUp.signal), why);
});

test("giving up while waiting for a busy server ends the wait", async () => {
  const giveUp = new AbortController();
  const why = new Error("nobody waits any more");
  await using far = await standIn((response) => {
    response.on("close", () => giveUp.abort(why));
    refuses(429, "busy", { "retry-after": "10" })(response, 1);
  });
  await assert.rejects(askModel(far.server, question, giveUp.signal), why);
  assert.equal(far.asked.length, 1);
});

test("the prompt of a second attempt has the reason, what was sent back, and the missing terms", () => {
  const mention = [{ term: "apple", forms: ["apple"] }];
  const correction = { reason: "it is dull", previous: "Old one.", mention };
  const assignment = { title: "T", text: "Text.", maxWords: 20, correction };
  const [system, document, redo] = summaryPrompt(assignment);
  assert.match(system?.content ?? "", /at most 20 words/);
  assert.equal(document?.content, "Title: T\n\nText.");
  assert.match(redo?.content ?? "", /because it is dull:\n\nOld one\.\n\n.*Mention.*: apple\./s);
  assert.equal(summaryPrompt({ ...assignment, correction: undefined }).length, 2);
});
