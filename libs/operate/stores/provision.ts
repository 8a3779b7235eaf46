import { ErrCode } from "../../durable/index.ts";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { differences, differenceText } from "./difference.ts";
import { type Found, isRefusal, type Refusal, StoreApi, type StoreDoor, unable } from "./door.ts";
import { planStores, type StorePlan, type StoreStep, type StreamStep } from "./plan.ts";
import { type StoreSettings, wantedStores } from "./wanted.ts";

/** What was done to a store. */
export interface Provisioned {
  readonly made: readonly string[];
  readonly changed: readonly string[];
  /** Consumers that the mesh made and mesh.yaml does not ask for any more: they stay. */
  readonly left: readonly string[];
}

/** Puts in flight at once: each is a file, or a vote of a cluster. */
const atOnce = 16;

/** What it would take to make a workspace's store what its policy says; nothing where the policy has it off. */
export async function planStore(door: StoreDoor, settings: StoreSettings): Promise<StorePlan> {
  const wanted = wantedStores(settings);
  if (wanted.provision === "off") return { steps: [], refusals: [], left: [] };
  const api = new StoreApi(door);
  await api.check();
  return planStores(api, wanted);
}

/**
 * Makes the streams and consumers of a workspace, and changes those that are otherwise.
 *
 * Never removes a stream or a consumer, and never begins one anew: what cannot be changed in place is refused, all of
 * it at once, before anything is done. Done twice it does nothing the second time.
 */
export async function provisionStores(
  door: StoreDoor,
  settings: StoreSettings,
): Promise<Provisioned> {
  const plan = await planStore(door, settings);
  checkPlan(settings.workspace, plan);
  const api = new StoreApi(door);
  const version = door.serverVersion ?? "";
  // A consumer needs its stream.
  for (const is of ["stream", "consumer"] as const) {
    const steps = plan.steps.filter((step) => step.is === is);
    for (let at = 0; at < steps.length; at += atOnce) {
      const batch = steps.slice(at, at + atOnce);
      const done = await Promise.allSettled(batch.map((step) => put(api, step, version)));
      const failed = done.find((one) => one.status === "rejected");
      if (failed !== undefined) throw MeshError.from(failed.reason);
    }
  }
  const named = (does: StoreStep["does"]): string[] =>
    plan.steps.filter((step) => step.does === does).map(({ what }) => what);
  return { made: named("make"), changed: named("change"), left: plan.left };
}

/** Throws everything that stands against a plan. */
export function checkPlan(workspace: string, { refusals }: StorePlan): void {
  if (refusals.length === 0) return;
  const detail = `the streams of ${workspace} cannot be made what mesh.yaml says:\n${refusals.join("\n")}`;
  throw new MeshError(MeshCode.InvalidArgument, detail);
}

/** Does one step, and compares what the server took with what was wanted: an older one drops what it does not know. */
async function put(api: StoreApi, step: StoreStep, version: string): Promise<void> {
  const answer = step.is === "stream" ? await putStream(api, step) : await putConsumer(api, step);
  if (isRefusal(answer)) {
    const verb = step.does === "make" ? "making" : "changing";
    throw unable(
      `${verb} ${step.what} failed: ${answer.description}${adviceOn(answer)}; apply again when that is mended`,
    );
  }
  if (differences(step.wanted, answer.config).length === 0) return;
  const kept = await lookAgain(api, step, answer);
  const [dropped] = differences(step.wanted, kept.config);
  if (dropped === undefined) return;
  const server = version === "" ? "this nats-server" : `nats-server ${version}`;
  throw unable(
    `${server} does not keep what ${step.what} needs: ${differenceText(dropped)}; ` +
      "use a newer one",
  );
}

/** A server that was restarted answers the first change of a consumer with how that was before. */
async function lookAgain(api: StoreApi, step: StoreStep, answer: Found): Promise<Found> {
  if (step.is === "stream") return answer;
  const { stream, durable_name: name } = step.wanted;
  const consumers = await api.consumers(stream);
  return consumers.find(({ config }) => config["durable_name"] === name) ?? answer;
}

/** Three copies where there is a cluster. Never fewer because a node is away: that would stay so. */
async function putStream(
  api: StoreApi,
  { does, wanted, found }: StreamStep,
): Promise<Found | Refusal> {
  const config = { ...found, ...wanted, metadata: withOthers(wanted.metadata, found) };
  if (does === "change" || wanted.num_replicas !== undefined) return api.putStream(does, config);
  const first = await api.putStream(does, { ...config, num_replicas: 3 });
  if (!isRefusal(first) || first.code !== ErrCode.ReplicasNotSupported) return first;
  return api.putStream(does, { ...config, num_replicas: 1 });
}

async function putConsumer(
  api: StoreApi,
  { does, wanted, found }: Extract<StoreStep, { is: "consumer" }>,
): Promise<Found | Refusal> {
  const { stream, ...shape } = wanted;
  // One filter, as others write it, would stand beside the list.
  const { filter_subject: _, ...others } = found;
  const config = { ...others, ...shape, metadata: withOthers(wanted.metadata, found) };
  return api.putConsumer(does, { stream, config });
}

function adviceOn({ code }: Refusal): string {
  if (code === ErrCode.ReplicasNotSupported) return " (replicas: 1 in mesh.yaml)";
  if (code === ErrCode.ClusterNoPeers)
    return " (start the missing nodes, or say replicas: 1 in mesh.yaml)";
  if (code === ErrCode.StorageResourcesExceeded)
    return " (give the server more room, or the streams less: streams in mesh.yaml)";
  return "";
}

/** Whatever else is written there stays. */
function withOthers(
  wanted: Readonly<Record<string, string>>,
  { metadata }: Found["config"],
): Readonly<Record<string, unknown>> {
  return typeof metadata === "object" && metadata !== null ? { ...metadata, ...wanted } : wanted;
}
