import type { NatsConnection } from "@nats-io/transport-node";

/** Publishes with a header block as given, well-formed or not. */
export function publishRaw(
  nc: NatsConnection,
  subject: string,
  body: Uint8Array | string,
  reply: string,
  block?: string,
): void {
  const headers = block === undefined ? undefined : { encode: () => Buffer.from(block, "latin1") };
  nc.publish(subject, body, {
    reply,
    ...(headers === undefined ? {} : { headers: headers as never }),
  });
}

/** A header block of these lines. */
export const head = (...lines: string[]) =>
  `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
