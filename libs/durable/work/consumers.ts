import {
  nanosecondsPerMs,
  priorities,
  Store,
  storeApi,
  taskConsumer,
  taskFilter,
} from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { askAgain } from "../stored/storing.ts";
import type { WorkParts } from "./work-parts.ts";

type Checked = Pick<WorkParts, "agent" | "store" | "link" | "clock" | "config" | "operations">;

/** What the server bears with a task. */
export interface Bearing {
  /** How long it waits for a word of one that it has delivered, in milliseconds. */
  readonly ackWaitMs: number;
  /** How often it delivers one. */
  readonly mostDeliveries: number;
}

/** How the consumers of an agent bear with its tasks; throws when one of them is not as tasks need it. */
export async function checkConsumers(parts: Checked): Promise<Bearing> {
  const found = await Promise.all(
    priorities.map((priority) =>
      checkConsumer(
        parts,
        taskConsumer(parts.agent, priority).consumer,
        taskFilter({ agent: parts.agent, priority }),
      ),
    ),
  );
  return {
    ackWaitMs: Math.min(...found.map(({ ackWaitMs }) => ackWaitMs)),
    mostDeliveries: Math.min(...found.map(({ mostDeliveries }) => mostDeliveries)),
  };
}

async function checkConsumer(parts: Checked, consumer: string, own: string): Promise<Bearing> {
  const { config } = parts;
  const found = await read(parts, consumer);
  const { ack_wait, ack_policy, max_deliver, filter_subject, filter_subjects } = found;
  const filters = Array.isArray(filter_subjects) ? filter_subjects : [filter_subject];
  if (ack_policy !== "explicit" || typeof ack_wait !== "number" || ack_wait <= 0) {
    throw foreign(consumer, "it must acknowledge explicitly");
  }
  if (filters.length !== 1 || filters[0] !== own) {
    throw foreign(consumer, `its filter must be ${own}, it is ${filters.join(", ").slice(0, 200)}`);
  }
  const isBounded = typeof max_deliver === "number" && max_deliver > 0;
  const mostDeliveries = isBounded ? max_deliver : Number.POSITIVE_INFINITY;
  // The server gives up then, and nobody has said why.
  if (mostDeliveries <= config.attempts) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `serve.tasks.attempts must be less than ${max_deliver}, got ${config.attempts}: the consumer ${consumer} delivers a task ${max_deliver} times at most`,
    );
  }
  return { ackWaitMs: ack_wait / nanosecondsPerMs, mostDeliveries };
}

async function read(parts: Checked, consumer: string): Promise<Readonly<Record<string, unknown>>> {
  const { agent, store, operations } = parts;
  const question = storeApi.consumerInfo(Store.tasks, consumer);
  try {
    // A worker may come up while the servers elect who leads.
    const info = await askAgain(parts, (waitMs) => store.api(question, { waitMs }));
    return (info["config"] ?? {}) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const { code, detail } = MeshError.from(error);
    if (code !== MeshCode.Unavailable || !detail.includes("no such consumer")) throw error;
    const skills = [...operations.keys()].join(", ");
    throw new MeshError(
      code,
      `${detail}: it is made for an agent of mesh.yaml to which somebody may submit, by agents.${agent}.skills: [${skills}] and agents.<submitter>.submits: [${agent}.*]`,
      { cause: error },
    );
  }
}

function foreign(consumer: string, why: string): MeshError {
  return new MeshError(
    MeshCode.Unavailable,
    `the consumer ${consumer} of ${Store.tasks} is not as tasks need it: ${why}; see \`myelin apply\``,
  );
}
