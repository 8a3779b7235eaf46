import {
  advisoryConsumer,
  ownStoreApi,
  parseFollowConsumer,
  parseMovedEventSubject,
  parseTaskConsumer,
  Store,
  type StoreName,
} from "@myelin/subjects";
import { z } from "zod";
import {
  bury,
  type Dead,
  type Delivered,
  deadEvent,
  EventCheck,
  endAbandoned,
  readEventTries,
  readWrapped,
  Taking,
  type VerifyTask,
  verifyTasks,
} from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readJson } from "../json.ts";
import type { Stored } from "../stores/index.ts";
import type { Keeping } from "./keeping.ts";
import { deliveryOf, endingParts, messageAt, removeTask } from "./stored-task.ts";

/** What the server says of a message that it delivers no more. */
const advisory = z.object({
  stream: z.string(),
  consumer: z.string(),
  stream_seq: z.number().int().positive(),
  deliveries: z.number().int().positive(),
});

type Advisory = z.output<typeof advisory>;

const atOnce = 8;

/**
 * The net under workers that die: what the server has delivered as often as it may, and nobody has acknowledged,
 * becomes a dead letter, with a final result for its submitter where it is a task.
 *
 * Several may do so side by side: each message is one's at a time, and every step writes nothing twice.
 */
export class DeadKeeper {
  readonly #keeping: Keeping;
  readonly #verify: VerifyTask | undefined;
  readonly #events: EventCheck | undefined;
  #taking: Taking | undefined;

  constructor(keeping: Keeping) {
    this.#keeping = keeping;
    const { trust, account } = keeping.workspace;
    this.#verify = trust === undefined ? undefined : verifyTasks(trust, account);
    this.#events = trust === undefined ? undefined : new EventCheck(trust, account);
  }

  /** Throws where the stream of advisories or its consumer is not there. */
  async start(): Promise<void> {
    const { vault, clock, logger } = this.#keeping;
    const { stream, consumer } = advisoryConsumer;
    await vault.store.api(ownStoreApi.consumerInfo(stream, consumer));
    const taking = new Taking({
      ...{ link: vault.link, name: vault.name, api: ownStoreApi },
      ...{ clock, atOnce, consumer: advisoryConsumer },
      work: (taken) => this.#end(taken),
      warn: (detail) => logger.warn({}, detail),
    });
    await taking.start();
    this.#taking = taking;
  }

  async stop(): Promise<void> {
    await this.#taking?.stop();
  }

  async #end({ message }: Delivered): Promise<void> {
    const said = readJson(message.payload, advisory);
    // Whatever else lies there is no message that died.
    if (said === undefined) return;
    const stored = await this.#stored(said);
    if (stored === undefined) return;
    if (said.stream === Store.tasks) await this.#endTask(said, stored);
    else await this.#endEvent(said, stored);
  }

  /** The message as it lies in its stream; undefined when somebody has ended it meanwhile. */
  async #stored({ stream, stream_seq: from }: Advisory): Promise<Stored | undefined> {
    return isKnown(stream) ? messageAt(this.#keeping.vault, stream, from) : undefined;
  }

  async #endTask({ consumer, deliveries }: Advisory, stored: Stored): Promise<void> {
    const { vault, logger } = this.#keeping;
    const { subject, sequence } = stored;
    const { agent } = parseTaskConsumer(consumer) ?? { agent: consumer };
    const parts = endingParts(this.#keeping, this.#verify);
    await endAbandoned(parts, deliveryOf(stored, deliveries), agent);
    await removeTask(vault, sequence);
    logger.warn(
      { subject, sequence },
      `${agent} lost a task: ${subject}, delivered ${deliveries} times`,
    );
  }

  /** An event stays where it is: others follow it as well. */
  async #endEvent({ consumer, deliveries }: Advisory, stored: Stored): Promise<void> {
    const { clock, vault, workspace, logger } = this.#keeping;
    const follower = parseFollowConsumer(consumer);
    // No subscription of mesh.yaml: nobody would look for its letter.
    if (follower === undefined) return;
    const { agent, follow } = follower;
    const { subject, sequence } = stored;
    const detail = `${subject}: ${agent} got it ${deliveries} times for ${follow} and never said how it ended; its processes die of it, or are stopped each time`;
    const error = new MeshError(MeshCode.UnknownOutcome, detail);
    const tried = await readEventTries(vault.store, follower, stored);
    const given = {
      ...{ instance: vault.name, error, signer: workspace.signer() },
      ...{ attempts: tried?.attempt ?? deliveries, tries: tried?.tries },
    };
    const parts = { clock, store: vault.store, link: vault.link };
    await bury(parts, await this.#deadEvent({ agent, follow }, stored), given);
    logger.warn({ subject, sequence }, `${agent} lost an event of ${follow}: ${subject}`);
  }

  /** Of one that was brought back, the event that it was first; as it lies there, where nobody vouches for who moved it. */
  async #deadEvent(whose: { agent: string; follow: string }, stored: Stored): Promise<Dead> {
    const address = parseMovedEventSubject(stored.subject);
    if (!address.ok) return deadEvent(whose, stored);
    try {
      const { sequence, storedAt } = stored;
      const wrapped = readWrapped(stored, storedAt);
      if (wrapped === undefined) return deadEvent(whose, stored);
      const move = { ...wrapped, mover: address.value.mover };
      const message = { ...stored, reply: "" };
      const delivery = { message, sequence, storedAt, deliveries: 1, address: undefined };
      await this.#events?.move(delivery, move, whose.agent);
      return deadEvent(whose, wrapped.original, move);
    } catch (error) {
      const failure = MeshError.from(error);
      if (failure.code === MeshCode.Unavailable) throw failure;
      return deadEvent(whose, stored);
    }
  }
}

function isKnown(stream: string): stream is StoreName {
  return stream === Store.tasks || stream === Store.events;
}
