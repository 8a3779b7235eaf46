import { ContentType } from "@myelin/subjects";
import { MeshCode, MeshError, unknownSkill } from "../errors/index.ts";
import type { Inbound, Link } from "../nats/index.ts";
import {
  CallSignal,
  type Claim,
  type Clock,
  type Codec,
  type LargePayloads,
  type Operation,
  type Request,
  RequestRecord,
  type Serve,
  type Wheel,
} from "../pipeline/index.ts";
import { parseTraceparent } from "../telemetry/index.ts";
import {
  json,
  type ReplyHeads,
  type RequestHead,
  readClaim,
  readRequestHead,
} from "../wire/index.ts";
import { type Address, Addresses, isOwnInbox } from "./addresses.ts";
import { CreditGate } from "./credit-gate.ts";
import { writeFrames } from "./frame-writer.ts";
import type { Held, HeldAttempts } from "./held.ts";
import type { Inbox } from "./inbox.ts";
import { isTooLarge, Parked, parkingFor } from "./parking.ts";
import { PlainReader } from "./plain-reader.ts";
import { type Recorder, recordedWay } from "./recorder.ts";
import { Replier } from "./replier.ts";
import { plainCodec, requestCodec, type Unseal } from "./request-codec.ts";
import { isUnsendable, toldInstead } from "./unsendable.ts";

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
  readonly unseal?: Unseal | undefined;
  /** Copies calls. Default: none are copied. */
  readonly recorder?: Recorder | undefined;
  /** Keeps what is too large for a message. Default: nothing does. */
  readonly large?: LargePayloads | undefined;
  /** Serves a request whose payload lies in the store. Default: nobody does. */
  readonly serveClaimed?: Serve | undefined;
  /** Counts what was refused before it became a request, by reason. */
  readonly onRefused: (reason: string) => void;
  /** Hears of an answer that could not be sent as it is: its handler is done, so nobody else would notice. */
  readonly onUnsent?: (error: MeshError, request: Request) => void;
}

/** From a message on a call subject to a request, through the serving stack, to its reply. */
export class Incoming {
  readonly #parts: IncomingParts;
  readonly #addresses: Addresses;
  readonly #parked: Parked;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
    this.#addresses = new Addresses(parts.agent, parts.operations);
    this.#parked = new Parked(parts.clock);
  }

  readonly receive = (message: Inbound): void => {
    const address = this.#addresses.read(message.subject);
    if (address === undefined) return this.#parts.onRefused("subject");
    // Who answers publishes there: a reply subject outside the caller's own inbox would lend it our rights (SECURITY).
    if (!isOwnInbox(message.reply, address.inbox)) return this.#parts.onRefused("reply_subject");
    const isRecorded = this.#parts.recorder?.isOn === true;
    const way = isRecorded ? recordedWay(this.#parts, message, address) : this.#parts;
    const replier = new Replier(way, message.reply, address);
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

  /** Resolves when no answer is on its way to the store any more, or when that takes too long. */
  settled(timeoutMs: number): Promise<void> {
    return this.#parked.settled(timeoutMs);
  }

  /** The request that a message is; throws why it is none. */
  read(message: Inbound, address: Address, head: RequestHead): Request {
    const { operation, caller } = address;
    if (operation === undefined)
      throw unknownSkill(this.#parts.agent, address.skill, this.#parts.operations.keys());
    const id = head.id ?? this.#parts.newId();
    const claim = head.contentType === ContentType.claim ? this.#claim(message) : undefined;
    const contentType = claim === undefined ? head.contentType : claim.contentType.toLowerCase();
    const codec = operation.sealed
      ? requestCodec(operation, contentType, { caller, id, unseal: this.#parts.unseal })
      : plainCodec(operation, contentType);
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
    request.claim = claim;
    request.conversation = head.conversation;
    request.replay = head.replay;
    return request;
  }

  #claim({ payload }: Inbound): Claim {
    if (this.#parts.serveClaimed !== undefined) return readClaim(payload);
    const detail = `${this.#parts.agent} reads no payloads from the store`;
    throw new MeshError(MeshCode.UnsupportedContentType, detail);
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
    const done = (error?: MeshError): void => {
      if (error !== undefined) replier.fail(error, request.codec.failure);
      signal.settle();
      signal.offEnd(onEnd);
      this.#parts.held.remove(held);
    };
    const codec =
      request.codec.answer ?? (request.codec === operation.request ? operation.response : json);
    const refused = (error: unknown): void => done(MeshError.from(error));
    const failed = (error: unknown): void => done(this.#unsent(MeshError.from(error), request));
    const { serve, serveClaimed = serve } = this.#parts;
    const served = request.claim === undefined ? serve(request) : serveClaimed(request);
    if (operation.streams) {
      const onFrames = (answer: unknown): Promise<void> =>
        this.#stream(answer as AsyncIterable<unknown>, request, held, replier, codec)
          .then((frames) => replier.finish(frames))
          .then(() => done(), failed);
      served.then(onFrames, refused);
      return;
    }
    served.then((answer) => {
      try {
        replier.answer(answer, codec);
      } catch (error) {
        const park = isTooLarge(error) ? parkingFor(request, this.#parts.large) : undefined;
        if (park === undefined) return failed(error);
        return this.#parked.add(replier.answerBy(park, codec).then(() => done(), failed));
      }
      done();
    }, refused);
  }

  /** Encoding and sending lie outside the layers, which have counted the answer as good. */
  #unsent(error: MeshError, request: Request): MeshError {
    if (!isUnsendable(error)) return error;
    this.#parts.onUnsent?.(error, request);
    return toldInstead(error, request);
  }

  #stream(
    frames: AsyncIterable<unknown>,
    request: Request,
    held: Held,
    replier: Replier,
    codec: Codec,
  ): Promise<number> {
    const { wheel, clock } = this.#parts;
    const { link } = replier;
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
      park: parkingFor(request, this.#parts.large),
      claimHead: () => replier.claimHead,
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
}

function linkLost({ operation }: Request): MeshError {
  return new MeshError(
    MeshCode.BrokenStream,
    `${operation.key}: its instance lost the connection to the broker under way`,
  );
}
