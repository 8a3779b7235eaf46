import {
  ContentType,
  foreignInbox,
  foreignName,
  Header,
  parseForeignCall,
  routeToken,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Inbound } from "../nats/index.ts";
import { inTime, type Operation, type Request, RequestRecord } from "../pipeline/index.ts";
import {
  type ForeignProof,
  json,
  type RequestHead,
  readForeignProof,
  readRequestHead,
} from "../wire/index.ts";
import type { Address } from "./addresses.ts";
import type { Held } from "./held.ts";
import type { Incoming, IncomingParts } from "./incoming.ts";
import { recordedWay } from "./recorder.ts";
import { Replier } from "./replier.ts";

/** A call from another workspace, as it says of itself. */
export interface ForeignClaim extends ForeignProof {
  /** The caller's account, as the server wrote it, where it was the server. */
  readonly account: string;
  readonly caller: string;
  readonly agent: string;
  readonly skill: string;
  readonly route: string;
  readonly id: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Answers with the workspace that a call is from; throws `permission_denied` where that is not proved. */
export type VerifyForeign = (claim: ForeignClaim) => Promise<string>;

export interface ForeignIncomingParts
  extends Pick<
    IncomingParts,
    "link" | "agent" | "operations" | "heads" | "held" | "load" | "onRefused" | "clock" | "recorder"
  > {
  /** Takes what is proved. */
  readonly incoming: Pick<Incoming, "read" | "hold" | "run">;
  readonly verify: VerifyForeign;
}

/** Most calls that are being verified at once: each may wait for an account's JWT. */
const mostVerifying = 256;
const retryAfterMs = 100;
const longestReply = 256;

/**
 * From a message of another workspace to a request.
 *
 * Only a reply subject that the server has made is answered, and only what is signed is served: who speaks is not
 * known from the subject alone, as it is within a workspace.
 */
export class ForeignIncoming {
  readonly #parts: ForeignIncomingParts;
  readonly #verifying = new Set<Promise<void>>();

  constructor(parts: ForeignIncomingParts) {
    this.#parts = parts;
  }

  /** Resolves when nothing is being verified any more, or when that takes too long. */
  async settled(timeoutMs: number): Promise<void> {
    if (this.#verifying.size === 0 || timeoutMs <= 0) return;
    await inTime(this.#parts.clock, timeoutMs, Promise.all(this.#verifying));
  }

  readonly receive = (message: Inbound): void => {
    const { agent, onRefused } = this.#parts;
    const parsed = parseForeignCall(message.subject);
    if (!parsed.ok || parsed.value.agent !== agent) return onRefused("subject");
    if (!isForeignReply(message.reply)) return onRefused("reply_subject");
    const { account, skill, route, caller } = parsed.value;
    const address = this.#address(account, caller, skill);
    const isRecorded = this.#parts.recorder?.isOn === true;
    const way = isRecorded ? recordedWay(this.#parts, message, address) : this.#parts;
    const replier = new Replier(way, message.reply, address);
    try {
      const said = { account, caller, agent, skill, route: routeToken(route) };
      this.#begin(message, address, said, replier);
    } catch (error) {
      this.#refuse(error, replier);
    }
  };

  #begin(
    message: Inbound,
    address: Address,
    said: Pick<ForeignClaim, "account" | "caller" | "agent" | "skill" | "route">,
    replier: Replier,
  ): void {
    const head = readRequestHead(message.head, said.caller);
    const proof = readForeignProof(message.head);
    if (proof === undefined || head.id === undefined) throw unsigned(said.agent, said.skill);
    if (this.#verifying.size >= mostVerifying) throw crowded();
    checkForeign(head, address.operation);
    const request = this.#parts.incoming.read(message, address, head);
    // Before it is verified: a cancel may come while that takes its time.
    const held = this.#parts.incoming.hold(request, proof.token, head.credit);
    const path = head.path ?? said.caller;
    const contentType = head.contentType ?? json.contentType;
    const body = message.payload;
    const claim: ForeignClaim = { ...said, ...proof, id: head.id, contentType, body };
    const verifying: Promise<void> = this.#parts
      .verify(claim)
      .then((workspace) => this.#admit(named(request, claim, { workspace, path }), held, replier))
      .catch((error: unknown) => {
        this.#letGo(request, held);
        this.#refuse(error, replier);
      })
      .finally(() => this.#verifying.delete(verifying));
    this.#verifying.add(verifying);
  }

  #admit(request: Request, held: Held, replier: Replier): void {
    const { reason } = request.signal;
    if (reason === undefined) return this.#parts.incoming.run(request, held, replier);
    this.#letGo(request, held);
    replier.end(reason);
  }

  #letGo({ signal }: Request, held: Held): void {
    signal.settle();
    this.#parts.held.remove(held);
  }

  #refuse(error: unknown, replier: Replier): void {
    const refusal = MeshError.from(error);
    this.#parts.onRefused(refusal.code);
    replier.fail(refusal);
  }

  #address(account: string, caller: string, skill: string): Address {
    return {
      skill,
      operation: this.#parts.operations.get(skill),
      caller: heldName(account, caller),
      inbox: foreignInbox,
      direct: false,
      isForeign: true,
      toldLoad: -1,
    };
  }
}

/** Under which name attempts of another workspace's caller are held; no caller of ours can have it. */
export function heldName(account: string, caller: string): string {
  return foreignName({ workspace: account, agent: caller });
}

/** A reply subject that leads to another workspace: clients cannot give one, only the server makes them. */
export function isForeignReply(reply: string): boolean {
  if (!reply.startsWith(foreignInbox) || reply.length > longestReply) return false;
  return reply.length > foreignInbox.length && !reply.includes("*") && !reply.includes(">");
}

interface Origin {
  readonly workspace: string;
  /** As the caller wrote it. */
  readonly path: string;
}

/** The request, now that it is known who asks. */
function named(request: Request, { caller }: ForeignClaim, { workspace, path }: Origin): Request {
  const ofTheirs = (agent: string): string =>
    agent.includes("/") ? agent : foreignName({ workspace, agent });
  const copy = RequestRecord.from(request, ofTheirs(caller));
  copy.workspace = workspace;
  copy.path = path.split(",").map(ofTheirs).join(",");
  return copy;
}

/** What stays within a workspace. */
function checkForeign(
  { onBehalf, credit, contentType }: RequestHead,
  operation: Operation | undefined,
): void {
  if (contentType === ContentType.claim) {
    throw new MeshError(
      MeshCode.PayloadTooLarge,
      "a payload in the store of another workspace cannot be read here; send less, or a reference to it",
    );
  }
  if (onBehalf !== undefined) {
    throw new MeshError(
      MeshCode.PermissionDenied,
      "a call from another workspace takes no end user's token: who may speak for whom is each workspace's own to say",
    );
  }
  if (operation?.streams === true && credit === undefined) {
    throw new MeshError(
      MeshCode.MalformedHeader,
      `${Header.credit} must be there on a call to ${operation.key} from another workspace, since it streams; call it with the library`,
    );
  }
}

function unsigned(agent: string, skill: string): MeshError {
  const needed = [Header.id, Header.token, Header.envelope, Header.signer].join(", ");
  return new MeshError(
    MeshCode.PermissionDenied,
    `a call to ${agent}.${skill} from another workspace must be signed, with ${needed}; call it with the library`,
  );
}

function crowded(): MeshError {
  return new MeshError(
    MeshCode.Overloaded,
    `${mostVerifying} calls of other workspaces are being verified, which is the most at once`,
    { retryAfterMs },
  );
}
