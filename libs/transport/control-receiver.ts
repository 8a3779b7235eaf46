import {
  type ControlAddress,
  callerInbox,
  parseControlSubject,
  parseForeignControl,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import { json } from "../wire/index.ts";
import { heldName, isForeignReply } from "./foreign-incoming.ts";
import type { HeldAttempts } from "./held.ts";
import { closeWayBack } from "./way-back.ts";

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

  /** The same from another workspace. It is not signed: who knows a token of 96 random bits has sent the call. */
  readonly receiveForeign = (message: Inbound): void => {
    const { agent, link, onRefused } = this.#parts;
    const { reply } = message;
    const parsed = parseForeignControl(message.subject);
    if (!parsed.ok || parsed.value.agent !== agent) return onRefused("control_subject");
    if (!isForeignReply(reply)) return onRefused("control_reply_subject");
    const control = readControl(message);
    if (control === undefined) return onRefused("control_payload");
    const { account, caller, route } = parsed.value;
    const isOurs = this.#obey(control, { agent, route, caller: heldName(account, caller) }, reply);
    // A probe that all instances hear is answered by the one that it concerns; nothing else is answered.
    if (isOurs || route.to === "instance" || !isRecord(control["probe"])) closeWayBack(link, reply);
  };

  /** True for a probe that was answered. */
  #obey(control: Record<string, unknown>, address: ControlAddress, reply: string): boolean {
    const { caller } = address;
    const { held, onRefused } = this.#parts;
    if (isRecord(control["cancel"])) {
      held.find(control["cancel"]["token"], caller)?.signal.end(gaveUp(caller));
    } else if (isRecord(control["credit"])) {
      const { token, bytes } = control["credit"];
      held.find(token, caller)?.credit?.grant(bytes);
    } else if (isRecord(control["probe"])) {
      return this.#answer(control["probe"]["tokens"], address, reply);
    } else onRefused("control_kind");
    return false;
  }

  #answer(tokens: unknown, address: ControlAddress, reply: string): boolean {
    const asked: unknown[] = Array.isArray(tokens) ? tokens.slice(0, mostTokens) : [];
    const held = asked.filter(
      (token) => this.#parts.held.find(token, address.caller) !== undefined,
    );
    // Asked of everybody: whoever has none of them leaves the answer to who has.
    if (held.length === 0 && address.route.to === "any") return false;
    const { instance, link } = this.#parts;
    // While two connections are read, the attempt may wait on the other one.
    if (link.isMoving) return false;
    if (link.isUp) link.publish(reply, json.encode({ instance, held, load: this.#parts.load() }));
    return true;
  }
}

/** An attempt of another workspace is held under the account's key as well, which tells nobody anything. */
function gaveUp(caller: string): MeshError {
  const name = caller.slice(caller.indexOf("/") + 1);
  return new MeshError(MeshCode.Cancelled, `${name} gave up`, { origin: "peer" });
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
