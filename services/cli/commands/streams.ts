import {
  differenceText,
  manifestText,
  type StoreView,
  storeManifests,
  storeViews,
} from "@myelin/mesh/operate";
import type { MeshPolicy } from "@myelin/subjects";
import { printJson } from "../context.ts";
import { Exit, usage } from "../failure.ts";
import { type HomeContext, open, reach } from "../home.ts";
import { readMesh } from "../mesh-file.ts";
import { nearlyFull, shareFull, shownFullness } from "../stores.ts";
import { type Column, type Paint, type Palette, table } from "../table.ts";
import { plain } from "../terminal.ts";

/** Lists the streams and consumers that mesh.yaml asks for, and how full they are. */
export async function listStreams(context: HomeContext, file: string | undefined): Promise<number> {
  const policy = meantBy(context, readMesh(context, file).policy);
  const views = await storeViews(open(context), policy, reach(context));
  const { terminal, palette } = context;
  if (context.json) printJson(context, views);
  else terminal.out.write(table(views, columns(palette), { palette, width: terminal.columns }));
  return Exit.ok;
}

/** Prints them as resources of NACK, for a mesh whose streams something else keeps; asks no server. */
export async function exportStreams(
  context: HomeContext,
  file: string | undefined,
): Promise<number> {
  const { policy } = readMesh(context, file);
  const manifests = storeManifests(policy);
  if (context.json) printJson(context, manifests);
  else context.terminal.out.write(`${copiesText(policy)}${manifestText(manifests)}`);
  return Exit.ok;
}

/** Where mesh.yaml does not say how many copies there are to be, the number is of this command's own making. */
function copiesText({ workspaces }: MeshPolicy): string {
  const silent = Object.entries(workspaces).filter(([, { replicas }]) => replicas === undefined);
  if (silent.length === 0) return "";
  const names = silent.map(([name]) => name).join(", ");
  return [
    `# replicas: 3 is for a cluster of three servers or more; mesh.yaml says nothing of it for ${names}.`,
    "# On a single server say `replicas: 1` in mesh.yaml: `myelin apply` makes one copy there by itself.",
    "",
  ].join("\n");
}

/** Of several workspaces the one that is meant. */
function meantBy({ workspace }: HomeContext, policy: MeshPolicy): MeshPolicy {
  if (workspace === undefined) return policy;
  const itsPolicy = policy.workspaces[workspace];
  if (itsPolicy !== undefined) return { ...policy, workspaces: { [workspace]: itsPolicy } };
  const known = Object.keys(policy.workspaces).join(", ");
  throw usage(`there is no workspace ${workspace} in mesh.yaml, only ${known}`);
}

function remark({ description, differences }: StoreView): string {
  return plain([...differences.map(differenceText), description].join("; "));
}

function columns(palette: Palette): Column<StoreView>[] {
  const paints = { kept: palette.green, missing: palette.red, differs: palette.yellow };
  const paintOf = (view: StoreView): Paint =>
    (shareFull(view) ?? 0) >= nearlyFull ? palette.red : palette.dim;
  return [
    { title: "WORKSPACE", text: ({ workspace }) => workspace },
    { title: "STREAM", text: ({ stream }) => stream, paint: () => palette.bold },
    { title: "CONSUMER", text: ({ consumer }) => consumer ?? "" },
    { title: "STATE", text: ({ state }) => state, paint: ({ state }) => paints[state] },
    { title: "MESSAGES", text: ({ messages }) => `${messages}`, align: "right" },
    { title: "IN WORK", text: ({ unacknowledged }) => `${unacknowledged}`, align: "right" },
    { title: "BYTES", text: ({ bytes }) => `${bytes}`, align: "right" },
    { title: "FULL", text: shownFullness, align: "right", paint: paintOf },
    { title: "", text: remark },
  ];
}
