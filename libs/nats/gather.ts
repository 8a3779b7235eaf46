import type { NatsConnection } from "@nats-io/transport-node";

/** What nats.js reads from. */
interface Transport {
  /** Whether nats.js has let go of it. */
  readonly isClosed: boolean;
  isEncrypted(): boolean;
  readonly socket: NodeJS.EventEmitter | undefined;
}

/**
 * Hands over what arrives over TLS in one turn of the event loop as one piece, as plain text comes by itself.
 *
 * The server makes a TLS record of every 512 bytes and Node tells each by itself, with microtasks between: nearly
 * every message is then in pieces, which nats.js joins byte by byte, and every answer is a write of its own. That
 * doubles what a call costs at the agent. Where nats.js is not as known inside, all stays as it is.
 */
export function gather(nc: NatsConnection): void {
  const transport = transportOf(nc);
  if (transport?.isEncrypted() !== true) return;
  const { socket } = transport;
  const [take, ...others] = socket?.listeners("data") ?? [];
  if (socket === undefined || take === undefined || others.length > 0) return;
  // nats.js can say twice that it has connected.
  if (gathers in take) return;
  let records: Uint8Array[] = [];
  const handOver = (): void => {
    const [first, ...more] = records;
    records = [];
    // Its parser works for the next connection already.
    if (first === undefined || transport.isClosed) return;
    take(more.length === 0 ? first : Buffer.concat([first, ...more]));
  };
  socket.removeListener("data", take as () => void);
  const collect = (record: Uint8Array): void => {
    if (records.push(record) === 1) setImmediate(handOver);
  };
  socket.on("data", Object.assign(collect, { [gathers]: true }));
  // The last words of a server say why it closes.
  socket.prependListener("end", handOver);
  socket.prependListener("close", handOver);
}

const gathers = Symbol("gathers");

function transportOf(nc: NatsConnection): Transport | undefined {
  const { protocol } = nc as unknown as { readonly protocol?: { transport?: Partial<Transport> } };
  const transport = protocol?.transport;
  const isKnown =
    typeof transport?.isClosed === "boolean" &&
    typeof transport.isEncrypted === "function" &&
    typeof transport.socket?.prependListener === "function";
  return isKnown ? (transport as Transport) : undefined;
}
