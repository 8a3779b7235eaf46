import { z } from "zod";
import type { Inbound } from "../nats/index.ts";
import { readJson } from "./json.ts";

/** What a server says of itself and how far away it is. */
export interface ServerFacts {
  readonly version: string;
  readonly name: string;
  readonly jetstream: boolean;
  /** Most bytes of headers and payload together in one message. */
  readonly maxPayload: number;
  /** To the server and back, in milliseconds: the best of some. */
  readonly roundTripMs: number;
  /** The server's clock minus ours, in milliseconds, give or take half the round trip. */
  readonly clockAheadMs: number;
}

/** Headers with which a server (2.11 and newer) tells where a message goes, and does not deliver it. */
export function traceHead(subject: string): string {
  return `NATS/1.0\r\nNats-Trace-Dest: ${subject}\r\nNats-Trace-Only: true\r\n\r\n`;
}

const trace = z.object({
  server: z.object({
    name: z.string(),
    ver: z.string(),
    jetstream: z.boolean().default(false),
    time: z.coerce.date(),
  }),
});

/** What a trace event says of the server that took the message; undefined when it is none. */
export function readTrace(message: Inbound): z.output<typeof trace>["server"] | undefined {
  // Whatever else arrives on this inbox leaves the question open until its time is up.
  return readJson(message.payload, trace)?.server;
}
