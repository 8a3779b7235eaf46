import { on, once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect as dial } from "node:net";
import { join } from "node:path";
import { connect as secure, type TLSSocket } from "node:tls";
import { inboxOf, StoreHeader } from "@myelin/subjects";
import { credsAuthenticator } from "@nats-io/transport-node";
import { operationsOf } from "../../../libs/agent/operations.ts";
import { Signing } from "../../../libs/durable/stored/signing.ts";
import { writeHead } from "../../../libs/durable/stored/store.ts";
import { writeTask } from "../../../libs/durable/tasks/task-message.ts";
import { BenchError } from "../support/bench.ts";
import type { Driven, Load } from "../support/drive.ts";
import { makePayload } from "../support/payload.ts";
import { worker } from "./contract.ts";
import { names } from "./names.ts";
import { type Place, subject } from "./side.ts";

/**
 * What the server takes at most: the bytes of a task from a socket that looks at nothing but how many were acknowledged.
 *
 * No client can be faster that has the same to say. Each message has an id of its own, or none would be stored.
 */
export async function bareSocket(place: Place): Promise<(load: Load) => Promise<Driven>> {
  const socket = await login(place);
  const writeTasks = taskWriter();
  return async ({ inFlight, forMs }) => {
    const until = performance.now() + forMs;
    let sent = inFlight;
    let acknowledged = 0;
    let inTime = 0;
    socket.write(writeTasks(inFlight));
    for await (const [bytes] of on(socket, "data", { close: ["close"] })) {
      if (bytes.includes('"error"')) throw new BenchError(`a task was refused: ${bytes}`);
      // An acknowledgement is one JSON object, and nothing else that comes holds a brace.
      const acks = countOf(bytes, closingBrace);
      acknowledged += acks;
      if (performance.now() < until) {
        inTime = acknowledged;
        sent += acks;
        socket.write(writeTasks(acks));
      } else if (acknowledged === sent) {
        const driven = { rate: (inTime * 1_000) / forMs, p50Ms: Number.NaN, p99Ms: Number.NaN };
        return { ...driven, answers: inTime, failures: 0, firstFailure: undefined };
      }
    }
    throw new BenchError("the server went away before it had acknowledged all tasks");
  };
}

const closingBrace = 125;

function countOf(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

const inbox = `${inboxOf(names.submitter)}.bare.0123456789abcdefgh`;

/** Gives the bytes of so many tasks, each with the next id. */
function taskWriter(): (count: number) => Buffer {
  const id = "0".repeat(32);
  const operation = operationsOf(worker).get("echo");
  if (operation === undefined) throw new BenchError("the worker has no echo");
  const trace = { traceId: id, spanId: id.slice(16), sampled: false };
  const payload = JSON.stringify(makePayload());
  const task = { subject, payload, id, operation, deadlineMs: 86_400_000, trace };
  const signing = new Signing(() => undefined);
  const message = writeTask({ name: names.submitter, signer: undefined, signing }, task);
  if (message instanceof Promise) throw new BenchError("an unsigned task waits for nothing");
  const head = writeHead(message.headers);
  const sizes = `${head.length} ${head.length + payload.length}`;
  const one = Buffer.from(`HPUB ${subject} ${inbox} ${sizes}\r\n${head}${payload}\r\n`);
  // The last letters of the first header's value, which is the message's id.
  const idEnd = one.indexOf("\r\n", one.indexOf(StoreHeader.id));
  let written = 0;
  return (count) => {
    const all = Buffer.allocUnsafe(count * one.length);
    for (let at = 0; at < all.length; at += one.length) {
      one.write(String(written++).padStart(9, "0"), idEnd - 9, "latin1");
      all.set(one, at);
    }
    return all;
  };
}

/** The handshake of the NATS client protocol: INFO in plain text, then TLS, then CONNECT. */
async function login({ url, login }: Place): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const plain = dial(Number(port), hostname);
  const [first] = (await once(plain, "data")) as [Buffer];
  const { nonce } = JSON.parse(first.toString().replace(/^INFO /, "")) as { nonce: string };
  const ca = await readFile(login.caFile);
  const socket = secure({ socket: plain, ca, host: hostname });
  await once(socket, "secureConnect");
  const credentials = await readFile(join(login.folder, `${names.submitter}.creds`));
  const { jwt, sig } = credsAuthenticator(credentials)(nonce) as { jwt: string; sig: string };
  const who = { jwt, sig, verbose: false, pedantic: false, protocol: 1, headers: true };
  socket.write(`CONNECT ${JSON.stringify(who)}\r\nSUB ${inbox} 1\r\nPING\r\n`);
  const [said] = (await once(socket, "data")) as [Buffer];
  if (!said.includes("PONG")) throw new BenchError(`the server refused the login: ${said}`);
  return socket;
}
