import { join } from "node:path";
import { run } from "../../services/cli/cli.ts";
import type { Ran } from "./cli-mesh.ts";
import { FakeTerminal } from "./fake-terminal.ts";
import type { HomeMesh } from "./home-mesh.ts";

/** Runs `myelin replay` as the auditor, or as somebody else. */
export async function replay(
  home: HomeMesh,
  args: readonly string[],
  { as = "audrey", input = "" } = {},
): Promise<Ran> {
  const terminal = new FakeTerminal({ cwd: home.cwd, env: { MYELIN_URL: home.server.url }, input });
  const place = ["--as", as, "--home", join(home.cwd, "mesh")];
  const exit = await run(["replay", ...args, ...place], terminal);
  return { exit, out: terminal.written, err: terminal.complained };
}
