import {
  coversSubject,
  ownStoreApi,
  Store,
  type TaskAddress,
  taskConsumer,
} from "@myelin/subjects";
import { z } from "zod";
import { isMeshError } from "../../errors/index.ts";
import { consumerStates, type Stored, unseen } from "../stores/index.ts";
import type { StoreSide } from "./keeping.ts";

/** Whether a stored task was given to somebody. */
export type IsGiven = (task: Pick<Stored, "subject" | "sequence">) => boolean;

const info = z.object({ delivered: z.object({ stream_seq: z.number() }) });

/** Tells which tasks of an agent and class were given to workers; throws while the store cannot say. */
export async function givenTasks(
  vault: StoreSide,
  { agent, priority }: Pick<TaskAddress, "agent" | "priority">,
): Promise<IsGiven> {
  const { stream, consumer } = taskConsumer(agent, priority);
  try {
    const said = await vault.store.api(ownStoreApi.consumerInfo(stream, consumer));
    const read = info.safeParse(said);
    if (!read.success) throw unseen(consumer, said);
    const upTo = read.data.delivered.stream_seq;
    return ({ sequence }) => sequence <= upTo;
  } catch (error) {
    if (!isMeshError(error) || error.reason !== "no_consumer") throw error;
    return takenOtherwise(vault);
  }
}

/** Of those for which `apply` made no consumer: any may be given that another consumer has. */
async function takenOtherwise(vault: StoreSide): Promise<IsGiven> {
  const others = await consumerStates({ door: vault, api: ownStoreApi }, Store.tasks);
  const filters = others.flatMap(({ config: { filter_subject = ">", filter_subjects } }) => {
    return filter_subjects ?? [filter_subject];
  });
  const known = new Map<string, boolean>();
  return ({ subject }) => {
    const isGiven = known.get(subject) ?? filters.some((filter) => coversSubject(filter, subject));
    known.set(subject, isGiven);
    return isGiven;
  };
}
