import type { Command } from "commander";
import { apply } from "../commands/apply.ts";
import { certify } from "../commands/certify.ts";
import { diff } from "../commands/diff.ts";
import { addOne, list, renew, revoke } from "../commands/identity.ts";
import { show } from "../commands/identity-show.ts";
import { init } from "../commands/init.ts";
import { exportStreams, listStreams } from "../commands/streams.ts";
import { versions } from "../commands/versions.ts";
import type { AddToHome } from "./entry.ts";

/** The commands that make a mesh what its mesh.yaml says: they work on its home. */
export function addKeeping(add: AddToHome, root: Command): void {
  add(
    "init",
    "make the home of a mesh: keys, certificates, credentials, server",
    (home, _, options) => init(home, options),
  )
    .option("--workspace <name...>", "workspaces to begin with; default: main")
    .option("--hosts <names>", "names and addresses of the servers; default: this machine only")
    .option("--listen <address>", "where the server listens; default: 127.0.0.1:4222")
    .option("--mutual", "clients have to show a certificate too")
    .option("--days <number>", "how long credentials last; default: 30");
  add("apply", "make the mesh what mesh.yaml says", (home, [file], options) =>
    apply(home, file, options),
  )
    .argument("[file]", "default: mesh.yaml in the home")
    .option("--dry-run", "show what would be done, and do nothing")
    .option("--version <number>", "apply this version again")
    .option("--offline", "write into the server's folder, for its next start")
    .option("--days <number>", "how long new credentials last; default: 30");
  add("diff", "show what mesh.yaml changes in what is applied", (home, [file]) =>
    diff(home, file),
  ).argument("[file]", "default: mesh.yaml in the home");
  add("versions", "list what was applied", (home) => versions(home));
  add("certify", "issue the servers' certificate anew", (home, _, options) =>
    certify(home, options),
  )
    .option("--hosts <names>", "names and addresses; default: those of the one that is there")
    .option("--days <number>", "how long it is valid; default: 365");
  addStreams(
    add,
    root.command("streams").description("what outlives a process, and where it is kept"),
  );
  addIdentity(add, root.command("identity").description("who may log in, and until when"));
}

const workspace = [
  "--workspace <name>",
  "of this workspace only; default: MYELIN_WORKSPACE, else all",
] as const;

function addStreams(add: AddToHome, parent: Command): void {
  const file = ["[file]", "default: mesh.yaml in the home"] as const;
  add(
    "ls",
    "list streams and consumers, and how full they are",
    (home, [from]) => listStreams(home, from),
    parent,
  )
    .argument(...file)
    .option(...workspace);
  add(
    "export",
    "print them as Kubernetes resources, for NACK",
    (home, [from]) => exportStreams(home, from),
    parent,
  ).argument(...file);
}

function addIdentity(add: AddToHome, parent: Command): void {
  const days = ["--days <number>", "how long they last; default: 30"] as const;
  add("ls", "list who has credentials", (home) => list(home), parent).option(...workspace);
  add("show", "show what a name has and may", (home, [name = ""]) => show(home, name), parent)
    .argument("<name>")
    .option(...workspace);
  add(
    "add",
    "issue credentials with a new key",
    (home, [name = ""], options) => addOne(home, name, options),
    parent,
  )
    .argument("<name>", "an agent or member of mesh.yaml, or a guest")
    .option(...workspace)
    .option(...days);
  add(
    "renew",
    "give credentials a later expiry, with the same key",
    (home, [name], options) => renew(home, name, options),
    parent,
  )
    .argument("[name]")
    .option("--all", "everybody's that are in the home")
    .option(...workspace)
    .option(...days);
  add(
    "revoke",
    "shut a name out at once, with every key it ever had",
    (home, [name = ""], options) => revoke(home, name, options),
    parent,
  )
    .argument("<name>")
    .option(...workspace)
    .option("--offline", "write into the server's folder, for its next start");
}
