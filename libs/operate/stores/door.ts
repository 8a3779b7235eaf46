import { ownStoreApi } from "@myelin/subjects";
import { z } from "zod";
import { checkServer, ErrCode } from "../../durable/index.ts";
import { MeshCode, MeshError, type MeshErrorOptions } from "../../errors/index.ts";
import { jsonValue } from "../json.ts";
import { everyPage, whyDown } from "./answers.ts";

/** A way into the account where a workspace's streams are. */
export interface StoreDoor {
  /** As the server says it; unknown where it is left out. */
  readonly serverVersion?: string;
  /** The first answer to a question; throws where there is none. */
  ask(subject: string, payload?: string): Promise<string>;
}

/** A stream or consumer as the server has it. */
export interface Found {
  readonly config: Readonly<Record<string, unknown>>;
  /** What a stream holds; what a consumer has not delivered yet. */
  readonly messages: number;
  /** What a stream holds; 0 for a consumer. */
  readonly bytes: number;
  /** What a consumer delivered and nobody acknowledged yet; 0 for a stream. */
  readonly unacknowledged: number;
}

/** Why the server did not do it. */
export interface Refusal {
  readonly code: number;
  readonly description: string;
}

const info = z.object({
  config: z.record(z.string(), z.unknown()),
  state: z.object({ bytes: z.number(), messages: z.number() }).optional(),
  num_pending: z.number().default(0),
  num_ack_pending: z.number().default(0),
});

const error = z.object({
  error: z.object({
    code: z.number(),
    err_code: z.number().default(0),
    description: z.string().default("it does not say why"),
  }),
});

const list = z.object({ total: z.number(), consumers: z.array(info).nullish() });

/** What the server says of a stream or consumer that is not there. */
const notFound: readonly number[] = [ErrCode.StreamNotFound, ErrCode.ConsumerNotFound];
const unavailable: readonly number[] = [ErrCode.ClusterNotAvailable, ErrCode.ClusterNotLeader];
const patienceMs = 10_000;
const againMs = 200;

/** The streams' API of one account: JSON in, checked JSON out. */
export class StoreApi {
  readonly #door: StoreDoor;

  constructor(door: StoreDoor) {
    this.#door = door;
  }

  /** Whether there is an API at all; throws with what to do about it. */
  async check(): Promise<void> {
    checkServer(this.#door.serverVersion ?? "", "streams");
    const said = await this.#ask(ownStoreApi.info).catch((cause: unknown) => {
      const { detail } = MeshError.from(cause);
      throw unable(`the server keeps no streams (${detail}); ${advice}`, { cause });
    });
    const refused = error.safeParse(said);
    if (refused.success) throw unable(`${refused.data.error.description}; ${advice}`);
  }

  /** A stream as it is; undefined where there is none. */
  async stream(name: string): Promise<Found | undefined> {
    return this.#found(await this.#ask(ownStoreApi.streamInfo(name)), name);
  }

  /** Every consumer of a stream. */
  async consumers(stream: string): Promise<readonly Found[]> {
    const found = await everyPage(async (offset) => {
      const said = await this.#ask(ownStoreApi.consumerList(stream), { offset });
      const page = list.safeParse(said);
      // Of a stream that cannot be asked now the server sends an empty page beside the error.
      if (page.success && !error.safeParse(said).success) {
        return { total: page.data.total, items: page.data.consumers };
      }
      throw refused(`listing the consumers of ${stream}`, said);
    });
    return found.map(foundIn);
  }

  /** Makes or changes a stream; the answer is how the server has it now, or why it did not do it. */
  async putStream(
    does: "make" | "change",
    config: Readonly<Record<string, unknown>>,
  ): Promise<Found | Refusal> {
    const name = String(config["name"]);
    const subject =
      does === "make" ? ownStoreApi.createStream(name) : ownStoreApi.updateStream(name);
    return this.#put(subject, config);
  }

  /** Makes or changes a consumer. */
  async putConsumer(
    does: "make" | "change",
    { stream, config }: { readonly stream: string; readonly config: Found["config"] },
  ): Promise<Found | Refusal> {
    const action = does === "make" ? "create" : "update";
    const subject = ownStoreApi.makeConsumer(stream, String(config["durable_name"]));
    return this.#put(subject, { stream_name: stream, config, action });
  }

  async #put(subject: string, payload: object): Promise<Found | Refusal> {
    const said = await this.#ask(subject, payload);
    const read = info.safeParse(said);
    if (read.success) return foundIn(read.data);
    const no = error.safeParse(said);
    if (!no.success) throw refused(subject, said);
    return { code: no.data.error.err_code, description: no.data.error.description };
  }

  #found(said: unknown, name: string): Found | undefined {
    const read = info.safeParse(said);
    if (read.success) return foundIn(read.data);
    const no = error.safeParse(said);
    if (no.success && notFound.includes(no.data.error.err_code)) return undefined;
    throw refused(`looking at ${name}`, said);
  }

  /** Asks again for a while where a cluster has no leader yet. */
  async #ask(subject: string, payload?: object): Promise<unknown> {
    for (const until = performance.now() + patienceMs; ; ) {
      const text = payload === undefined ? "" : JSON.stringify(payload);
      const said = jsonValue(await this.#door.ask(subject, text));
      const no = error.safeParse(said);
      const isPassing = no.success && unavailable.includes(no.data.error.err_code);
      if (!isPassing || performance.now() > until) return said;
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  }
}

/** Whether the server refused. */
export function isRefusal(answer: Found | Refusal): answer is Refusal {
  return "code" in answer;
}

/** What the server, not the file, is the reason of. */
export function unable(
  detail: string,
  options: Pick<MeshErrorOptions, "cause" | "reason"> = {},
): MeshError {
  return new MeshError(MeshCode.Unavailable, detail, { origin: "peer", ...options });
}

const advice =
  "give it a jetstream { } block in its configuration and a majority of its cluster, or say provision: off in mesh.yaml";

function foundIn(said: z.output<typeof info>): Found {
  const { config, state, num_pending: pending, num_ack_pending: unacknowledged } = said;
  return { config, messages: state?.messages ?? pending, bytes: state?.bytes ?? 0, unacknowledged };
}

function refused(what: string, said: unknown): MeshError {
  const no = error.safeParse(said);
  if (!no.success) return unable(`${what} failed: the answer is none of a streams' API`);
  const { description, err_code } = no.data.error;
  const down = whyDown(err_code);
  if (down === undefined) return unable(`${what} failed: ${description}`);
  return unable(`${what} failed: ${description}; ${down}`, { reason: "servers_down" });
}
