import { finalState, isToken, type LaterAddress, runningState, Store } from "@myelin/subjects";
import {
  bury,
  failureOf,
  type LaterOrder,
  type Original,
  type OutMessage,
  onceAfter,
  onceId,
  readAttempt,
  runningBody,
  stateHeaders,
  statesOf,
  write,
} from "../../../durable/index.ts";
import { MeshCode, MeshError } from "../../../errors/index.ts";
import type { Keeping } from "../keeping.ts";

/** Codes that say nothing against an order: what could not be done now is done later. */
const passing: readonly MeshCode[] = [
  MeshCode.Unavailable,
  MeshCode.UnknownOutcome,
  MeshCode.Overloaded,
  MeshCode.DeadlineExceeded,
  MeshCode.Closed,
  MeshCode.Internal,
];

/** Whether it may be otherwise in a while. */
export function mayPass(error: unknown): boolean {
  return passing.includes(MeshError.from(error).code);
}

/** What was refused: an order, or a message that is none. */
export interface Refused {
  readonly original: Original;
  /** Undefined where the subject is none of work for later. */
  readonly address: LaterAddress | undefined;
  /** What names it; undefined where nothing does. */
  readonly name: string | undefined;
  /** Whether that is a task whose result somebody may wait for. */
  readonly isTask: boolean;
}

/** An order that is refused as it comes: a schedule's own id is no task's. */
export function refusedOrder({ address, original, plan, id }: LaterOrder): Refused {
  const isWork = plan.does === "once" || plan.does === "again";
  const name = isWork && isToken(id) ? id : undefined;
  return { address, original, name, isTask: plan.does === "once" && name !== undefined };
}

/** Gives up an order: dead letter, then a final result for who waits. Both are safe to repeat. */
export async function refuse(
  keeping: Keeping,
  { original, address, name, isTask }: Refused,
  error: MeshError,
): Promise<void> {
  const { vault, clock, workspace, instance } = keeping;
  const { agent = "unknown", skill = "unknown" } = address ?? {};
  const dead = { kind: "task", agent, skill, generation: 0, id: name, origin: original } as const;
  const given = { instance, error, attempts: 0, signer: workspace.signer() };
  await bury({ store: vault.store, clock, link: vault.link }, dead, given);
  if (address === undefined || name === undefined || !isTask) return;
  await endWith(keeping, { ...address, id: name }, error);
}

/** The final result of a task that nobody did, unless there is one. */
export async function endWith(
  { vault, clock, workspace }: Keeping,
  { agent, skill, submitter, id }: LaterAddress & { readonly id: string },
  error: MeshError,
): Promise<void> {
  const states = statesOf({ submitter, task: id, agent });
  const task = { id, submitter, states, operation: { skill } };
  const final = failureOf(error, {
    ...{ task, attempt: 1, generation: 0 },
    signer: workspace.signer(),
  });
  const put = ({ subject, payload, headers }: OutMessage, of: string, expected: number) => {
    const condition = onceAfter(onceId(), expected, states(of));
    return write(vault.store, clock, { subject, payload, headers: [...headers, ...condition] });
  };
  // By the same two steps as a worker, of whom one may be ending it now: of two one writes the result.
  const running = await vault.store.last(Store.results, states(runningState));
  const begun = await put(
    {
      subject: states(runningState),
      payload: running?.payload ?? runningBody(nobody),
      headers: stateHeaders(skill, running === undefined ? 1 : readAttempt(running.head)),
    },
    finalState,
    0,
  );
  if (begun.is === "stored") await put(final, runningState, begun.sequence);
}

const nobody = {
  attempt: 1,
  instance: "",
  sequence: 0,
  delivery: 0,
  stopped: 0,
  isEnding: true,
  tries: [],
} as const;
