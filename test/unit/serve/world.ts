import { isMeshError, type MeshCode } from "../../../libs/errors/index.ts";
import type { Serve } from "../../../libs/pipeline/index.ts";
import { Admission } from "../../../libs/serve/admission.ts";
import { type AdmissionOptions, resolveAdmission } from "../../../libs/serve/admission-options.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

interface Running {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Handlers that a test ends one by one, by the ids of their requests. */
export class HeldWork {
  readonly started: string[] = [];
  readonly #running = new Map<string, Running>();

  readonly serve: Serve = ({ id }) => {
    this.started.push(id);
    return new Promise((resolve, reject) => this.#running.set(id, { resolve, reject }));
  };

  get running(): number {
    return this.#running.size;
  }

  answer(id: string, value?: unknown): void {
    this.#take(id)?.resolve(value);
  }

  fail(id: string, error: unknown): void {
    this.#take(id)?.reject(error);
  }

  answerAny(): void {
    const [id] = this.#running.keys();
    if (id !== undefined) this.answer(id);
  }

  failAny(error: unknown): void {
    const [id] = this.#running.keys();
    if (id !== undefined) this.fail(id, error);
  }

  #take(id: string): Running | undefined {
    const running = this.#running.get(id);
    this.#running.delete(id);
    return running;
  }
}

/** An admission before handlers that a test ends by hand. */
export function ground(options: AdmissionOptions = {}) {
  const clock = new ManualClock(1_000);
  const work = new HeldWork();
  const shed: string[] = [];
  const doors: string[] = [];
  const admission = new Admission({
    config: resolveAdmission(options),
    clock,
    onShed: (_request, reason) => shed.push(reason),
  });
  admission.onFull(() => doors.push("full"));
  admission.onRoom(() => doors.push("room"));
  return { clock, work, shed, doors, admission, admit: admission.layer()(work.serve) };
}

/** Lets everything go on that waits for a promise. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** For `assert.rejects`: the error has this code. */
export function refused(code: MeshCode): (error: unknown) => boolean {
  return (error) => isMeshError(error, code);
}
