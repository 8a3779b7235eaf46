import { Header } from "@myelin/subjects";
import { field, needle } from "../../wire/index.ts";
import type { Headers } from "../stored/store.ts";

const generationNeedle = needle(Header.generation);

/** How often a task was redriven before this state of it was written. */
export function readGeneration(head: string): number {
  const generation = Number(field(head, generationNeedle));
  return Number.isSafeInteger(generation) && generation > 0 ? generation : 0;
}

/** The header that says so; none for a task that was never redriven. */
export function generationHeaders(generation: number): Headers {
  return generation === 0 ? [] : [[Header.generation, generation]];
}
