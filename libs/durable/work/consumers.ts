import { type ConsumerName, priorities, taskConsumer, taskFilter } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { type Bearing, readConsumer, type Terms, unfit } from "../stored/consumer.ts";
import { askAgain } from "../stored/storing.ts";
import type { WorkParts } from "./work-parts.ts";

type Checked = Pick<WorkParts, "agent" | "store" | "link" | "clock" | "config" | "operations">;

/** How the consumers of an agent bear with its tasks; throws when one of them is not as tasks need it. */
export async function checkConsumers(parts: Checked): Promise<Bearing> {
  const { agent } = parts;
  const found = await Promise.all(
    priorities.map((priority) =>
      checkConsumer(parts, taskConsumer(agent, priority), taskFilter({ agent, priority })),
    ),
  );
  return {
    ackWaitMs: Math.min(...found.map(({ ackWaitMs }) => ackWaitMs)),
    mostDeliveries: Math.min(...found.map(({ mostDeliveries }) => mostDeliveries)),
  };
}

async function checkConsumer(parts: Checked, of: ConsumerName, own: string): Promise<Bearing> {
  const { config } = parts;
  const { ackWaitMs, mostDeliveries, filters } = await read(parts, of);
  if (filters.length !== 1 || filters[0] !== own) {
    const why = `its filter must be ${own}, it is ${filters.join(", ").slice(0, 200)}`;
    throw unfit(of, "tasks", why);
  }
  // The server gives up then, and nobody has said why.
  if (mostDeliveries <= config.attempts) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `serve.tasks.attempts must be less than ${mostDeliveries}, got ${config.attempts}: the consumer ${of.consumer} delivers a task ${mostDeliveries} times at most`,
    );
  }
  return { ackWaitMs, mostDeliveries };
}

async function read(parts: Checked, of: ConsumerName): Promise<Terms> {
  const { agent, store, operations } = parts;
  try {
    // A worker may come up while the servers elect who leads.
    return await askAgain(parts, (waitMs) => readConsumer(store, of, { needs: "tasks", waitMs }));
  } catch (error) {
    const { code, detail, reason } = MeshError.from(error);
    if (reason !== "no_consumer") throw error;
    const skills = [...operations.keys()].join(", ");
    throw new MeshError(
      code,
      `${detail}: it is made for an agent of mesh.yaml to which somebody may submit, by agents.${agent}.skills: [${skills}] and agents.<submitter>.submits: [${agent}.*]`,
      { cause: error },
    );
  }
}
