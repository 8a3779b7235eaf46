import { type AppliedVersion, appliedVersions } from "@myelin/mesh/operate";
import { printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { type HomeContext, open } from "../home.ts";
import { type Column, table } from "../table.ts";

const columns: Column<AppliedVersion>[] = [
  { title: "VERSION", text: ({ version }) => `${version}`, align: "right" },
  { title: "APPLIED", text: ({ at }) => at.toISOString().slice(0, 19).replace("T", " ") },
  { title: "ACCOUNTS", text: ({ accounts }) => Object.keys(accounts).join(", ") },
  { title: "", text: ({ again }) => (again === undefined ? "" : `version ${again} again`) },
];

/** Lists what was applied, the newest last. */
export async function versions(context: HomeContext): Promise<number> {
  const found = appliedVersions(open(context));
  if (context.json) printJson(context, found);
  else {
    const { palette, terminal } = context;
    terminal.out.write(table(found, columns, { palette, width: terminal.columns }));
  }
  return Exit.ok;
}
