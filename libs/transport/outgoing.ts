import { ContentType, callSubject, callSubjectTo } from "@myelin/subjects";
import { isMeshError, MeshCode, MeshError } from "../errors/index.ts";
import type { Denied, Link } from "../nats/index.ts";
import type { Call, Clock, LargePayloads, Membership, Reply, Wheel } from "../pipeline/index.ts";
import { formatTraceparent } from "../telemetry/index.ts";
import {
  type ForeignProof,
  json,
  payloadOf,
  type RequestHead,
  writeForeignHead,
  writeRequestHead,
} from "../wire/index.ts";
import { AnswerAttempt } from "./answer-attempt.ts";
import { type Attempt, attemptsOf, isAttempt } from "./attempt.ts";
import { ControlSender } from "./control-sender.ts";
import type { Inbox } from "./inbox.ts";
import { Prober } from "./prober.ts";
import { StreamAttempt, windowBytes } from "./stream-attempt.ts";

export interface OutgoingParts {
  readonly link: Link;
  readonly inbox: Inbox;
  readonly name: string;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly membership: Membership;
  /** Signs calls to other workspaces. Default: there are none. */
  readonly sign?: SignForeign;
  /** Keeps what is too large for a message. Default: nothing does. */
  readonly large?: LargePayloads | undefined;
}

/** One attempt at a call to another workspace, to be signed. */
export interface ForeignLetter {
  readonly call: Call;
  readonly token: string;
  readonly route: string;
  readonly payload: Uint8Array | string;
  /** How long it is waited for, in milliseconds. */
  readonly leftMs: number;
}

/** Throws `permission_denied` where there is nothing to sign with. */
export type SignForeign = (letter: ForeignLetter) => ForeignProof;

/** How one attempt crosses NATS: publish, wait under a token, and know when nothing will come. */
export class Outgoing {
  readonly #parts: OutgoingParts;
  readonly #control: ControlSender;
  readonly #prober: Prober;
  readonly #unhear: readonly (() => void)[];
  #stopped: MeshError | undefined;

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
    this.#control = new ControlSender(parts.link, parts.inbox, parts.name);
    this.#prober = new Prober({ ...parts, control: this.#control });
    this.#unhear = [
      parts.link.onDown(() => this.#lose()),
      parts.inbox.onLost((waiting) => fail(waiting.filter(isAttempt))),
      parts.link.onDenied((denied) => this.#deny(denied)),
    ];
  }

  /** The innermost Send: resolves with the answer, or with a stream at its first frame. */
  readonly send = (call: Call): Promise<Reply> => {
    const { operation, signal } = call;
    const { link, inbox, name } = this.#parts;
    if (signal.reason !== undefined) return Promise.reject(signal.reason);
    const attempt = this.#open(call);
    let payload: Uint8Array | string = "";
    try {
      if (this.#stopped !== undefined) throw this.#stopped;
      payload = payloadOf(operation.request, call.input);
      link.publish(subjectOf(call, name), payload, {
        reply: inbox.subject(attempt.token),
        head:
          operation.workspace === undefined
            ? writeRequestHead(this.#head(call))
            : this.#signed(call, attempt.token, payload),
      });
    } catch (error) {
      attempt.fail(MeshError.from(error));
      if (!this.#mayPark(call, error)) return attempt.reply;
      attempt.reply.catch(replaced);
      return this.#sendParked(call, payload);
    }
    this.#prober.watch();
    return attempt.reply;
  };

  #open(call: Call): Attempt {
    return call.operation.streams
      ? new StreamAttempt(call, this.#parts, this.#control)
      : new AnswerAttempt(call, this.#parts, this.#control);
  }

  /** A blob is read within its workspace only. */
  #mayPark({ operation }: Call, error: unknown): boolean {
    if (this.#parts.large === undefined || operation.workspace !== undefined) return false;
    return isMeshError(error, MeshCode.PayloadTooLarge);
  }

  /** The attempt begins when its payload is in the store: until then nobody could answer for it. */
  async #sendParked(call: Call, payload: Uint8Array | string): Promise<Reply> {
    const { operation, signal } = call;
    const { link, inbox, name, large } = this.#parts;
    const { contentType } = operation.request;
    const lifeMs = this.#leftMs(call);
    const parking = { reader: operation.agent, contentType, lifeMs, signal };
    const claim = (await large?.park(payload, parking)) ?? "";
    if (this.#stopped !== undefined) throw this.#stopped;
    signal.throwIfEnded();
    const attempt = this.#open(call);
    try {
      link.publish(subjectOf(call, name), claim, {
        reply: inbox.subject(attempt.token),
        head: writeRequestHead({ ...this.#head(call), contentType: ContentType.claim }),
      });
      this.#prober.watch();
    } catch (error) {
      attempt.fail(MeshError.from(error));
    }
    return attempt.reply;
  }

  /** Calls under way; a drain waits for them to end. */
  get inFlight(): number {
    return attemptsOf(this.#parts.inbox).length;
  }

  /** Ends whatever is sent from now on with the reason. */
  refuse(reason: MeshError): void {
    this.#stopped = reason;
  }

  /** Ends what is under way, and whatever is sent from now on, with the reason. */
  stop(reason: MeshError): void {
    this.refuse(reason);
    for (const unhear of this.#unhear) unhear();
    this.#prober.stop();
    for (const attempt of attemptsOf(this.#parts.inbox)) {
      this.#control.cancel(attempt);
      attempt.fail(reason);
    }
  }

  #signed(call: Call, token: string, payload: Uint8Array | string): string {
    const head = this.#head(call);
    const route = call.target?.route ?? "any";
    const proof = this.#parts.sign?.({ call, token, route, payload, leftMs: head.timeoutMs ?? 1 });
    if (proof !== undefined) return writeForeignHead(head, proof);
    throw new MeshError(
      MeshCode.PermissionDenied,
      `a call to ${call.operation.key} is signed, and nobody here signs`,
    );
  }

  #head(call: Call): RequestHead {
    const { operation, trace } = call;
    return {
      traceparent: trace === undefined ? undefined : formatTraceparent(trace),
      tracestate: trace?.state,
      timeoutMs: this.#leftMs(call),
      id: call.id,
      // A call straight from its caller has nothing to tell that the subject does not.
      path: call.path === this.#parts.name ? undefined : call.path,
      attempt: call.attempt,
      credit: operation.streams ? windowBytes : undefined,
      contentType: operation.request === json ? undefined : operation.request.contentType,
      onBehalf: call.onBehalf,
      conversation: call.conversation,
      replay: call.replay,
    };
  }

  #leftMs({ signal }: Call): number {
    const left = (signal.expiresAt ?? 0) - this.#parts.clock.now();
    return left > 1 ? Math.floor(left) : 1;
  }

  /** The server names no message, only its subject: whatever goes there is refused. True when a caller hears of it. */
  #deny({ operation, subject, error }: Denied): boolean {
    if (operation !== "publish") return false;
    const refused = attemptsOf(this.#parts.inbox).filter(
      ({ call }) => subjectOf(call, this.#parts.name) === subject,
    );
    for (const attempt of refused) attempt.fail(error);
    return refused.length > 0;
  }

  /** What went over a connection before this one is still answered there. */
  #lose(): void {
    const { inbox } = this.#parts;
    fail(attemptsOf(inbox).filter(({ token }) => !inbox.isFormer(token)));
  }
}

/** Another attempt has taken its place. */
function replaced(): void {}

function fail(lost: readonly Attempt[]): void {
  for (const attempt of lost) {
    attempt.fail(
      new MeshError(
        MeshCode.UnknownOutcome,
        `${attempt.what}: the connection to the broker was lost under way`,
      ),
    );
  }
}

function subjectOf({ operation, target }: Call, name: string): string {
  const { agent, skill, workspace } = operation;
  const route = target?.route ?? "any";
  if (workspace === undefined) return callSubject(agent, skill, route, name);
  return callSubjectTo(agent, skill, route, name);
}
