import { inboxPrefix } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type {
  Denied,
  Inbound,
  Link,
  Listening,
  Mover,
  Outbound,
  Owed,
} from "../../../libs/nats/index.ts";
import { type Call, CallSignal, type Clock, Wheel } from "../../../libs/pipeline/index.ts";
import { type CallParts, call, ManualClock } from "../../../libs/testing/index.ts";
import { Inbox, Outgoing } from "../../../libs/transport/index.ts";

/** A message that went out, with its payload read. */
export interface Sent {
  readonly subject: string;
  readonly reply: string;
  readonly head: string;
  readonly payload: Uint8Array;
  /** The payload as text. */
  readonly text: string;
}

/** A link without a broker: keeps what was published, and hands over what a test says. */
export class FakeLink {
  isUp = true;
  /** Every publish throws this, once it is set. */
  failure: MeshError | undefined;
  /** What a flush waits for. */
  flushing: Promise<void> = Promise.resolve();
  flushes = 0;
  readonly sent: Sent[] = [];
  readonly #heard = new Set<{ subject: string; onMessage: (message: Inbound) => void }>();
  readonly #downs = new Set<() => void>();
  readonly #ups = new Set<() => void>();
  #mover: Mover | undefined;
  readonly #denials = new Set<(denied: Denied) => void>();

  /** As the library takes it. */
  get link(): Link {
    return this as unknown as Link;
  }

  publish(
    subject: string,
    given: Uint8Array | string,
    { reply = "", head = "" }: Outbound = {},
  ): void {
    if (!this.isUp) throw new MeshError(MeshCode.Unavailable, "the link is down");
    if (this.failure !== undefined) throw this.failure;
    const payload = Buffer.from(given);
    this.sent.push({ subject, reply, head, payload, text: payload.toString() });
  }

  subscribe(subject: string, onMessage: (message: Inbound) => void): Listening {
    const heard = { subject, onMessage };
    this.#heard.add(heard);
    return { stop: async () => void this.#heard.delete(heard) };
  }

  take(mover: Mover): void {
    this.#mover = mover;
    mover.prepare(this, 0);
    mover.moved();
  }

  /** Another connection follows; answers what the one before still owes. */
  move(number: number): Owed {
    this.#mover?.prepare(this, number);
    const owed = this.#mover?.moved();
    if (owed === undefined) throw new RangeError("nobody moves");
    return owed;
  }

  flush(): Promise<void> {
    this.flushes++;
    return this.flushing;
  }

  onDown(listener: () => void): () => void {
    this.#downs.add(listener);
    return () => this.#downs.delete(listener);
  }

  onUp(listener: () => void): () => void {
    this.#ups.add(listener);
    return () => this.#ups.delete(listener);
  }

  async close(): Promise<void> {
    this.isUp = false;
  }

  onDenied(listener: (denied: Denied) => void): () => void {
    this.#denials.add(listener);
    return () => this.#denials.delete(listener);
  }

  /** Subjects that are listened to now. */
  get subjects(): string[] {
    return Array.from(this.#heard, ({ subject }) => subject);
  }

  /** Listeners that nobody has taken away. */
  get listeners(): number {
    return this.#heard.size + this.#downs.size + this.#denials.size;
  }

  goDown(): void {
    this.isUp = false;
    for (const listener of this.#downs) listener();
  }

  deny(subject: string): void {
    const error = new MeshError(MeshCode.PermissionDenied, subject);
    for (const listener of this.#denials)
      listener({ operation: "publish", subject, line: undefined, error });
  }

  /** Hands a message to whoever hears its subject. */
  deliver(subject: string, payload: string | Uint8Array = "", head = "", reply = ""): void {
    const message = { subject, reply, head, payload: Buffer.from(payload) };
    for (const heard of [...this.#heard])
      if (fits(heard.subject, subject)) heard.onMessage(message);
  }
}

function fits(filter: string, subject: string): boolean {
  const tokens = subject.split(".");
  const wanted = filter.split(".");
  return (
    wanted.length === tokens.length &&
    wanted.every((token, at) => token === "*" || token === tokens[at])
  );
}

/** A header block of these lines. */
export function block(...lines: readonly string[]): string {
  return `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

/** The server's answer when nobody listens. */
export const nobodyThere = "NATS/1.0 503\r\n\r\n";

/** What the transport told of who is alive, in order. */
export type Told = readonly ["lost" | "suspected" | "heard", string];

/** The calling side of one connection on a fake link, with time moved by hand. */
export function calling() {
  const far = new FakeLink();
  const clock = new ManualClock(1_000);
  let skew = 0;
  const seen: Clock = {
    now: () => clock.now() + skew,
    schedule: (delayMs, run) => clock.schedule(delayMs, run),
  };
  const wheel = new Wheel(seen);
  const late: string[] = [];
  const told: Told[] = [];
  const inbox = new Inbox(far.link, "tester", "t1", () => late.push("late"));
  const tell = (what: Told[0]) => (_agent: string, instance: string) =>
    void told.push([what, instance]);
  const membership = { lost: tell("lost"), suspected: tell("suspected"), heard: tell("heard") };
  const outgoing = new Outgoing({
    ...{ link: far.link, inbox, name: "tester", clock: seen, wheel, membership },
  });
  const send = (parts: CallParts = {}) => begin(far, outgoing, seen, wheel, parts);
  const open = () => Array.from(inbox).length;
  /** Time passes while this process stands still; its timers run late. */
  const stall = (ms: number) => {
    skew += ms;
    clock.advance(15);
  };
  return { far, clock, wheel, late, told, inbox, outgoing, send, open, stall };
}

/** One call that has been sent, and how to answer it. */
function begin(far: FakeLink, outgoing: Outgoing, clock: Clock, wheel: Wheel, parts: CallParts) {
  const signal = new CallSignal(wheel);
  signal.expire(clock.now() + 30_000, 30_000, "far.work");
  const sending: Call = call({ signal, ...parts });
  const before = far.sent.length;
  const reply = outgoing.send(sending);
  reply.catch(() => undefined);
  const asked = far.sent[before];
  const subject = asked?.reply ?? "";
  return {
    call: sending,
    signal,
    reply,
    asked,
    subject,
    token: subject.slice(inboxPrefix("tester", "t1").length),
    answer: (payload: string | Uint8Array = "{}", head = "") => far.deliver(subject, payload, head),
  };
}

/** The target that a call for this very instance has. */
export function at(instance: string) {
  return { instance, route: `i-${instance}` };
}

/** Control messages that went out, as their payloads say. */
export function controls(far: FakeLink, kind: "cancel" | "credit" | "probe") {
  return far.sent
    .filter(({ subject }) => subject.startsWith("mesh.control."))
    .map(({ subject, reply, text }) => ({ subject, reply, body: JSON.parse(text)[kind] }))
    .filter(({ body }) => body !== undefined);
}

/** Answers the last probe as this instance, which holds these attempts. */
export function answerProbe(far: FakeLink, instance: unknown, held: readonly string[]): void {
  const last = controls(far, "probe").at(-1);
  far.deliver(last?.reply ?? "", JSON.stringify({ instance, held, load: 1 }));
}

/** How a promise stands, without waiting for it. */
export async function stateOf(promise: Promise<unknown>): Promise<"pending" | "done" | "failed"> {
  const settled = promise.then(
    () => "done" as const,
    () => "failed" as const,
  );
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([settled, Promise.resolve("pending" as const)]);
}
