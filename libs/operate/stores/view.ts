import { StoreApi, type StoreDoor } from "./door.ts";
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
  for (const { name, description } of streams) {
    const held = await api.stream(name);
    const theirs = held === undefined ? [] : await api.consumers(name);
    const state = stateOf(plan, `stream ${name}`);
    const { messages = 0, bytes = 0 } = held ?? {};
    const facts = { workspace, stream: name } as const;
    views.push({
      ...facts,
      consumer: undefined,
      state,
      messages,
      unacknowledged: 0,
      bytes,
      description,
    });
    for (const { durable_name: consumer, description: what } of consumers.filter(
      ({ stream }) => stream === name,
    )) {
      const found = theirs.find(({ config }) => config["durable_name"] === consumer);
      views.push({
        ...facts,
        consumer,
        state: stateOf(plan, `consumer ${consumer} of ${name}`),
        messages: found?.messages ?? 0,
        unacknowledged: found?.unacknowledged ?? 0,
        bytes: 0,
        description: what,
      });
    }
  }
  // Where the policy has it off nothing is missing.
  return provision === "off" ? views.filter(({ state }) => state !== "missing") : views;
}

function stateOf({ steps }: StorePlan, what: string): StoreView["state"] {
  const step = steps.find((one) => one.what === what);
  if (step === undefined) return "kept";
  return step.does === "make" ? "missing" : "differs";
}
