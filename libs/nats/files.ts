import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/** After the last sign of a change, in milliseconds: a file is written in several steps. */
const settleMs = 100;
/** How often the files are looked at where no sign comes: network file systems, links into other folders. */
const pollMs = 5_000;

/**
 * Watches files and says when one of them is another than before; answers how to stop. It says so once at the
 * beginning, since one may have changed after it was read and before it is watched.
 *
 * Their folders are watched, for a file is replaced by renaming, and Kubernetes swaps a link beside it.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  if (paths.length === 0) return () => {};
  let seen: string | undefined;
  let isOver = false;
  let settling: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const now = (await Promise.all(paths.map(mark))).join("\n");
    if (isOver || now === seen) return;
    seen = now;
    onChange();
  };
  const soon = (): void => {
    if (settling !== undefined) clearTimeout(settling);
    settling = setTimeout(() => void look(), settleMs);
    settling.unref();
  };
  const watchers = [...new Set(paths.map((path) => dirname(path)))].flatMap((folder) =>
    watched(folder, soon),
  );
  const poll = setInterval(() => void look(), pollMs);
  poll.unref();
  void look();
  return () => {
    isOver = true;
    clearInterval(poll);
    if (settling !== undefined) clearTimeout(settling);
    for (const watcher of watchers) watcher.close();
  };
}

function watched(folder: string, onSign: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, onSign);
    // A folder that goes away: from then on it is the poll that finds out.
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    // No such folder, or no more watches to be had: the poll finds out.
    return [];
  }
}

/** What tells one state of a file from another; a link is followed. */
async function mark(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return "none";
  }
}
