import {
  ArtifactStore,
  type Artifacts,
  type Conversation,
  type ConversationOptions,
  conversationName,
  conversationWith,
  type Maker,
  resolveConversation,
  StoredConversation,
} from "../durable/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import type { Link } from "../nats/index.ts";
import { type Request, staysInside } from "../pipeline/index.ts";
import type { Caller } from "./caller.ts";
import type { ConnectConfig } from "./options.ts";

export interface KeptParts {
  readonly config: ConnectConfig;
  readonly link: Link;
  readonly caller: Pick<Caller, "store">;
}

/** What a handler keeps within the request that it serves. */
export type KeptWithin = Pick<Kept, "conversationIn" | "artifactsIn">;

/** Where there is no mesh to keep anything in, as in a rehearsal. */
export const keepsNothing: KeptWithin = Object.freeze({
  conversationIn: () => keptNowhere("a conversation"),
  artifactsIn: () => keptNowhere("an artifact"),
});

function keptNowhere(what: string): never {
  throw new MeshError(MeshCode.Unavailable, `${what} is kept by a mesh, and there is none here`);
}

/** What one connection keeps: its agent's conversations and artifacts. */
export class Kept {
  /** Of nobody's call or task. */
  readonly artifacts: Artifacts;
  readonly #parts: KeptParts;
  readonly #artifacts: ArtifactStore;

  constructor(parts: KeptParts) {
    this.#parts = parts;
    const { config, link, caller } = parts;
    const { name, clock, random } = config;
    this.#artifacts = new ArtifactStore({ name, clock, random, link, store: caller.store });
    this.artifacts = this.#artifacts.of(nobody);
  }

  /** A conversation of the agent's own, by the name that it gives it. */
  conversation(id: string, options: ConversationOptions | undefined): Conversation {
    return this.#conversation(conversationName("conversation", id), options, nobody);
  }

  /** The same within a request; without a name, its side of the conversation that the caller is in. */
  conversationIn(
    request: Request,
    id: string | undefined,
    options: ConversationOptions | undefined,
  ): Conversation {
    const own = id === undefined ? sideOf(request) : conversationName("conversation", id);
    if (own === undefined) throw noConversation(request);
    return this.#conversation(own, options, makerIn(request));
  }

  /** Artifacts with the request's task and trace. */
  artifactsIn(request: Request): Artifacts {
    return this.#artifacts.of(makerIn(request));
  }

  #conversation(id: string, options: ConversationOptions | undefined, maker: Maker): Conversation {
    const { config, link, caller } = this.#parts;
    const { name: agent, clock, random } = config;
    const parts = { agent, clock, random, link, store: caller.store };
    const { facts, mayWrite } = maker;
    const said = { call: facts.task ?? facts.call, trace: facts.trace, mayWrite };
    return new StoredConversation({ id, config: resolveConversation(options), said }, parts);
  }
}

/** Under which name the callee keeps the conversation that a request belongs to; undefined where it is in none. */
export function sideOf({ caller, conversation }: Request): string | undefined {
  return conversation === undefined ? undefined : conversationWith(caller, conversation);
}

const nobody: Maker = { facts: {}, mayWrite: () => {} };

function makerIn({ id, trace, task, replay }: Request): Maker {
  const of = task === undefined ? { call: id } : { task: id };
  return {
    facts: trace === undefined ? of : { ...of, trace: trace.traceId },
    mayWrite: (what) => staysInside(replay, what),
  };
}

function noConversation({ caller, operation }: Request): MeshError {
  return new MeshError(
    MeshCode.InvalidArgument,
    `${caller} named no conversation when it asked ${operation.key}; it names one with { conversation }, or give this one a name: ctx.conversation(id)`,
  );
}
