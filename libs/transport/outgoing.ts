import { callSubject } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Denied, Link } from "../nats/index.ts";
import type { Call, Clock, Membership, Reply, Wheel } from "../pipeline/index.ts";
import { formatTraceparent } from "../telemetry/index.ts";
import { json, payloadOf, writeRequestHead } from "../wire/index.ts";
import { AnswerAttempt } from "./answer-attempt.ts";
import { type Attempt, attemptsOf } from "./attempt.ts";
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
}

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
      parts.link.onDenied((denied) => this.#deny(denied)),
    ];
  }

  /** The innermost Send: resolves with the answer, or with a stream at its first frame. */
  readonly send = (call: Call): Promise<Reply> => {
    const { operation, signal } = call;
    const { link, inbox, name } = this.#parts;
    if (signal.reason !== undefined) return Promise.reject(signal.reason);
    const attempt: Attempt = operation.streams
      ? new StreamAttempt(call, this.#parts, this.#control)
      : new AnswerAttempt(call, this.#parts, this.#control);
    try {
      if (this.#stopped !== undefined) throw this.#stopped;
      const payload = payloadOf(operation.request, call.input);
      link.publish(subjectOf(call, name), payload, {
        reply: inbox.subject(attempt.token),
        head: this.#head(call),
      });
    } catch (error) {
      attempt.fail(MeshError.from(error));
      return attempt.reply;
    }
    this.#prober.watch();
    return attempt.reply;
  };

  /** Calls under way; a drain waits for them to end. */
  get inFlight(): number {
    return attemptsOf(this.#parts.inbox).length;
  }

  /** Ends what is under way, and whatever is sent from now on, with the reason. */
  stop(reason: MeshError): void {
    this.#stopped = reason;
    for (const unhear of this.#unhear) unhear();
    this.#prober.stop();
    for (const attempt of attemptsOf(this.#parts.inbox)) {
      this.#control.cancel(attempt);
      attempt.fail(reason);
    }
  }

  #head(call: Call): string {
    const { operation, trace, signal } = call;
    const left = (signal.expiresAt ?? 0) - this.#parts.clock.now();
    return writeRequestHead({
      traceparent: trace === undefined ? undefined : formatTraceparent(trace),
      tracestate: trace?.state,
      timeoutMs: left > 1 ? Math.floor(left) : 1,
      id: call.id,
      // A call straight from its caller has nothing to tell that the subject does not.
      path: call.path === this.#parts.name ? undefined : call.path,
      attempt: call.attempt,
      credit: operation.streams ? windowBytes : undefined,
      contentType: operation.request === json ? undefined : operation.request.contentType,
    });
  }

  /** The server names no message, only its subject: whatever goes there is refused. */
  #deny({ operation, subject, error }: Denied): void {
    if (operation !== "publish") return;
    for (const attempt of attemptsOf(this.#parts.inbox)) {
      if (subjectOf(attempt.call, this.#parts.name) === subject) attempt.fail(error);
    }
  }

  #lose(): void {
    for (const attempt of attemptsOf(this.#parts.inbox)) {
      attempt.fail(
        new MeshError(
          MeshCode.UnknownOutcome,
          `${attempt.what}: the connection to the broker was lost under way`,
        ),
      );
    }
  }
}

function subjectOf({ operation, target }: Call, name: string): string {
  return callSubject(operation.agent, operation.skill, target?.route ?? "any", name);
}
