import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import { gaveUp, hexId, onAbort, systemClock } from "../pipeline/index.ts";
import { Inbox } from "../transport/index.ts";
import { statusOf } from "../wire/index.ts";

/** A question to which one or more answers come. */
export interface Question {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly head?: string;
  /** Longest silence before an answer, in milliseconds. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes an answer; true when it is the last. */
  readonly take: (message: Inbound) => boolean;
}

const nobodyListens = 503;

/** Asks, and takes answers of any number in an inbox of its own. */
export class AnswerBox {
  readonly inbox: Inbox;
  readonly #link: Link;
  readonly #asking = new Set<(error: MeshError) => void>();

  constructor(link: Link, name: string) {
    this.#link = link;
    this.inbox = new Inbox(link, name, hexId(8), late);
  }

  /** Resolves when the server lets it listen. */
  async start(): Promise<void> {
    await this.#link.flush();
    if (this.inbox.refused !== undefined) throw this.inbox.refused;
  }

  /** Resolves with the last answer; throws `unavailable` when nobody listens, `deadline_exceeded` after a silence. */
  ask(question: Question): Promise<void> {
    const { subject, silenceMs, signal, take } = question;
    return new Promise((resolve, reject) => {
      const end = (error?: unknown): void => {
        cancel();
        undeny();
        this.#asking.delete(end);
        unhear?.();
        this.inbox.close(token);
        if (error === undefined) resolve();
        else reject(error);
      };
      const silent = (): void => end(silence(subject, silenceMs));
      const undeny = this.#link.onDenied((denied) => {
        if (denied.operation !== "publish" || denied.subject !== subject) return false;
        end(denied.error);
        return true;
      });
      let cancel = systemClock.schedule(silenceMs, silent);
      const receive = (message: Inbound): void => {
        cancel();
        if (statusOf(message.head) === nobodyListens) return end(nobody(subject));
        try {
          if (take(message)) return end();
        } catch (error) {
          return end(error);
        }
        cancel = systemClock.schedule(silenceMs, silent);
      };
      const token = this.inbox.open({ receive });
      this.#asking.add(end);
      const unhear = signal && onAbort(signal, () => end(gaveUp(subject, signal)));
      try {
        this.#send(question, token);
      } catch (error) {
        end(error);
      }
    });
  }

  #send({ subject, payload, head, signal }: Question, token: string): void {
    if (signal?.aborted === true) throw gaveUp(subject, signal);
    const reply = this.inbox.subject(token);
    this.#link.publish(subject, payload, head === undefined ? { reply } : { reply, head });
  }

  /** Ends what is asked with `closed`. */
  async stop(): Promise<void> {
    const closed = new MeshError(MeshCode.Closed, "the connection was closed");
    for (const end of this.#asking) end(closed);
    await this.inbox.stop();
  }
}

/** Nobody waits for it any more. */
function late(): void {}

function nobody(subject: string): MeshError {
  return new MeshError(MeshCode.Unavailable, `${subject}: nobody listens there`);
}

function silence(subject: string, ms: number): MeshError {
  return new MeshError(MeshCode.DeadlineExceeded, `${subject}: nothing came for ${ms} ms`);
}
