import { type ControlAddress, callerInbox, parseControlSubject } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import { json } from "../wire/index.ts";
import type { HeldAttempts } from "./held.ts";

export interface ControlReceiverParts {
  readonly link: Link;
  readonly agent: string;
  readonly instance: string;
  readonly held: HeldAttempts;
  readonly load: () => number;
  /** Counts what was dropped, by reason. */
  readonly onRefused: (reason: string) => void;
}

/** Most tokens that one probe may name; a hostile one cannot make us work longer. */
const mostTokens = 1_024;

/** Hears cancel, credit and probes. Whatever cannot be read is counted and dropped. */
export class ControlReceiver {
  readonly #parts: ControlReceiverParts;

  constructor(parts: ControlReceiverParts) {
    this.#parts = parts;
  }

  readonly receive = (message: Inbound): void => {
    const parsed = parseControlSubject(message.subject);
    if (!parsed.ok || parsed.value.agent !== this.#parts.agent)
      return this.#parts.onRefused("control_subject");
    // Borrowed publications have no reply subject, or a foreign one (SECURITY).
    if (!message.reply.startsWith(callerInbox(parsed.value.caller))) {
      return this.#parts.onRefused("control_reply_subject");
    }
    const control = readControl(message);
    if (control === undefined) return this.#parts.onRefused("control_payload");
    this.#obey(control, parsed.value, message.reply);
  };

  #obey(control: Record<string, unknown>, address: ControlAddress, reply: string): void {
    const { caller } = address;
    if (isRecord(control["cancel"])) {
      this.#parts.held
        .find(control["cancel"]["token"], caller)
        ?.signal.end(new MeshError(MeshCode.Cancelled, `${caller} gave up`, { origin: "peer" }));
    } else if (isRecord(control["credit"])) {
      const { token, bytes } = control["credit"];
      this.#parts.held.find(token, caller)?.credit?.grant(bytes);
    } else if (isRecord(control["probe"])) {
      this.#answer(control["probe"]["tokens"], address, reply);
    } else this.#parts.onRefused("control_kind");
  }

  #answer(tokens: unknown, address: ControlAddress, reply: string): void {
    const asked: unknown[] = Array.isArray(tokens) ? tokens.slice(0, mostTokens) : [];
    const held = asked.filter(
      (token) => this.#parts.held.find(token, address.caller) !== undefined,
    );
    // Asked of everybody: whoever has none of them leaves the answer to who has.
    if (held.length === 0 && address.route.to === "any") return;
    const { instance, link } = this.#parts;
    if (link.isUp) link.publish(reply, json.encode({ instance, held, load: this.#parts.load() }));
  }
}

function readControl(message: Inbound): Record<string, unknown> | undefined {
  try {
    const body = json.decode(message.payload);
    return isRecord(body) ? body : undefined;
  } catch {
    // Counted by the caller as a payload that cannot be read.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
