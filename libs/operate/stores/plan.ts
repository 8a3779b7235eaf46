import type { ConsumerShape } from "@myelin/subjects";
import { type Difference, differences, differenceText } from "./difference.ts";
import type { Found, StoreApi } from "./door.ts";
import { mark, type WantedStores, type WantedStream } from "./wanted.ts";

/** One thing to do in a store. */
export type StoreStep = StreamStep | ConsumerStep;

interface StepFacts {
  readonly does: "make" | "change";
  /** `stream MESH_TASKS`, `consumer worker-high of MESH_TASKS`. */
  readonly what: string;
  readonly differences: readonly Difference[];
  /** As the server has it; empty where it has none. */
  readonly found: Found["config"];
}

export interface StreamStep extends StepFacts {
  readonly is: "stream";
  readonly wanted: WantedStream;
}

export interface ConsumerStep extends StepFacts {
  readonly is: "consumer";
  readonly wanted: ConsumerShape;
}

/** What it takes to make a store what it shall be. */
export interface StorePlan {
  readonly steps: readonly StoreStep[];
  /** Why it cannot be done, each with what to do instead; nothing is done then. */
  readonly refusals: readonly string[];
  /** Consumers that the mesh made and mesh.yaml does not ask for any more: they stay. */
  readonly left: readonly string[];
}

/** A wanted stream as the server has it, with all its consumers. */
export interface FoundStream {
  /** Undefined where there is none. */
  readonly stream: Found | undefined;
  readonly consumers: readonly Found[];
}

/** A plan, and what was found when it was made, by the names of streams. */
export interface StoreSurvey extends StorePlan {
  readonly found: ReadonlyMap<string, FoundStream>;
}

/** Compares what is there with what is wanted; changes nothing. */
export async function planStores(api: StoreApi, wanted: WantedStores): Promise<StoreSurvey> {
  const there = new Map<string, FoundStream>();
  const steps: StoreStep[] = [];
  const refusals: string[] = [];
  const left: string[] = [];
  for (const stream of wanted.streams) {
    const what = `stream ${stream.name}`;
    const consumers = wanted.consumers.filter((consumer) => consumer.stream === stream.name);
    const found = await api.stream(stream.name);
    const changed = found === undefined ? [] : differences(stream, found.config);
    if (found === undefined) {
      steps.push({ is: "stream", does: "make", what, wanted: stream, differences: [], found: {} });
    } else if (changed.length > 0) {
      const { config } = found;
      const step = { what, wanted: stream, differences: changed, found: config } as const;
      steps.push({ is: "stream", does: "change", ...step });
      refusals.push(...refusedStream(stream, found, changed));
    }
    const theirs = found === undefined ? [] : await api.consumers(stream.name);
    there.set(stream.name, { stream: found, consumers: theirs });
    for (const consumer of consumers) {
      const step = consumerStep(consumer, theirs);
      if (step === undefined) continue;
      steps.push(step);
      if (step.does === "change") refusals.push(...refusedConsumer(step));
    }
    const names = consumers.map(({ durable_name }) => durable_name);
    const known = theirs.filter(({ config }) => isMarked(config)).map(nameOf);
    left.push(
      ...known
        .filter((name) => !names.includes(name))
        .map((name) => consumerText(name, stream.name)),
    );
  }
  if (wanted.provision !== "bind") return { steps, refusals, left, found: there };
  return { steps: [], refusals: steps.flatMap(unbound), left, found: there };
}

function consumerStep(wanted: ConsumerShape, theirs: readonly Found[]): ConsumerStep | undefined {
  const { durable_name: name, stream } = wanted;
  const what = consumerText(name, stream);
  const found = theirs.find((one) => nameOf(one) === name)?.config;
  if (found === undefined) {
    return { is: "consumer", does: "make", what, wanted, differences: [], found: {} };
  }
  const changed = differences(wanted, found);
  if (changed.length === 0) return undefined;
  return { is: "consumer", does: "change", what, wanted, differences: changed, found };
}

/** What the server cannot change, or would lose something by. */
function refusedStream(
  wanted: WantedStream,
  { config, bytes }: Found,
  changed: readonly Difference[],
): string[] {
  const what = `stream ${wanted.name}`;
  if (config["sealed"] === true) {
    return [`${what} is sealed: nothing can be stored there; back it up and remove it first`];
  }
  if (isForeign(config, changed)) return [foreign(what, changed)];
  const fixed = changed.filter(
    ({ field, found }) =>
      fixedInStreams.includes(field) || (oneWay.includes(field) && found === true),
  );
  const refusals = fixed.map(
    (difference) =>
      `${what} has ${differenceText(difference)}, which no server changes in place; back it up, remove it, and apply again`,
  );
  if (wanted.max_bytes < bytes) {
    const room = `maxBytes ${wanted.max_bytes} would drop what it holds (${bytes} bytes)`;
    const isQueue = wanted.retention === "workqueue";
    const until = isQueue
      ? "let it be worked off"
      : "it shrinks with age alone, or by hand with `nats stream purge`";
    refusals.push(`${what}: ${room}; ${until}, or give it more`);
  }
  return refusals;
}

function refusedConsumer({ what, found, differences: changed }: ConsumerStep): string[] {
  if (isForeign(found, changed)) return [foreign(what, changed)];
  return changed
    .filter(({ field }) => fixedInConsumers.includes(field))
    .map(
      (difference) =>
        `${what} has ${differenceText(difference)}: it would have to begin anew and lose its place; ` +
        "follow under another name, or remove the consumer (nats consumer rm) and apply again",
    );
}

const fixedInStreams = ["retention", "storage"];
/** Once they are set they stay. */
const oneWay = ["deny_delete", "deny_purge"];
const fixedInConsumers = ["deliver_policy", "ack_policy"];
/** What says nothing of how it works. */
const labels = ["metadata", "description"];

/** Nobody of the mesh made it, and it works otherwise. */
function isForeign(config: Found["config"], changed: readonly Difference[]): boolean {
  return !isMarked(config) && changed.some(({ field }) => !labels.includes(field));
}

function foreign(what: string, changed: readonly Difference[]): string {
  const texts = changed.filter(({ field }) => !labels.includes(field)).map(differenceText);
  return (
    `${what} is there, was not made by apply, and has ${texts.join(", ")}; ` +
    `remove or rename it, or, if it is meant, give it these values or the metadata ${mark}`
  );
}

/** What is wrong with a store that others keep; what it is called by them is their matter. */
function unbound({ does, what, differences: all }: StoreStep): string[] {
  const keeper = "provision is bind, so whoever keeps the streams has to";
  if (does === "make")
    return [`${what} is not there; ${keeper} make it (\`myelin streams export\`)`];
  const changed = all.filter(({ field }) => !labels.includes(field));
  if (changed.length === 0) return [];
  return [`${what} has ${changed.map(differenceText).join(", ")}; ${keeper} change it`];
}

function isMarked({ metadata }: Found["config"]): boolean {
  return typeof metadata === "object" && metadata !== null && Object.hasOwn(metadata, mark);
}

function nameOf({ config }: Found): string {
  return String(config["durable_name"] ?? config["name"]);
}

function consumerText(name: string, stream: string): string {
  return `consumer ${name} of ${stream}`;
}
