import { MeshCode, MeshError } from "@myelin/mesh";
import { z } from "zod";

/** A server that speaks the chat completions protocol. */
export interface ChatServer {
  /** Up to and without `/chat/completions`. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly model: string;
}

/** One line of a conversation. */
export interface ChatMessage {
  readonly role: "system" | "user";
  readonly content: string;
}

const mostAttempts = 3;
const attemptMs = 30_000;
const firstDelayMs = 500;
const maxDelayMs = 10_000;
const maxAnswerBytes = 1_048_576;

const answer = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});

/** Asks the model; a busy or failing server is asked again, a few times and within the signal. */
export async function askModel(
  server: ChatServer,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askOnce(server, messages, signal);
    } catch (error) {
      if (!(error instanceof MeshError) || !error.retryable || attempt === mostAttempts) {
        throw error;
      }
      const delayMs = error.retryAfterMs ?? firstDelayMs * 2 ** (attempt - 1) * Math.random();
      await pause(Math.min(delayMs, maxDelayMs), signal);
    }
  }
}

async function askOnce(
  server: ChatServer,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): Promise<string> {
  try {
    const response = await fetch(`${server.baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(server.apiKey === undefined ? {} : { authorization: `Bearer ${server.apiKey}` }),
      },
      body: JSON.stringify({ model: server.model, messages }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]),
    });
    const body = await limitedText(response);
    if (!response.ok) throw refusal(response, body);
    return read(body);
  } catch (error) {
    // Whoever gave up says why; that is not the server's fault.
    signal.throwIfAborted();
    throw error instanceof MeshError ? error : unreachable(server, error);
  }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) {
      throw new MeshError(
        MeshCode.PayloadTooLarge,
        `the model's server answered with more than ${maxAnswerBytes} bytes`,
        { origin: "peer" },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function read(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw malformed("its answer is not JSON", cause);
  }
  const parsed = answer.safeParse(value);
  const content = parsed.success ? parsed.data.choices[0]?.message.content.trim() : undefined;
  if (content === undefined) throw malformed("its answer has no choices[0].message.content");
  if (content === "") throw malformed("its answer is empty");
  return content;
}

function malformed(what: string, cause?: unknown): MeshError {
  const detail = `the model's server does not speak chat completions: ${what}`;
  return new MeshError(MeshCode.MalformedPayload, detail, { origin: "peer", cause });
}

function refusal(response: Response, body: string): MeshError {
  const { status } = response;
  const detail = `the model's server refused with ${status}: ${body.slice(0, 200).trim()}`;
  return new MeshError(codeOf(status), detail, { origin: "peer", ...retryAfter(response) });
}

function codeOf(status: number): MeshCode {
  if (status === 429) return MeshCode.Overloaded;
  if (status === 401 || status === 403) return MeshCode.PermissionDenied;
  return status >= 500 ? MeshCode.Unavailable : MeshCode.InvalidArgument;
}

// RFC 9110 10.2.3: seconds, or a date.
function retryAfter(response: Response): { retryAfterMs: number } | undefined {
  const header = response.headers.get("retry-after");
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : undefined;
}

function unreachable(server: ChatServer, cause: unknown): MeshError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const why = inner instanceof Error ? inner.message || inner.name : String(inner);
  return new MeshError(
    MeshCode.Unavailable,
    `the model's server at ${server.baseUrl} cannot be reached: ${why}`,
    { origin: "peer", cause },
  );
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", gone, { once: true });
    function done(): void {
      signal.removeEventListener("abort", gone);
      resolve();
    }
    function gone(): void {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}
