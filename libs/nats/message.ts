import type { Msg } from "@nats-io/transport-node";

/** A message as it came, with its header block unread: most headers are never looked at. */
export interface Inbound {
  readonly subject: string;
  /** Empty when there is none. */
  readonly reply: string;
  /** The raw header block, without decoding; empty when there is none. */
  readonly head: string;
  readonly payload: Uint8Array;
}

/** What nats.js keeps of a message behind its getters. Reading it raw saves 1.5 µs per message (PERF-FACTS). */
interface RawParts {
  readonly _msg?: { readonly hdr?: number };
  readonly _rdata?: Uint8Array;
}

const nothing = new Uint8Array(0);

/** Reads a message of nats.js, from its raw parts where they are as known, else by its public getters. */
export function inbound(msg: Msg): Inbound {
  const raw = msg as unknown as RawParts;
  const headLength = raw._msg?.hdr;
  const bytes = raw._rdata;
  if (headLength === undefined || (bytes === undefined && headLength > 0)) return publicly(msg);
  const all = bytes ?? nothing;
  const reply = msg.reply ?? "";
  if (headLength <= 0) return { subject: msg.subject, reply, head: "", payload: all };
  return {
    subject: msg.subject,
    reply,
    // Header names and our values are ASCII; UTF-8 in others' values is only passed through.
    head: Buffer.from(all.buffer, all.byteOffset, headLength).toString("latin1"),
    payload: all.subarray(headLength),
  };
}

function publicly(msg: Msg): Inbound {
  const { headers } = msg;
  const lines = ["NATS/1.0"];
  if (headers !== undefined && headers.code > 0)
    lines[0] = `NATS/1.0 ${headers.code} ${headers.description}`.trim();
  for (const [name, values] of headers ?? []) {
    for (const value of values) lines.push(`${name}: ${value}`);
  }
  // As the raw block reads: its bytes, one character each.
  const block = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "utf8").toString("latin1");
  const head = headers === undefined ? "" : block;
  return { subject: msg.subject, reply: msg.reply ?? "", head, payload: msg.data };
}
