import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import {
  CallSignal,
  type Clock,
  type Codec,
  type Operation,
  type Request,
  RequestRecord,
  type Serve,
  type Wheel,
} from "../pipeline/index.ts";
import { parseTraceparent } from "../telemetry/index.ts";
import { json, type ReplyHeads, type RequestHead, readRequestHead } from "../wire/index.ts";
import { type Address, Addresses } from "./addresses.ts";
import { CreditGate } from "./credit-gate.ts";
import { writeFrames } from "./frame-writer.ts";
import type { Held, HeldAttempts } from "./held.ts";
import type { Inbox } from "./inbox.ts";
import { PlainReader } from "./plain-reader.ts";
import { Replier } from "./replier.ts";

export interface IncomingParts {
  readonly link: Link;
  readonly agent: string;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly serve: Serve;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly heads: ReplyHeads;
  readonly held: HeldAttempts;
  readonly load: () => number;
  /** Where the server tells that a plain reader has gone. Without, it is not noticed. */
  readonly inbox?: Inbox | undefined;
  readonly newId: () => string;
  /** Opens what is sealed for this instance, by the content type that names who sealed it. */
  readonly unseal?: (contentType: string, about: SealedRequest) => Codec | undefined;
  /** Counts what was refused before it became a request, by reason. */
  readonly onRefused: (reason: string) => void;
}

/** A request to a skill whose payloads are sealed, before it is opened. */
export interface SealedRequest {
  readonly operation: Operation;
  readonly caller: string;
  readonly id: string;
}

/** From a message on a call subject to a request, through the serving stack, to its reply. */
export class Incoming {
  readonly #parts: IncomingParts;
  readonly #addresses: Addresses;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
    this.#addresses = new Addresses(parts.agent, parts.operations);
  }

  readonly receive = (message: Inbound): void => {
    const address = this.#addresses.read(message.subject);
    if (address === undefined) return this.#parts.onRefused("subject");
    // Who answers publishes there: a reply subject outside the caller's own inbox would lend it our rights (SECURITY).
    if (!isOwnInbox(message.reply, address.inbox)) return this.#parts.onRefused("reply_subject");
    const replier = new Replier(this.#parts, message.reply, address);
    let request: Request;
    let head: RequestHead;
    try {
      head = readRequestHead(message.head, address.caller);
      request = this.read(message, address, head);
    } catch (error) {
      const refusal = MeshError.from(error);
      this.#parts.onRefused(refusal.code);
      return replier.fail(refusal);
    }
    const token = message.reply.slice(message.reply.lastIndexOf(".") + 1);
    this.run(request, this.hold(request, token, head.credit), replier);
  };

  /** The request that a message is; throws why it is none. */
  read(message: Inbound, address: Address, head: RequestHead): Request {
    const { operation, caller } = address;
    if (operation === undefined) throw this.#unknownSkill(address.skill);
    const id = head.id ?? this.#parts.newId();
    const codec = operation.sealed
      ? this.#unseal({ operation, caller, id }, head.contentType)
      : requestCodec(operation, head.contentType);
    const signal = new CallSignal(this.#parts.wheel);
    const timeoutMs = head.timeoutMs ?? operation.deadlineMs;
    signal.expire(this.#parts.clock.now() + timeoutMs, timeoutMs, operation.key);
    const request = new RequestRecord(operation, caller, signal);
    request.direct = address.direct;
    request.id = id;
    request.path = head.path ?? caller;
    request.attempt = head.attempt;
    request.timeoutMs = head.timeoutMs;
    request.trace = parseTraceparent(head.traceparent, head.tracestate);
    request.payload = message.payload;
    request.codec = codec;
    request.behalfToken = head.onBehalf;
    return request;
  }

  #unseal(about: SealedRequest, contentType: string = json.contentType): Codec {
    const codec = this.#parts.unseal?.(contentType, about);
    if (codec !== undefined) return codec;
    throw new MeshError(
      MeshCode.UnsupportedContentType,
      `${about.operation.key} takes sealed payloads only, ${ContentType.sealed}; key=X…, got ${contentType.slice(0, 80)}: call it with the library`,
    );
  }

  /** Keeps an attempt in mind, so that its caller can cancel it and ask after it. */
  hold(request: Request, token: string, credit: number | undefined): Held {
    const { clock, wheel, held } = this.#parts;
    const { caller, operation, signal } = request;
    const flows = operation.streams && credit !== undefined;
    const gate = flows ? new CreditGate(credit, signal, wheel, clock) : undefined;
    const attempt: Held = { token, caller, signal, credit: gate };
    held.add(attempt);
    return attempt;
  }

  /** Serves a request and answers it. */
  run(request: Request, held: Held, replier: Replier): void {
    const { signal, operation } = request;
    // Whoever waits hears of the deadline when it passes, also when the handler does not heed its signal.
    const onEnd = (reason: MeshError): void => {
      replier.end(reason, request.codec.failure);
      // A handler that does not heed its signal may never come back.
      this.#parts.held.remove(held);
    };
    signal.onEnd(onEnd);
    const done = (error: unknown): void => {
      if (error !== undefined) replier.fail(MeshError.from(error), request.codec.failure);
      signal.settle();
      signal.offEnd(onEnd);
      this.#parts.held.remove(held);
    };
    const codec =
      request.codec.answer ?? (request.codec === operation.request ? operation.response : json);
    const served = this.#parts.serve(request);
    if (operation.streams) {
      served
        .then((answer) =>
          this.#stream(answer as AsyncIterable<unknown>, request, held, replier, codec),
        )
        .then((frames) => replier.finish(frames))
        .then(done, done);
      return;
    }
    served.then((answer) => {
      let failure: unknown;
      try {
        replier.answer(answer, codec);
      } catch (error) {
        failure = error;
      }
      done(failure);
    }, done);
  }

  #stream(
    frames: AsyncIterable<unknown>,
    request: Request,
    held: Held,
    replier: Replier,
    codec: Codec,
  ): Promise<number> {
    const { link, wheel, clock } = this.#parts;
    const { signal } = request;
    // Frames and credit may have been lost with the link: its reader shall hear of the gap now, not at the end.
    const unhear = link.onDown(() => signal.end(linkLost(request)));
    const reader = held.credit === undefined ? this.#lookAfter(request) : undefined;
    return writeFrames(frames, {
      link,
      wheel,
      clock,
      codec,
      signal,
      idleMs: request.operation.idleMs,
      reply: replier.subject,
      firstHead: () => replier.head(codec),
      credit: held.credit,
      reader,
    }).finally(() => {
      unhear();
      reader?.close();
    });
  }

  #lookAfter({ signal, caller }: Request): PlainReader | undefined {
    const { inbox, clock } = this.#parts;
    if (inbox === undefined) return undefined;
    const gone = new MeshError(MeshCode.Cancelled, `nobody of ${caller} reads it any more`);
    return new PlainReader(inbox, clock, () => signal.end(gone));
  }

  #unknownSkill(skill: string): MeshError {
    const known = [...this.#parts.operations.keys()].join(", ");
    return new MeshError(
      MeshCode.UnknownSkill,
      `${this.#parts.agent} has no skill ${skill}; it has: ${known}`,
    );
  }
}

function linkLost({ operation }: Request): MeshError {
  return new MeshError(
    MeshCode.BrokenStream,
    `${operation.key}: its instance lost the connection to the broker under way`,
  );
}

function requestCodec(operation: Operation, contentType: string | undefined): Codec {
  if (contentType === undefined || contentType === json.contentType) return json;
  if (contentType === operation.request.contentType) return operation.request;
  throw new MeshError(
    MeshCode.UnsupportedContentType,
    `${operation.key} takes ${[...new Set([json.contentType, operation.request.contentType])].join(" or ")}, got ${contentType.slice(0, 80)}`,
  );
}

const longestReply = 256;

/** A literal subject, without wildcards, in the caller's own inbox. */
function isOwnInbox(reply: string, inbox: string): boolean {
  const { length } = reply;
  if (!reply.startsWith(inbox) || length === inbox.length || length > longestReply) return false;
  return !reply.includes("*") && !reply.includes(">");
}
