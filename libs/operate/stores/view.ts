import type { Difference } from "./difference.ts";
import { type Found, StoreApi, type StoreDoor } from "./door.ts";
import { planStores, type StorePlan } from "./plan.ts";
import { type StoreSettings, wantedStores } from "./wanted.ts";

/** A stream, or a consumer of it, as it is and as it shall be. */
export interface StoreView {
  readonly workspace: string;
  readonly stream: string;
  /** Undefined: the stream itself. */
  readonly consumer: string | undefined;
  readonly state: "kept" | "missing" | "differs";
  /** What a stream holds; what a consumer has not delivered yet. */
  readonly messages: number;
  /** What a consumer delivered and nobody acknowledged yet; 0 for a stream. */
  readonly unacknowledged: number;
  /** What a stream holds; 0 for a consumer. */
  readonly bytes: number;
  /** Most that a stream may hold; 0 for a consumer. */
  readonly maxBytes: number;
  /** Whether a stream that is full refuses what comes, instead of dropping its oldest. */
  readonly refuses: boolean;
  /** In what it is not as it shall be. */
  readonly differences: readonly Difference[];
  readonly description: string;
}

/** Every stream and consumer that a workspace's policy asks for, with how full it is. */
export async function viewStores(
  door: StoreDoor,
  settings: StoreSettings,
): Promise<readonly StoreView[]> {
  const api = new StoreApi(door);
  await api.check();
  const { streams, consumers, provision } = wantedStores(settings);
  const plan = await planStores(api, { streams, consumers, provision: "create" });
  const { workspace } = settings;
  const views: StoreView[] = [];
  for (const { name, description, max_bytes, discard } of streams) {
    const { stream: held, consumers: theirs = [] } = plan.found.get(name) ?? {};
    const { messages = 0, bytes = 0, config } = held ?? {};
    const facts = { workspace, stream: name } as const;
    views.push({
      ...facts,
      consumer: undefined,
      ...stateOf(plan, `stream ${name}`),
      messages,
      unacknowledged: 0,
      bytes,
      // What holds now, which may not be what is wanted.
      maxBytes: limitIn(config) ?? max_bytes,
      refuses: discard === "new",
      description,
    });
    for (const { durable_name: consumer, description: what } of consumers.filter(
      ({ stream }) => stream === name,
    )) {
      const found = theirs.find(({ config }) => config["durable_name"] === consumer);
      views.push({
        ...facts,
        consumer,
        ...stateOf(plan, `consumer ${consumer} of ${name}`),
        messages: found?.messages ?? 0,
        unacknowledged: found?.unacknowledged ?? 0,
        bytes: 0,
        maxBytes: 0,
        refuses: false,
        description: what,
      });
    }
  }
  // Where the policy has it off nothing is missing.
  return provision === "off" ? views.filter(({ state }) => state !== "missing") : views;
}

function stateOf({ steps }: StorePlan, what: string): Pick<StoreView, "state" | "differences"> {
  const step = steps.find((one) => one.what === what);
  if (step === undefined) return { state: "kept", differences: [] };
  return { state: step.does === "make" ? "missing" : "differs", differences: step.differences };
}

function limitIn(config: Found["config"] | undefined): number | undefined {
  const limit = config?.["max_bytes"];
  // Below 0 it has none.
  return typeof limit === "number" && limit > 0 ? limit : undefined;
}
