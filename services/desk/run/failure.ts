import { isDomainError, isMeshError, MeshCode } from "@myelin/mesh";
import { editor } from "../contracts/editor.ts";
import { plain } from "../screen/text.ts";
import { count } from "../text/count.ts";

/** How the program ends. */
export const exit = Object.freeze({ ok: 0, failed: 1, usage: 2 });

/** What a person is told of a failure, and the exit code. */
export interface Explanation {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Says what went wrong and what to do; a defect of ours comes with its stack. */
export function explain(error: unknown): Explanation {
  if (isDomainError(error, editor.skills.digest, "no_documents")) {
    const { skipped, examples } = error.domain.data;
    const first =
      skipped === 0
        ? "There are no documents there; npm start -- --help says which files are read."
        : `There are no documents there: ${count(skipped, "file was", "files were")} skipped.`;
    const files = examples.map(({ path, why }) => `  ${plain(path)}: ${plain(why)}`);
    return { code: exit.failed, lines: [first, ...files] };
  }
  if (isMeshError(error, MeshCode.InvalidArgument)) {
    return { code: exit.usage, lines: [plain(error.detail)] };
  }
  if (isMeshError(error)) return { code: exit.failed, lines: [plain(error.message)] };
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: exit.failed, lines: [stack ?? String(error)] };
}
