import { manifestText, type StoreView, storeManifests, storeViews } from "@myelin/mesh/operate";
import type { MeshPolicy } from "@myelin/subjects";
import { Exit, usage } from "../failure.ts";
import { type HomeContext, open, reach } from "../home.ts";
import { readMesh } from "../mesh-file.ts";
import { type Column, type Palette, table } from "../table.ts";

/** Lists the streams and consumers that mesh.yaml asks for, and how full they are. */
export async function listStreams(context: HomeContext, file: string | undefined): Promise<number> {
  const policy = meantBy(context, readMesh(context, file).policy);
  const views = await storeViews(open(context), policy, reach(context));
  const { terminal, palette } = context;
  if (context.json) terminal.out.write(`${JSON.stringify(views)}\n`);
  else terminal.out.write(table(views, columns(palette), { palette, width: terminal.columns }));
  return Exit.ok;
}

/** Prints them as resources of NACK, for a mesh whose streams something else keeps; asks no server. */
export async function exportStreams(
  context: HomeContext,
  file: string | undefined,
): Promise<number> {
  const manifests = storeManifests(readMesh(context, file).policy);
  const text = context.json ? `${JSON.stringify(manifests)}\n` : manifestText(manifests);
  context.terminal.out.write(text);
  return Exit.ok;
}

/** Of several workspaces the one that is meant. */
function meantBy({ workspace }: HomeContext, policy: MeshPolicy): MeshPolicy {
  if (workspace === undefined) return policy;
  const itsPolicy = policy.workspaces[workspace];
  if (itsPolicy !== undefined) return { ...policy, workspaces: { [workspace]: itsPolicy } };
  const known = Object.keys(policy.workspaces).join(", ");
  throw usage(`there is no workspace ${workspace} in mesh.yaml, only ${known}`);
}

function columns(palette: Palette): Column<StoreView>[] {
  const paints = { kept: palette.green, missing: palette.red, differs: palette.yellow };
  return [
    { title: "WORKSPACE", text: ({ workspace }) => workspace },
    { title: "STREAM", text: ({ stream }) => stream, paint: () => palette.bold },
    { title: "CONSUMER", text: ({ consumer }) => consumer ?? "" },
    { title: "STATE", text: ({ state }) => state, paint: ({ state }) => paints[state] },
    { title: "MESSAGES", text: ({ messages }) => `${messages}`, align: "right" },
    { title: "IN WORK", text: ({ unacknowledged }) => `${unacknowledged}`, align: "right" },
    { title: "BYTES", text: ({ bytes }) => `${bytes}`, align: "right" },
    { title: "", text: ({ description }) => description },
  ];
}
