import type { Dead } from "./dead.ts";

/** How the name begins of a letter whose message has none of its own; no id may begin so. */
const numbered = "seq-";

/** What names a letter, the best first. */
export function letterNames({ id, origin }: Pick<Dead, "id" | "origin">): readonly string[] {
  const { sequence, storedAt } = origin;
  const own = `${numbered}${sequence}`;
  const names = [own, `${own}-${storedAt.getTime().toString(36)}`];
  return id === undefined || isPlaceName(id) ? names : [id, ...names];
}

/** Whether a letter is named by the place of its message: that has no id, or another letter has it. */
export function isPlaceName(name: string): boolean {
  return name.startsWith(numbered);
}
