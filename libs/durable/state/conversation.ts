import { conversationSubject, Store, StoreHeader } from "@myelin/subjects";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import type { Link } from "../../nats/index.ts";
import { type Abortable, type Clock, unlessAborted } from "../../pipeline/index.ts";
import { mostPayload } from "../stored/room.ts";
import { onceId } from "../stored/signing.ts";
import type { Headers, StoreAccess } from "../stored/store.ts";
import { write } from "../stored/writing.ts";
import {
  type ConversationDocument,
  type ConversationTurn,
  type KeptTurn,
  nothing,
  readConversation,
  shortened,
  withTurns,
} from "./conversation-document.ts";
import type {
  AppendOptions,
  Conversation,
  ConversationState,
  Turns,
} from "./conversation-handle.ts";
import type { ConversationConfig } from "./conversation-options.ts";
import { startingOver, type Written } from "./starting-over.ts";

export interface ConversationParts {
  readonly agent: string;
  readonly link: Pick<Link, "maxPayload">;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly random: () => number;
}

/** In which call or task something is said. */
export interface Said {
  readonly call: string | undefined;
  readonly trace: string | undefined;
  /** Throws where nothing may be written, as in a replay. */
  readonly mayWrite: (what: string) => void;
}

/** Which conversation it is, how it is kept, and in what it is spoken of. */
export interface ConversationAbout {
  readonly id: string;
  readonly config: ConversationConfig;
  readonly said: Said;
}

export class StoredConversation implements Conversation {
  readonly id: string;
  readonly #parts: ConversationParts;
  readonly #config: ConversationConfig;
  readonly #said: Said;
  readonly #subject: string;
  /** As this handle knows it last. */
  #known: { readonly document: ConversationDocument; readonly revision: number } | undefined;

  constructor({ id, config, said }: ConversationAbout, parts: ConversationParts) {
    this.id = id;
    this.#parts = parts;
    this.#config = config;
    this.#said = said;
    this.#subject = conversationSubject({ agent: parts.agent, conversation: id });
  }

  async read({ signal }: Abortable = {}): Promise<ConversationState> {
    await this.#look(signal);
    return this.#state();
  }

  async append(turns: Turns, { expected, signal }: AppendOptions = {}): Promise<ConversationState> {
    const added = this.#kept(turns);
    const isBehind = expected !== undefined && expected !== this.#known?.revision;
    if (this.#known === undefined || isBehind) await this.#look(signal);
    const { document = nothing, revision = 0 } = this.#known ?? {};
    if (expected !== undefined && expected !== revision) throw this.#conflict(expected);
    const next = withTurns(document, added, this.#config.mostTurns);
    await this.#put(next, revision, { signal, kept: added.length });
    return this.#state();
  }

  update(
    make: (state: ConversationState) => Turns | Promise<Turns>,
    { signal }: Abortable = {},
  ): Promise<ConversationState> {
    const stoppable = signal === undefined ? {} : { signal };
    const once = async (): Promise<Written<ConversationState>> => {
      const state = await this.read(stoppable);
      try {
        return { is: "written", value: await this.append(await make(state), stoppable) };
      } catch (error) {
        if (!isMeshError(error, MeshCode.Conflict)) throw error;
        return { is: "outdated", error };
      }
    };
    return startingOver(once, this.#parts, { signal, what: this.#what });
  }

  async clear({ signal }: Abortable = {}): Promise<void> {
    await this.#look(signal);
    const { document = nothing, revision = 0 } = this.#known ?? {};
    if (document.turns.length === 0) return;
    const { startedAt } = document;
    const updatedAt = new Date().toISOString();
    const empty = { startedAt, updatedAt, dropped: 0, turns: [] };
    await this.#put(empty, revision, { signal, kept: 0 });
  }

  async #look(signal: AbortSignal | undefined): Promise<void> {
    const reading = this.#parts.store.last(Store.conversations, this.#subject);
    const stored = await unlessAborted(reading, signal, this.#what);
    this.#known =
      stored === undefined
        ? { document: nothing, revision: 0 }
        : { document: readConversation(this.#key, stored), revision: stored.sequence };
  }

  /** Stored only while the revision is the last one; the last turns whole, so many, and of those before what finds room. */
  async #put(
    whole: ConversationDocument,
    revision: number,
    { signal, kept }: { readonly signal: AbortSignal | undefined; readonly kept: number },
  ): Promise<void> {
    this.#said.mayWrite(`writing to ${this.#what}`);
    const most = mostPayload(this.#parts.link);
    const text = JSON.stringify(whole);
    const over = Buffer.byteLength(text) - most;
    const document = over > 0 ? shortened(whole, over, kept) : whole;
    const payload = over > 0 ? JSON.stringify(document) : text;
    if (over > 0) this.#checkSize(payload, document.turns.length, most);
    const { store, clock } = this.#parts;
    const { expiresInMs } = this.#config;
    const headers: Headers = [
      [StoreHeader.id, onceId()],
      [StoreHeader.expected, revision],
      [
        StoreHeader.ttl,
        expiresInMs === undefined ? undefined : `${Math.ceil(expiresInMs / 1_000)}s`,
      ],
    ];
    const writing = write(store, clock, { subject: this.#subject, payload, headers });
    const before = this.#known;
    // What is not known to be stored is read again before it is written again.
    this.#known = undefined;
    const put = await unlessAborted(writing, signal, this.#what);
    if (put.is === "outdated") {
      // Until it is read again: trying once more is no reason to write over what nobody here has seen.
      this.#known = before;
      throw this.#conflict(revision);
    }
    this.#known = { document, revision: put.sequence };
  }

  #kept(given: Turns): readonly KeptTurn[] {
    const turns = Array.isArray(given)
      ? (given as readonly ConversationTurn[])
      : [given as ConversationTurn];
    const { call, trace } = this.#said;
    const at = new Date().toISOString();
    return turns.map((turn) => {
      const { role, content, id }: Partial<ConversationTurn> = turn ?? {};
      const isTurn = typeof role === "string" && role !== "" && content !== undefined;
      if (!isTurn) throw this.#noTurn(turn);
      return {
        ...{ role, content, at },
        ...(id === undefined ? {} : { id }),
        ...(call === undefined ? {} : { call }),
        ...(trace === undefined ? {} : { trace }),
      };
    });
  }

  #state(): ConversationState {
    const { document = nothing, revision = 0 } = this.#known ?? {};
    const { turns, dropped, startedAt, updatedAt } = document;
    return Object.freeze({
      ...{ turns, dropped, revision },
      startedAt: startedAt === "" ? undefined : new Date(startedAt),
      updatedAt: updatedAt === "" ? undefined : new Date(updatedAt),
    });
  }

  #checkSize(payload: string, turns: number, most: number): void {
    const size = Buffer.byteLength(payload);
    if (size <= most) return;
    throw new MeshError(
      MeshCode.PayloadTooLarge,
      `${this.#what} would have ${size} bytes with ${turns} turns, at most ${most}; put what is large into an artifact`,
    );
  }

  #conflict(revision: number): MeshError {
    return new MeshError(
      MeshCode.Conflict,
      `${this.#what} was written by somebody else since revision ${revision}: read it again, or use update()`,
    );
  }

  #noTurn(turn: unknown): MeshError {
    const came = JSON.stringify(turn)?.slice(0, 80);
    return new MeshError(
      MeshCode.InvalidArgument,
      `a turn must have a role, as text, and content; got ${came}`,
    );
  }

  get #key(): string {
    return `${this.#parts.agent}.${this.id}`;
  }

  get #what(): string {
    return `the conversation ${this.#key}`;
  }
}
