/** What the parent asks of a child program, and what comes back. */
export interface Question {
  readonly id: number;
  readonly what: string;
  readonly given: unknown;
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failed: string };

type Verbs = Readonly<Record<string, (given: never) => unknown>>;

/** Makes this process answer its parent, one question at a time of each kind; it ends with the parent. */
export function answering(verbs: Verbs): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", (question: Question) => {
    void answer(verbs, question).then((said) => process.send?.(said));
  });
}

async function answer(verbs: Verbs, { id, what, given }: Question): Promise<Answer> {
  try {
    const verb = verbs[what];
    if (verb === undefined) return { id, failed: `this program cannot ${what}` };
    return { id, value: await verb(given as never) };
  } catch (error) {
    return { id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
