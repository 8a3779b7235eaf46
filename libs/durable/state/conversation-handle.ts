import type { Abortable } from "../../pipeline/index.ts";
import type { ConversationTurn, KeptTurn } from "./conversation-document.ts";

/** A conversation as it was read. */
export interface ConversationState {
  readonly turns: readonly KeptTurn[];
  /** Turns from before the first one here, that were dropped to keep it short. */
  readonly dropped: number;
  /** Which writing of it this is; 0 where there is none. */
  readonly revision: number;
  /** Undefined where there is none. */
  readonly startedAt: Date | undefined;
  readonly updatedAt: Date | undefined;
}

/** One turn, or several in order. */
export type Turns = ConversationTurn | readonly ConversationTurn[];

/** How an answer is written down. */
export interface AppendOptions extends Abortable {
  /** Only where nobody has written since this revision. Default: since this handle read or wrote it last. */
  readonly expected?: number;
}

/** An agent's side of one conversation: its turns in order, for every instance of the agent. */
export interface Conversation {
  /** Its name; the bucket's key is `<agent>.<id>`. */
  readonly id: string;
  /** What was said so far; nothing where it is new, or has expired. */
  read(options?: Abortable): Promise<ConversationState>;
  /**
   * Adds turns at the end; throws `conflict` when somebody else has written meanwhile, and adds nothing: until it is
   * read again. A handle that has not read it reads it first.
   */
  append(turns: Turns, options?: AppendOptions): Promise<ConversationState>;
  /**
   * Reads it, has turns made from what is there, and adds them; begins anew when somebody else has written meanwhile.
   * `make` may be run several times.
   */
  update(
    make: (state: ConversationState) => Turns | Promise<Turns>,
    options?: Abortable,
  ): Promise<ConversationState>;
  /** Empties it. */
  clear(options?: Abortable): Promise<void>;
}
