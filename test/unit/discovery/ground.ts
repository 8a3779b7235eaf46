import { filters, inboxPrefix, Metadata, presenceSubject, serviceTypes } from "@myelin/subjects";
import { Discovery, type DiscoveryOptions } from "../../../libs/discovery/index.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { Inbound, Listening, Outbound } from "../../../libs/nats/index.ts";
import { call, ManualClock } from "../../../libs/testing/index.ts";

/** A link without a broker: keeps what was published, and hands over what a test says. */
export class FakeLink {
  isUp = true;
  readonly published: { subject: string; body: Record<string, unknown>; reply: string }[] = [];
  readonly #heard = new Map<string, Set<(message: Inbound) => void>>();
  readonly #ups = new Set<() => void>();
  readonly #downs = new Set<() => void>();

  publish(subject: string, payload: Uint8Array, out: Outbound = {}): void {
    if (!this.isUp) throw new MeshError(MeshCode.Unavailable, "down");
    const body = JSON.parse(Buffer.from(payload).toString());
    this.published.push({ subject, body, reply: out.reply ?? "" });
    this.deliver({ subject, payload, reply: out.reply ?? "", head: "" });
  }

  subscribe(subject: string, onMessage: (message: Inbound) => void): Listening {
    const listeners = this.#heard.get(subject) ?? new Set();
    this.#heard.set(subject, listeners.add(onMessage));
    return {
      stop: async () => {
        listeners.delete(onMessage);
      },
    };
  }

  onUp(listener: () => void): () => void {
    this.#ups.add(listener);
    return () => this.#ups.delete(listener);
  }

  onDenied(): () => void {
    return () => {};
  }

  onDown(listener: () => void): () => void {
    this.#downs.add(listener);
    return () => this.#downs.delete(listener);
  }

  turn(up: boolean): void {
    this.isUp = up;
    for (const listener of up ? this.#ups : this.#downs) listener();
  }

  listeners(subject: string): number {
    return this.#heard.get(subject)?.size ?? 0;
  }

  deliver(message: Inbound): void {
    const filter = filters.presence(message.subject.split(".")[2] ?? "");
    for (const listener of [...(this.#heard.get(filter) ?? [])]) listener(message);
  }
}

/** A message that says something of an instance; every field can be bent. */
export function beat(instance: string, fields: Record<string, unknown> = {}): Inbound {
  return {
    subject: presenceSubject("far", instance),
    reply: `${inboxPrefix("far", instance)}presence`,
    head: "",
    payload: bytes({
      state: "READY",
      version: "1.0.0",
      load: 0,
      room: 8,
      beatMs: 1_000,
      ...fields,
    }),
  };
}

/** An answer to `$SRV.INFO.far`. */
export function card(instance: string, fields: Record<string, unknown> = {}): Inbound {
  const metadata = { [Metadata.wire]: "1" };
  const body = { type: serviceTypes.INFO, name: "far", id: instance, version: "1.0.0", metadata };
  return {
    subject: "_INBOX.tester.t1.x",
    reply: "",
    head: "",
    payload: bytes({ ...body, ...fields }),
  };
}

export function bytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

/** A discovery on a fake link, with what it asked for and refused. */
export function ground(options: Partial<DiscoveryOptions> = {}) {
  const link = new FakeLink();
  const clock = new ManualClock(1_000);
  const refused: string[] = [];
  const asked: { subject: string; answer: (message: Inbound) => void; ended: boolean }[] = [];
  const discovery = new Discovery({
    link,
    clock,
    random: Math.random,
    ask: (subject, answer) => {
      const question = { subject, answer, ended: false };
      asked.push(question);
      return () => {
        question.ended = true;
      };
    },
    refused: (reason) => refused.push(reason),
    ...options,
  });
  return { link, clock, refused, asked, discovery, ...picking(discovery) };
}

/** A ground that knows these instances, and has for long. */
export function known(instances: readonly string[], options: Partial<DiscoveryOptions> = {}) {
  const on = ground(options);
  on.discovery.pick(call());
  for (const instance of instances) on.link.deliver(beat(instance));
  return on;
}

function picking(discovery: Discovery) {
  const picked = (tried: string[] = []) => discovery.pick(call({ tried }))?.instance;
  /** Who is picked how often; nothing stays outstanding. */
  const spread = (times = 400) => {
    const counts: Record<string, number> = {};
    for (let n = 0; n < times; n++) {
      const instance = picked() ?? "any";
      counts[instance] = (counts[instance] ?? 0) + 1;
    }
    return counts;
  };
  /** A call to this instance that has been sent. */
  const sent = (instance: string) => {
    const others = discovery.instances("far").map((other) => other.instance);
    const tried = others.filter((other) => other !== instance);
    const target = discovery.pick(call({ tried }));
    const attempt = call({ target });
    discovery.sent(attempt);
    return attempt;
  };
  const answer = (instance: string, tookMs: number, load = 1) =>
    discovery.answered(sent(instance), tookMs, instance, load);
  const fail = (instance: string, error: MeshError, tookMs = 1) =>
    discovery.failed(sent(instance), tookMs, error);
  /** Who takes how many of so many calls that are out together; each is answered after so long. */
  const burst = (times: number, tookMs: number) => {
    const counts: Record<string, number> = {};
    const out = Array.from({ length: times }, () => {
      const target = discovery.pick(call());
      const attempt = call({ target });
      discovery.sent(attempt);
      const instance = target?.instance ?? "any";
      counts[instance] = (counts[instance] ?? 0) + 1;
      return { attempt, instance };
    });
    for (const { attempt, instance } of out)
      discovery.answered(attempt, tookMs, instance, counts[instance]);
    return counts;
  };
  return { picked, spread, sent, answer, fail, burst };
}
