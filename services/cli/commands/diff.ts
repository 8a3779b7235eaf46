import { identities } from "@myelin/mesh/operate";
import { printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { fitted } from "../hints.ts";
import { type HomeContext, open } from "../home.ts";
import { changesBy, readMesh, showChanges } from "../mesh-file.ts";

/** Shows what mesh.yaml changes in what is applied; asks no server. */
export async function diff(context: HomeContext, file: string | undefined): Promise<number> {
  const home = open(context);
  const changes = changesBy(home, readMesh(context, file).policy);
  if (context.json) printJson(context, { changes });
  else if (changes.length === 0) context.terminal.out.write("nothing changes\n");
  else showChanges(context, changes);
  const waiting = identities(home).filter(({ state }) => state === "revoked, not pushed");
  if (waiting.length > 0 && !context.json) {
    const whose = waiting.map(({ account, name }) => `${account}/${name}`).join(", ");
    const warning = `revoked, and the servers may not know: ${whose}; \`myelin apply\` pushes it`;
    context.terminal.err.write(`${context.palette.yellow(fitted(warning, context.where))}\n`);
  }
  return Exit.ok;
}
